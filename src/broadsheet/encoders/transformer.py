"""Transformer: a few layers of MiniLM, trained further on papers, small enough for the wheel and fast without torch.

Problem: a vector that knows what words mean in their sentence costs a large network, a gigabyte of software and time.
Idea: keep every other layer of a distilled network and let it learn again from its teacher what they did (DistilBERT);
keep only the pieces of words that papers use; give weights 8 bits; and multiply on the processor's own instructions
for that. The vector of a text is the mean of its tokens' states (Sentence-BERT).

Wang, Wei, Dong, Bao, Yang, Zhou: MiniLM: Deep Self-Attention Distillation for Task-Agnostic Compression of Pre-Trained
Transformers. NeurIPS 2020; layers: Sanh, Debut, Chaumond, Wolf: DistilBERT. arXiv:1910.01108, 2019; means: Reimers,
Gurevych: Sentence-BERT. EMNLP 2019. The weights begin as those of all-MiniLM-L6-v2 (Apache-2.0).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit import artifacts
from broadsheet.kit.card import Card, Claim
from broadsheet.kit.native import kernel
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.transformer import Network, TokenRows, check_array, decode_vocabulary, project
from broadsheet.kit.wordpiece import CLS, SEP, UNK

__all__ = ["CARD", "Transformer"]

CARD = Card(
    title="MiniLM: Deep Self-Attention Distillation for Task-Agnostic Compression of Pre-Trained Transformers",
    paper="2002.10957",
    year=2020,
    fidelity="reduced",
    solves="vectors of texts that know words in their sentence, without a library for neural networks",
    when=(
        "Choose it where each text is encoded once and found by what it means; without a processor's vector "
        "instructions, or for millions of texts an hour, choose static."
    ),
    costs=(
        "Two milliseconds a query on one core, and three to six times the papers a second of MiniLM in onnxruntime; "
        "a file of 19 MB, opened by memory map; its training starts from MiniLM and takes torch."
    ),
    stage="indexing and query analysis: the vectors of papers and queries",
    claims=(
        Claim(
            "ours",
            "papers.parquet, 128 papers, MiniLM-L6's weights",
            "cosine with single precision, least",
            0.99,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 512 papers",
            "papers a second over MiniLM-L6 of 128 tokens in onnxruntime, its faster form (ratio)",
            3,
            ours=True,
        ),
        Claim("ours", "queries of 12 tokens", "milliseconds a query on one core", 1.5, ours=True),
    ),
    departures=(
        "layers are left out, and what is left is trained on papers; the vocabulary has only pieces that papers use",
        "8-bit weights and activations",
        "a text of which no piece is known has zeros for a vector",
    ),
)

_TEXTS = 256  # tokenised together
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

_units = kernel("transformer_units")


class Transformer(Persistent):
    """Encodes texts of at most `max_tokens` tokens, [CLS] and [SEP] included; `name` names model and version.

    The model that ships:

    >>> from broadsheet.encoders.transformer import Transformer
    >>> from broadsheet.pipeline.pretrained import TRANSFORMER
    >>> model = Transformer.load(TRANSFORMER)
    >>> x = model.encode(["a ship at sea", "a boat on the water", "a theorem about groups"])
    >>> x.shape
    (3, 256)
    >>> bool(x[0] @ x[1] > 0.5 > x[0] @ x[2])
    True
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> None:
        """From the arrays of a model file. Raises ValueError, KeyError or TypeError if they do not fit together."""
        self._arrays, self._meta = dict(arrays), dict(meta)
        self.network = Network(arrays, meta)
        self.tokenizer = decode_vocabulary(arrays["vocabulary"], self.network.sizes.words)
        self.name, self.max_tokens, self.dimensions = (
            str(meta["name"]),
            int(meta["max_tokens"]),
            int(meta["dimensions"]),
        )
        if not _NAME.fullmatch(self.name) or meta["pooling"] != "mean":
            raise ValueError(f"name {self.name!r}, pooling {meta['pooling']!r}, wanted a plain name and 'mean'")
        if not 2 < self.max_tokens <= self.network.most_tokens:
            raise ValueError(f"max_tokens must lie in 3..{self.network.most_tokens}, not {self.max_tokens}")
        self._projection: NDArray[np.float32] | None = None
        if "projection" in arrays:
            check_array(arrays, "projection", "float32", (self.dimensions, self.network.width))
            self._projection = arrays["projection"]
        elif self.dimensions != self.network.width:
            raise ValueError(f"dimensions {self.dimensions} without a projection of states of {self.network.width}")

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """The arrays of the model file."""
        return self._arrays

    def _header(self) -> Mapping[str, Any]:
        return self._meta

    @classmethod
    def _restored(cls, artifact: artifacts.Artifact, path: Path, **given: Any) -> Transformer:  # noqa: ARG003
        return cls(artifact.arrays, artifact.meta)

    def encode(self, texts: Sequence[str], *, max_tokens: int | None = None, threads: int = 1) -> NDArray[np.float32]:
        """The vectors of n texts, (n, d), of unit length; zeros for a text of which no piece is known.

        A text is cut at `max_tokens` (at most the model's, which is the default).
        """
        most = min(max_tokens or self.max_tokens, self.max_tokens) - 2
        out = np.empty((len(texts), self.dimensions), np.float32)
        for at in range(0, len(texts), _TEXTS):
            ids = [self.tokenizer.ids(text, most) for text in texts[at : at + _TEXTS]]
            out[at : at + _TEXTS] = self._encode_ids(ids, threads)
        return out

    def _encode_ids(self, ids: list[list[int]], threads: int) -> NDArray[np.float32]:
        """The vectors of tokenised texts."""
        states = self.network.pooled(TokenRows.of([[CLS, *text, SEP] for text in ids]), threads=threads)
        vectors = states if self._projection is None else project(states, self._projection)
        vectors[[all(i == UNK for i in text) for text in ids]] = 0
        _units(vectors, *vectors.shape)
        return vectors
