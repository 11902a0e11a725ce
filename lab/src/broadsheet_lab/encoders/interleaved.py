"""IDentIfy: a document is the mean of its sections; the section that answers is found afterwards, by reading it.

Problem: passages retrieved one by one have lost the document they stand in, and a whole text cut to the encoder's
length has lost its end. Idea: encode every section by itself and merge the vectors into one that stands for the
document; train the encoder so that a query is near the merged vector of its document. A reranker then reads the query
with each section of the documents retrieved, to find the section that answers and to put the documents in order.

Lee, Ko, Baek, Jeong, Hwang: Unified Multi-Modal Interleaved Document Representation for Information Retrieval
(2410.02729), section 3.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet_lab.encoders._section_training import PAIR, QUERY, Known, train_encoder, train_reader
from broadsheet_lab.encoders._sections import best_sections, flat, merged, sections_of
from broadsheet_lab.training import Plan

if TYPE_CHECKING:
    from broadsheet_lab.networks import Network

__all__ = ["CARD", "Interleaved", "best_sections", "merged", "sections_of"]

CARD = Card(
    title="Unified Multi-Modal Interleaved Document Representation for Information Retrieval",
    paper="2410.02729",
    year=2024,
    solves="one vector for a document of many sections, and the section that answers within it",
    when="for documents longer than the encoder reads at once; a text that fits is better encoded whole",
    costs="training: about a second a step on one core; a paper costs what its text does; sections are read one by one",
    unused="abstracts fit whole into the product's encoder",
    claims=(
        Claim(
            "section 4",
            "papers.parquet, 2,632 papers with keywords, keyword queries, test half",
            "MRR@10 by merged sections over whole texts, both encoders trained alike (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "section 4",
            "papers.parquet, 2,632 papers with keywords, keyword queries, test half",
            "MRR@10 by merged sections, the encoder trained over not trained (ratio)",
            1.05,
            ours=True,
        ),
        Claim(
            "section 4",
            "papers.parquet, 2,632 papers with keywords, a tenth of the keyword queries, test half",
            "MRR@10 with the sections of ten papers read over the merged vector alone (ratio)",
            1.05,
            ours=True,
        ),
    ),
    departures=(
        "text alone: there are no images or tables; sections are the title and runs of sentences of the abstract",
        "MiniLM with low-rank corrections instead of a vision-language model; a section's vector is the mean of states",
        "which section is relevant is not known: the wanted document's nearest to the query counts as it",
    ),
    needs=("transformers",),
    fidelity="reduced",
)

_PLAN, _READING = Plan(1000, 32, 2e-4), Plan(500, 16, 2e-4)
_RANK = 8  # of the corrections
_RIVALS = 10  # documents near a query that it does not want, of which those to learn from are drawn


class Interleaved(Persistent):
    """Learns `encoder_`, of queries and sections, and a reader of both together: `reader_` and its `head_`.

    The encoder is trained as `plan` says on `sampled` sections of each document, other documents of a batch being
    wrong, with inner products times `scale`; the reader as `reading` says on a relevant section and `negatives` others
    a query (None: no reader). Both start from `base`, MiniLM with corrections of rank 8 if it is None. `share` is what
    a document's best section counts beside its own likeness.

    >>> from broadsheet_lab.encoders.interleaved import Interleaved, sections_of
    >>> from broadsheet_lab.networks import Network
    >>> from broadsheet_lab.training import Plan
    >>> papers = [sections_of("Sorting", "We sort. It is fast."), sections_of("Graphs", "Nodes have edges. We count.")]
    >>> base = Network.small([s for sections in papers for s in sections], hidden=16)
    >>> method = Interleaved(base, plan=Plan(2, batch=2), reading=Plan(2, batch=2), negatives=1)
    >>> method = method.fit(["fast sorting", "edges of graphs"], [0, 1], papers)
    >>> method.encode(papers).shape, method.rerank("edges", method.likeness("edges", papers), papers)[1].shape
    ((2, 16), (2,))
    """

    def __init__(
        self,
        base: Network | None = None,
        *,
        sampled: int = 3,
        scale: float = 20.0,
        negatives: int = 3,
        share: float = 0.2,
        plan: Plan = _PLAN,
        reading: Plan | None = _READING,
    ) -> None:
        if min(sampled, negatives) < 1:
            raise ValueError(f"at least one section and one negative, not {sampled} and {negatives}")
        self.base = base
        self.sampled, self.scale, self.negatives, self.share = sampled, scale, negatives, share
        self.plan, self.reading = plan, reading
        self.encoder_: Network | None = None
        self.reader_: Network | None = None
        self.head_: Any = None

    def fit(
        self,
        queries: Sequence[str],
        wanted: Sequence[int],
        documents: Sequence[Sequence[str]],
        *,
        tell: Callable[[str], None] | None = None,
    ) -> Interleaved:
        """Learn from queries that each want one of the documents, which are lists of sections.

        Raises ValueError if they do not match or a document wanted has no section, ImportError without torch.
        """
        goals = np.array(wanted, np.int64)
        if len(queries) != len(goals) or not len(goals) or not 0 <= goals.min() <= goals.max() < len(documents):
            raise ValueError(f"{len(queries)} queries and {len(goals)} documents, of {len(documents)}, do not match")
        empty = [at for at, row in enumerate(goals.tolist()) if not documents[row]]
        if empty:
            raise ValueError(f"document {goals[empty[0]]}, which query {empty[0]} wants, has no section")
        base = self.base or _minilm(self.plan.seed)
        self.encoder_, self.reader_ = deepcopy(base), None
        known = Known(queries, goals, documents)
        train_encoder(self.encoder_, known, self.plan, sampled=self.sampled, scale=self.scale, tell=tell)
        if self.reading is not None:
            self.reader_ = deepcopy(base)
            asked, (parts, bounds) = self._queries(queries), flat(documents)
            shown = known.shown(asked, self.encoder_.encode(parts), bounds, _RIVALS)
            self.head_ = train_reader(self.reader_, known, shown, self.reading, negatives=self.negatives, tell=tell)
        return self

    def _known(self) -> Network:
        if self.encoder_ is None:
            raise ValueError("nothing learned yet: call fit, or from_arrays")
        return self.encoder_

    def _queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        import torch

        network = self._known()
        with torch.inference_mode():
            return np.asarray(network.vectors(network.ids(queries, tokens=QUERY)).cpu().numpy(), np.float32)

    def encode_sections(self, sections: Sequence[str]) -> NDArray[np.float32]:
        """The vector of each section by itself, (t, d); `merged` makes those of documents of them."""
        return self._known().encode(sections)

    def encode(self, documents: Sequence[Sequence[str]]) -> NDArray[np.float32]:
        """The vector of each document, (n, d), from its sections; zeros for one without any."""
        parts, bounds = flat(documents)
        return merged(self.encode_sections(parts), bounds)

    def encode_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of queries, (n, d), to search for by inner product."""
        return self._queries(queries)

    def likeness(self, query: str, documents: Sequence[Sequence[str]]) -> NDArray[np.float32]:
        """The inner product of the query with each document, (m,)."""
        return np.asarray(self.encode(documents) @ self._queries([query])[0], np.float32)

    def read(self, query: str, sections: Sequence[str]) -> NDArray[np.float32]:
        """How relevant each section is to the query, logits (t,). Raises ValueError without a reader."""
        import torch

        if self.reader_ is None:
            raise ValueError("nothing learned to read: call fit with a plan for reading")
        rows = self.reader_.pair_ids([query] * len(sections), sections, first_tokens=QUERY, tokens=PAIR)
        with torch.inference_mode():
            return np.asarray(self.head_(self.reader_.firsts(rows))[:, 0].float().cpu().numpy(), np.float32)

    def rerank(
        self, query: str, likeness: NDArray[np.float32], documents: Sequence[Sequence[str]]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """(the score of each document, its most relevant section by its place in the document or -1), both (m,).

        A score is the likeness plus `share` times P(relevant) of the best section.
        """
        parts, bounds = flat(documents)
        logits, which = best_sections(self.read(query, parts), bounds)
        chance = 1 / (1 + np.exp(-np.maximum(logits, -50)))
        return np.asarray(likeness + self.share * chance, np.float32), np.where(which >= 0, which - bounds[:-1], -1)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned, and the settings."""
        settings = {name: getattr(self, name) for name in ("sampled", "scale", "negatives", "share")}
        settings |= {"plan": asdict(self.plan), "reading": asdict(self.reading) if self.reading else None}
        parts = {"encoder": self._known().to_arrays()}
        if self.reader_ is not None:
            parts["reader"] = self.reader_.to_arrays()
            parts["head"] = {n: p.detach().cpu().numpy().copy() for n, p in self.head_.named_parameters()}
        arrays = {f"{part}.{name}": array for part, held in parts.items() for name, array in held.items()}
        return {"settings": np.array(json.dumps(settings)), **arrays}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Interleaved:
        """The method again. Raises ValueError or KeyError if the arrays do not fit together, ImportError without torch.

        A method that started from MiniLM needs MiniLM.
        """
        import torch

        from broadsheet_lab.networks import Network

        def part(name: str) -> dict[str, NDArray[Any]]:
            return {n.removeprefix(f"{name}."): a for n, a in arrays.items() if n.startswith(f"{name}.")}

        settings = json.loads(arrays["settings"].item())
        reading = Plan(**settings["reading"]) if settings["reading"] else None
        method = cls(None, **{**settings, "plan": Plan(**settings["plan"]), "reading": reading})
        method.encoder_ = Network.from_arrays(part("encoder"))
        if head := part("head"):
            method.reader_ = Network.from_arrays(part("reader"))
            method.head_ = torch.nn.Linear(head["weight"].shape[1], 1)
            method.head_.load_state_dict({n: torch.tensor(np.asarray(a)) for n, a in head.items()})
        return method


def _minilm(seed: int) -> Network:
    from broadsheet_lab.networks import Network

    return Network.minilm(tokens=PAIR, rank=_RANK, seed=seed)
