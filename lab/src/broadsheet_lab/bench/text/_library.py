"""All 87,366 papers as what methods on text are measured on: queries, and the first candidates by words and by meaning.

A method that reads papers by a transformer of its own cannot read all of them for every seed. It reads an index: for
every test query the first ten of BM25 and the first five of the shipped encoder in the whole library, and the papers
that any query asks for. Those two keep the ranks that they have in the whole library.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import Bags, bag, find_sorted
from broadsheet.kit.select import top_k_masked
from broadsheet.kit.text import STOP_TERMS, tokenize
from broadsheet.retrieval.bm25 import BM25, idf
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.report import reciprocal
from broadsheet_lab.bench.study import cache_folder, keep

__all__ = ["DEPTH", "TOKENS", "WHOLE", "Asked", "Index", "Library", "kept_array", "opened", "rank_in"]

WHOLE = "papers.parquet, 87,366 papers"
KINDS = ("short", "need", "recall")  # of written queries
DEPTH = 100  # candidates that are kept of a search of the whole library
TESTED = {"written": 280, "tldr": 120}  # queries
TOKENS = 96  # of a paper, for MiniLM as it comes
EACH = (10, 5)  # candidates of a test query in the index, by words and by meaning
_COLUMNS = ["paper_id", "title", "abstract", "tldr"]

Rows = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Asked:
    """Queries, the paper each wants, and of which kind each is."""

    texts: list[str]
    wanted: Rows
    kinds: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.texts)


class Library:
    """The papers; row i of everything is the same paper. What takes long is kept in the cache."""

    def __init__(self, papers: Path, tell: Callable[[str], None] = lambda _: None) -> None:
        self.papers = papers
        self.tell = tell

    @cached_property
    def table(self) -> dict[str, list[Any]]:
        """The columns as lists."""
        import pyarrow.parquet as pq

        found: dict[str, list[Any]] = pq.read_table(self.papers, columns=_COLUMNS).to_pydict()
        return found

    @cached_property
    def texts(self) -> list[str]:
        """Title and abstract of every paper."""
        return [f"{t}. {a or ''}" for t, a in zip(self.table["title"], self.table["abstract"], strict=True)]

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """By the paper's id."""
        return {name: i for i, name in enumerate(self.table["paper_id"])}

    def purpose(self, row: int) -> str:
        """What the queries of a paper are for: learn, choose or test, by the same hashes as everywhere."""
        name: str = self.table["paper_id"][row]
        if zlib.crc32(name.encode()) % 2:
            return "test"
        return "choose" if zlib.crc32(f"choose {name}".encode()) % 5 == 0 else "learn"

    def asked(self, purpose: str) -> Asked:
        """The written queries and the one-sentence summaries; to learn from, all three written ones of a paper.

        Otherwise one a paper (its short one or its described need), and to test as many as TESTED, by a hash.
        """
        rows: list[tuple[str, int, str]] = []
        for line in self.papers.with_name("queries.jsonl").read_text(encoding="utf-8").splitlines():
            need = json.loads(line)
            row = self.row_of.get(need["paper_id"], -1)
            one = KINDS[zlib.crc32(f"kind {need['paper_id']}".encode()) >> 8 & 1]
            rows += [(kind, row, need[kind]) for kind in (KINDS if purpose == "learn" else (one,)) if row >= 0]
        rows += [("tldr", row, text) for row, text in enumerate(self.table["tldr"]) if text]
        rows = [entry for entry in rows if self.purpose(entry[1]) == purpose]
        if purpose == "test":
            rows.sort(key=lambda entry: zlib.crc32(f"test {self.table['paper_id'][entry[1]]}".encode()))
            told = [entry for entry in rows if entry[0] == "tldr"]
            written = [entry for entry in rows if entry[0] != "tldr"]
            rows = written[: TESTED["written"]] + told[: TESTED["tldr"]]
        kinds_, wanted, texts = zip(*rows, strict=True)
        return Asked(list(texts), np.array(wanted, np.int64), np.array(kinds_))

    def by_meaning(self, texts: Sequence[str]) -> Rows:
        """The rows of the papers nearest to each text by the encoder that the product ships, best first, (q, DEPTH)."""
        return kept_array("library-by-meaning", texts, partial(self._nearest, texts))

    def _nearest(self, texts: Sequence[str]) -> Rows:
        from broadsheet_lab.bench.search.encoded import EncodedTexts, shipped  # a package that imports this one

        kept = EncodedTexts(shipped())
        vectors, queries = kept.encode(self.texts), kept.encode(texts)
        kept.save()
        return np.stack([top_k_masked(vectors @ query, DEPTH).ids for query in queries])

    def by_words(self, texts: Sequence[str]) -> Rows:
        """The rows of the papers with the greatest BM25 for each text, best first, then -1, (q, DEPTH)."""
        return kept_array("library-by-words", texts, partial(self._lexical, texts))

    @cached_property
    def bags(self) -> Bags:
        """The terms of the papers."""
        self.tell("counting the words of all papers")
        return bag(tokenize(self.texts), skip=STOP_TERMS)

    @cached_property
    def _by_term(self) -> Any:
        from scipy.sparse import csr_matrix

        bags = self.bags
        lengths = bags.totals()
        weights = BM25().fit(lengths).document(bags, lengths)
        return csr_matrix((weights, bags.columns, bags.indptr), shape=(len(bags), len(bags.terms))).tocsc()

    def _lexical(self, texts: Sequence[str]) -> Rows:
        rarity = idf(self.bags.document_frequency(), len(self))
        asked = bag(tokenize(list(texts)), skip=STOP_TERMS)
        at = find_sorted(self.bags.terms, asked.terms)[asked.columns]
        out = np.full((len(texts), DEPTH), -1, np.int64)
        for i in range(len(texts)):
            part = slice(asked.indptr[i], asked.indptr[i + 1])
            known = at[part] >= 0
            columns = at[part][known]
            scores = self._by_term[:, columns] @ (asked.counts[part][known] * rarity[columns])
            rows = top_k_masked(np.asarray(scores, np.float32), DEPTH, floor=0.0).ids
            out[i, : len(rows)] = rows
        return out

    def read(self, tower: Any, texts: Sequence[str], *, tokens: int) -> Any:
        """Texts as the lower layers of a tower leave them, kept for the next seed: they do not learn."""
        import torch

        from broadsheet_lab.towers import Read

        digest = _digest([str(tower.lower), str(tokens), tower.network.base, *texts])
        path = cache_folder() / f"library-read-{digest}.npz"
        if not path.exists():
            self.tell(f"reading {len(texts):,} texts")
            made = tower.read(texts, tokens=tokens)
            whole = made.states.float().numpy()
            arrays = {"ids": made.ids, "bounds": made.bounds, "states": whole.view(np.uint32) >> 16}  # bfloat16
            keep(path, partial(np.savez, **{**arrays, "states": arrays["states"].astype(np.uint16)}))
        with np.load(path) as found:
            states = torch.from_numpy((found["states"].astype(np.uint32) << 16).view(np.float32))
            return Read(found["ids"], found["bounds"], states.to(tower.network.body.precision))

    @cached_property
    def index(self) -> Rows:
        """The rows that methods read, ascending."""
        tested = self.asked("test")
        searches = zip((self.by_words, self.by_meaning), EACH, strict=True)
        first = [find(tested.texts)[:, :each].ravel() for find, each in searches]
        rows = np.unique(np.concatenate([*first, *(self.asked(p).wanted for p in ("learn", "choose", "test"))]))
        return rows[rows >= 0]


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256(chr(0).join(texts).encode()).hexdigest()[:24]


