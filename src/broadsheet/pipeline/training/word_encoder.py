"""Trains the static word encoder of the package, or tunes it on a library's own papers.

titles, sentences, keywords ──► vocabulary ──► first vectors ──► contrastive training ──► encoder
A part of the papers is held out to measure whether the encoder improves.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Catalogue
from broadsheet.encoders._contrastive import Contrastive, Segments
from broadsheet.encoders.static import StaticEncoder
from broadsheet.kit.bag_of_words import bag, find_sorted
from broadsheet.kit.errors import LibraryError, UsageError
from broadsheet.kit.paper import Record
from broadsheet.kit.progress import Progress
from broadsheet.kit.sentences import sentences
from broadsheet.kit.text import STOP_TERMS, Tokens, fold, stem, term, tokenize
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index.build import disk_error
from broadsheet.pipeline.training.first_vectors import random_vectors, transformer_vectors

__all__ = ["Curve", "Paper", "TuningReport", "fine_tune", "from_file", "from_library", "learn", "train"]

WORDS = 30_000  # words with a vector, at most, to fit into the wheel
LEAST = 2  # papers that a word must occur in to get a vector
LEAST_PAPERS = 20  # papers needed for any training
HELD_OUT, MOST_HELD_OUT = 0.05, 2000  # share and number, at most, of held-out papers
FEWEST = 1000  # papers needed for fine-tuning
AGAINST = 20_000  # abstracts, at most, that a held-out title is searched among
TUNING_EPOCHS = 6
EPOCHS, HARD_EPOCHS = 10, 2


@dataclass(frozen=True, slots=True)
class Paper:
    """The parts of one paper that training uses."""

    title: str
    abstract: str
    keywords: str = ""
    id: str = ""


@dataclass(frozen=True)
class Curve:
    """The course of a training run: the mean loss of every epoch, and MRR@10 of held-out titles before and after."""

    before: float
    after: float
    losses: tuple[float, ...]
    papers: int
    held_out: int
    words: int
    seconds: float
    data: str  # digest of the papers

    def to_json(self) -> dict[str, Any]:
        """As JSON, for the model's file and the command line."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class _Corpus:
    """Papers split into segments."""

    tokens: Tokens  # of every segment
    kinds: NDArray[np.int8]
    papers: NDArray[np.int64]  # (n + 1,) of segments
    digest: str
    surface: dict[int, str] = field(repr=False)  # the most frequent surface form, by the term of its stem

    def __len__(self) -> int:
        return len(self.papers) - 1


def from_file(path: Path) -> Iterator[Paper]:
    """The papers of a file of any format `add` reads. Raises SourceError."""
    from broadsheet.sources.files.detect import read_file

    for item in read_file(path):
        if isinstance(item, Record):
            paper = item.paper
            yield Paper(paper.title, paper.abstract, " , ".join(paper.keywords), item.source_id)


def from_library(catalogue: Catalogue) -> Iterator[Paper]:
    """The papers of a library."""
    for batch in catalogue.papers.documents():
        for d in batch:
            yield Paper(d.title, d.abstract or d.summary, d.keywords.replace("\n", " , "))


def _corpus(papers: Iterable[Paper], surfaces: bool) -> _Corpus:
    """Split and tokenise the papers. Raises UsageError if there are too few."""
    texts: list[str] = []
    kinds: list[int] = []
    starts = [0]
    digest, counts = hashlib.sha256(), Counter[str]()
    for paper in papers:
        if not paper.title or not paper.abstract:
            continue
        parts = [paper.title, *(paper.abstract[a:b] for a, b in sentences(paper.abstract))]
        texts += parts
        kinds += [0] + [1] * (len(parts) - 1)
        if paper.keywords:
            texts.append(paper.keywords)
            kinds.append(2)
        starts.append(len(texts))
        digest.update("\0".join((paper.title, paper.abstract, paper.keywords)).encode())
        if surfaces:
            counts.update(fold(f"{paper.title} {paper.abstract}").split())
    if len(starts) - 1 < LEAST_PAPERS:
        raise UsageError(
            f"too little to learn from: {len(starts) - 1} papers with a title and an abstract, wanted {LEAST_PAPERS}"
        )
    surface: dict[int, str] = {}
    for word, _ in counts.most_common():
        surface.setdefault(term(stem(word)), word)
    tokens = tokenize(texts)
    return _Corpus(tokens, np.array(kinds, np.int8), np.array(starts, np.int64), digest.hexdigest()[:32], surface)


