"""Cross-encoder: a small transformer reads a query and a candidate together and scores the pair.

Problem: one vector per text averages away the details that a query asks for. Idea: every token of the query attends to
every token of the candidate in all layers, and the state of the first token, or the mean of all, is judged. Each pair
costs a run of the network, so only the first few candidates are read.

Nogueira, Cho: Passage Re-ranking with BERT. arXiv:1901.04085, 2019. The weights begin as those of all-MiniLM-L6-v2
(Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit import artifacts
from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.transformer import Network, TokenRows, check_array, decode_vocabulary, project
from broadsheet.kit.wordpiece import CLS, SEP

__all__ = ["CARD", "CrossEncoder"]

CARD = Card(
    title="Passage Re-ranking with BERT",
    paper="1901.04085",
    year=2019,
    fidelity="reduced",
    solves="the order of the first few candidates, by a transformer that reads query and candidate together",
    when=(
        "Choose it for the first ten to thirty candidates of a query in sentences; for a few keywords it adds "
        "little to the ranker before it."
    ),
    costs="A run of the network a pair, some milliseconds on one core; trained with torch, run without.",
    stage="ranking: reading the first papers together with the query",
    claims=(
        Claim("table 1", "MS MARCO passages, dev", "MRR@10, BERT large", 0.365),
        Claim(
            "ours",
            "papers.parquet, 12,000 papers, tldr queries",
            "milliseconds a candidate on one core",
            5,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 12,000 papers, tldr queries, test half",
            "MRR@10, first 10 of BM25 read, over BM25 (ratio)",
            1.03,
            ours=True,
            was="1.03, 1.01, and 1.03 again",
        ),
    ),
    departures=(
        "a few layers of MiniLM, trained on queries and papers; 8-bit weights, run without a library for networks",
        "the embeddings of pieces may be those of the encoder of papers, so that the wheel holds them once",
    ),
    builds_on=("transformer",),
)

_SHARED = ("vocabulary", "embeddings", "embedding_scales", "positions", "embedding_norm")
_MOST_QUERY_TOKENS = 48  # a longer query is cut


class CrossEncoder(Persistent):
    """Scores pairs of at most `max_tokens` tokens, [CLS] and twice [SEP] included.

    The model that ships:

    >>> from broadsheet.pipeline.pretrained import READER
    >>> from broadsheet.ranking.cross_encoder import CrossEncoder
    >>> reader = CrossEncoder.load(READER)
    >>> papers = ["Bread and its history.", "Graph networks. We learn over graphs with neural networks."]
    >>> reader.scores("neural networks on graphs", papers).argmax().item()
    1
    """

    KIND = "reader"

    def __init__(self, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> None:
        """From the arrays of a model file. Raises ValueError, KeyError or TypeError if they do not fit together."""
        self._arrays, self._meta = dict(arrays), dict(meta)
        self.network = Network(arrays, meta)
        self.tokenizer = decode_vocabulary(arrays["vocabulary"], self.network.sizes.words)
        self.name, self.max_tokens, self.pooling = str(meta["name"]), int(meta["max_tokens"]), str(meta["pooling"])
        if self.pooling not in ("first", "mean"):
            raise ValueError(f"pooling {self.pooling!r}, wanted 'first' or 'mean'")
        if not _MOST_QUERY_TOKENS + 3 < self.max_tokens <= self.network.most_tokens:
            most = self.network.most_tokens
            raise ValueError(f"max_tokens must lie in {_MOST_QUERY_TOKENS + 4}..{most}, not {self.max_tokens}")
        check_array(arrays, "head", "float32", (1, self.network.width))
        check_array(arrays, "head.bias", "float32", (1,))
        self._head, self._bias = arrays["head"], arrays["head.bias"]

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """The arrays of a model file that stands alone."""
        return self._arrays

    def _header(self) -> Mapping[str, Any]:
        return {key: value for key, value in self._meta.items() if not key.startswith("embeddings_")}

    @classmethod
    def _restored(cls, artifact: artifacts.Artifact, path: Path, **given: Any) -> CrossEncoder:  # noqa: ARG003
        """From the file, and the file beside it whose embeddings it uses if it says so."""
        arrays = dict(artifact.arrays)
        if "embeddings_of" in artifact.meta:
            arrays = _shared(path, artifact.meta) | arrays
        return cls(arrays, artifact.meta)

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """The score of each text for the query, (n,); greater is better. Scores of different queries do not compare."""
        asked = [CLS, *self.tokenizer.ids(query, _MOST_QUERY_TOKENS), SEP]
        pairs: list[list[int]] = []
        sides: list[list[int]] = []
        for text in texts:
            candidate = [*self.tokenizer.ids(text, self.max_tokens - len(asked) - 1), SEP]
            pairs.append(asked + candidate)
            sides.append([0] * len(asked) + [1] * len(candidate))
        states = self.network.pooled(TokenRows.of(pairs, sides), first=self.pooling == "first")
        return project(states, self._head, self._bias)[:, 0]


def _shared(path: Path, meta: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """The arrays that a reader takes from the encoder beside it. Raises ValueError if that is another one, KeyError."""
    name = str(meta["embeddings_of"])
    if Path(name).name != name:
        raise ValueError(f"embeddings_of {name!r} is no file beside it")
    encoder = artifacts.read(path.with_name(name), method="transformer", version=1, fix="install broadsheet again")
    if encoder.meta["name"] != meta["embeddings_name"]:
        raise ValueError(f"{name} is {encoder.meta['name']}, wanted {meta['embeddings_name']}")
    return {array: encoder.arrays[array] for array in _SHARED}