def kept_array(name: str, texts: Sequence[str], make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """An array that is made once for some texts."""
    path = cache_folder() / f"{name}-{_digest(texts)}.npy"
    if not path.exists():
        keep(path, partial(np.save, arr=make()))
    found: NDArray[Any] = np.load(path, mmap_mode="r")
    return found


def rank_in(found: Rows, wanted: Rows) -> list[int]:
    """The rank of each wanted row in its list of rows (q, m), 1 the best; 0 if it is not there."""
    hit = found == wanted[:, None]
    return [int(row.argmax()) + 1 if row.any() else 0 for row in hit]


@dataclass(frozen=True)
class Index:
    """The part of the library that methods read, queries to learn from, to choose on and to report, in its rows."""

    library: Library

    @cached_property
    def rows(self) -> Rows:
        """Of the library, ascending."""
        return self.library.index

    @cached_property
    def texts(self) -> list[str]:
        """Of the papers in it."""
        return [self.library.texts[i] for i in self.rows]

    def asked(self, purpose: str) -> Asked:
        """Queries whose `wanted` are rows of the index."""
        asked = self.library.asked(purpose)
        return Asked(asked.texts, np.searchsorted(self.rows, asked.wanted), asked.kinds)

    def ranks(self, scores: Callable[[int], Floats], wanted: Rows) -> list[int]:
        """The ranks of the wanted rows: scores(i) (n,) are those of query i."""
        return [rank_in(top_k_masked(scores(i), DEPTH).ids[None], wanted[i : i + 1])[0] for i in range(len(wanted))]

    @cached_property
    def minilm(self) -> Floats:
        """MiniLM's vectors of the papers in it, (n, 384)."""
        return np.asarray(kept_array("index-minilm", self.texts, self._encoded))

    def _encoded(self) -> Floats:
        from broadsheet_lab.networks import Network

        self.library.tell(f"encoding {len(self.rows):,} papers with MiniLM")
        return Network.minilm(tokens=TOKENS).encode(self.texts)

    @cached_property
    def rivals(self) -> dict[str, NDArray[np.float64]]:
        """Reciprocal ranks for the test queries: of two searches in all papers, and of MiniLM in the index."""
        from broadsheet_lab.networks import Network

        asked, whole = self.asked("test"), self.library.asked("test").wanted
        queries = Network.minilm(tokens=TOKENS).encode(asked.texts)
        return {
            "BM25": reciprocal(rank_in(self.library.by_words(asked.texts), whole)),
            "the shipped encoder": reciprocal(rank_in(self.library.by_meaning(asked.texts), whole)),
            "MiniLM": reciprocal(self.ranks(lambda i: self.minilm @ queries[i], asked.wanted)),
        }

    def detail(self, kinds: NDArray[np.str_], values: Mapping[str, NDArray[np.float64]]) -> dict[str, Any]:
        """MRR@10 by name and kind of query; values are (q,) or (seeds, q)."""
        groups = {"written": kinds != "tldr", "tldr": kinds == "tldr"}
        figures = {
            f"MRR@10, {kind}": {name: round(float(v[..., at].mean()), 4) for name, v in values.items()}
            for kind, at in groups.items()
        }
        return {"papers read": len(self.rows), "queries": len(kinds), **figures}


@lru_cache(maxsize=1)
def opened(tell: Callable[[str], None] = lambda _: None) -> Library:
    """The library of papers.parquet. Raises UsageError if the data is missing."""
    return Library(datasets.papers_path(), tell)