def _vocabulary(corpus: _Corpus) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
    """The words that get vectors, ascending, and their idf. Raises UsageError if there are none."""
    bags = bag(Tokens(corpus.tokens.terms, corpus.tokens.bounds[corpus.papers]), skip=STOP_TERMS)
    frequency = bags.document_frequency()
    order = np.argsort(-frequency, kind="stable")[:WORDS]
    frequent = np.sort(order[frequency[order] >= LEAST])
    if not len(frequent):
        raise UsageError("nothing to learn from: no word stands in two papers")
    return bags.terms[frequent], np.log1p((len(corpus) + 1) / (frequency[frequent] + 0.5)).astype(np.float32)


def _first_vectors(
    corpus: _Corpus, terms: NDArray[np.uint64], idf: NDArray[np.float32], base: StaticEncoder | None, seed: int
) -> NDArray[np.float32]:
    """The initial vectors, (v, d): those of the base, or new ones scaled by idf."""
    if base is None:
        words = [corpus.surface.get(t, "") for t in terms.tolist()]
        start = (transformer_vectors(words) if any(words) else random_vectors(len(terms), seed)) * idf[:, None]
        return np.asarray(start / np.linalg.norm(start, axis=1).mean(), np.float32)
    return base.vectors(terms)


def _add_missing_words(
    terms: NDArray[np.uint64], weights: NDArray[np.float32], base: StaticEncoder
) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
    """Add the words of the base that the corpus lacks, with their vectors: queries may contain them."""
    missing = np.setdiff1d(base.vocabulary_, terms)
    every = np.concatenate([terms, missing])
    order = np.argsort(every)
    return every[order], np.concatenate([weights, base.weights(find_sorted(base.vocabulary_, missing))])[order]


def _title_mrr(corpus: _Corpus, encoder: StaticEncoder, held_out: NDArray[np.int64], among: NDArray[np.int64]) -> float:
    """MRR@10 of the titles of `held_out`, each among the abstracts of `held_out` and `among`."""
    rows = np.concatenate([held_out, among])
    titles, abstracts = corpus.papers[held_out], corpus.papers[rows]
    bounds, terms = corpus.tokens.bounds, corpus.tokens.terms

    def encode_spans(spans: Iterable[tuple[int, int]]) -> NDArray[np.float32]:
        parts = [terms[bounds[a] : bounds[b]] for a, b in spans]
        ends = np.cumsum([0, *(len(p) for p in parts)], dtype=np.int64)
        return encoder.encode_tokens(Tokens(np.concatenate(parts), ends))

    stops = corpus.papers[rows + 1]
    stops = stops - (corpus.kinds[stops - 1] == 2)
    x = encode_spans(zip((abstracts + 1).tolist(), stops.tolist(), strict=True))
    q = encode_spans(zip(titles.tolist(), (titles + 1).tolist(), strict=True))
    ranks = []
    for i in range(0, len(held_out), 256):
        scores = q[i : i + 256] @ x.T
        own = scores[np.arange(len(scores)), i + np.arange(len(scores))][:, None]
        ranks.append((scores >= own).sum(axis=1))
    r = np.concatenate(ranks)
    return float(np.where(r <= 10, 1 / r, 0).mean())


def learn(
    papers: Iterable[Paper],
    *,
    base: StaticEncoder | None = None,
    words: str = "transformer",
    epochs: int = EPOCHS,
    hard_epochs: int = HARD_EPOCHS,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> tuple[StaticEncoder, Curve]:
    """Train an encoder on the papers, from scratch or from `base`. The same seed gives the same encoder.

    From scratch, `words` selects the initial vectors: "transformer" or "random". Raises UsageError.
    """
    started = time.perf_counter()
    corpus = _corpus(papers, base is None and words != "random")
    terms, idf = _vocabulary(corpus)
    weights = _first_vectors(corpus, terms, idf, base, seed)
    if base is not None:
        terms, weights = _add_missing_words(terms, weights, base)
    segments = Segments.of(corpus.tokens, corpus.kinds, corpus.papers, terms)
    order = np.random.default_rng(seed).permutation(len(corpus))
    count = min(int(HELD_OUT * len(corpus)) + 1, MOST_HELD_OUT)
    held_out, pool = order[:count], np.sort(order[count:])
    among = pool[: AGAINST - count]
    before = _title_mrr(corpus, base or StaticEncoder.of(terms, weights), held_out, among)
    training = Contrastive(weights, epochs=epochs, hard_epochs=hard_epochs, seed=seed)
    training.fit(segments, pool, on_progress)
    encoder = StaticEncoder.of(terms, weights)
    after = _title_mrr(corpus, encoder, held_out, among)
    seconds = round(time.perf_counter() - started, 1)
    losses = tuple(round(loss, 4) for loss in training.losses_)
    return encoder, Curve(
        round(before, 4), round(after, 4), losses, len(corpus), count, len(terms), seconds, corpus.digest
    )


def _write(path: Path, encoder: StaticEncoder, curve: Curve) -> None:
    meta = {"curve": {k: v for k, v in curve.to_json().items() if k != "seconds"}}  # the same run, the same file
    encoder.save(path, meta=meta)


def train(
    papers: Iterable[Paper],
    out: Path,
    *,
    without: frozenset[str] = frozenset(),
    words: str = "transformer",
    epochs: int = EPOCHS,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> Curve:
    """Train an encoder from scratch on the papers without the ids `without`, and write it. Raises UsageError,
    LibraryError if it cannot be written."""
    if not out.parent.is_dir():  # checked before minutes are spent
        raise UsageError(f"{out}: there is no folder {out.parent}")
    corpus = (p for p in papers if p.id not in without)
    encoder, curve = learn(corpus, words=words, epochs=epochs, seed=seed, on_progress=on_progress)
    try:
        _write(out, encoder, curve)
    except OSError as error:
        raise LibraryError(f"{out}: {error.strerror or error}; name another place with --out") from None
    return curve


@dataclass(frozen=True)
class TuningReport:
    """The outcome of tuning: `kept` if the MRR of held-out titles improved and the encoder was written."""

    kept: bool
    curve: Curve


def fine_tune(
    folder: Path, catalogue: Catalogue, *, seed: int = 0, on_progress: Progress | None = None
) -> TuningReport:
    """Tune the package's encoder on the papers of the library in `folder`, and write it if it improves.

    Raises UsageError if the library has too few papers, LibraryError if it cannot be written.
    """
    if catalogue.read_only:
        raise LibraryError(f"{folder}: opened for reading only; its encoder cannot be tuned")
    if catalogue.papers.count() < FEWEST:
        raise UsageError(f"{folder}: tuning needs {FEWEST:,} papers, and here are {catalogue.papers.count():,}")
    base = pretrained.read_encoder(pretrained.ENCODER)
    encoder, curve = learn(
        from_library(catalogue), base=base, epochs=TUNING_EPOCHS, hard_epochs=1, seed=seed, on_progress=on_progress
    )
    is_better = curve.after > curve.before
    if is_better:
        try:
            _write(folder / pretrained.TUNED, encoder, curve)
        except OSError as error:
            raise disk_error(folder, error) from error
    return TuningReport(is_better, curve)
