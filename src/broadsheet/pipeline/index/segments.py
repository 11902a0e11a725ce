"""Papers → a segment: words for search, words in order, names, codes of vectors, columns to filter by.

documents, batch by batch ──► terms ──┬► inverted index     ──► one file for each part of a segment
                                      ├► positions
                                      └► vectors ──► codes
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Document
from broadsheet.encoders.static import StaticEncoder
from broadsheet.indexes.inverted import PostingBlock
from broadsheet.indexes.positions import PositionBlock
from broadsheet.indexes.scan import CodeBlock
from broadsheet.kit import artifacts, second_process
from broadsheet.kit.bag_of_words import bag
from broadsheet.kit.progress import Progress
from broadsheet.kit.second_process import SecondProcess
from broadsheet.kit.text import STOP_TERMS, Tokens, concatenate, concatenate_pairs, tokenize
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index.manifest import FORMAT
from broadsheet.pipeline.index.names import BREAK, NAME_FIELDS, SAID, directory, initials, name_tokens
from broadsheet.pipeline.index.snapshot import TEXT_FIELDS, Columns, Segment
from broadsheet.retrieval.bm25 import BM25

__all__ = ["SEGMENT_ROWS", "SegmentBuilder", "segments", "write_segment"]

SEGMENT_ROWS = 65_536  # papers a segment is built from at most: bounds the memory of a build
SHARE = 3  # lists that a second process reads for one that this one does, which also makes the segments of them
MANY = 10_000  # papers from which on a second process is worth its start
SKIPPED = np.array(
    sorted({*STOP_TERMS.tolist(), *name_tokens([BREAK]).terms.tolist()}), np.uint64
)  # kept in order, but no reason to find a paper


def indexable(document: Document) -> tuple[str, str, str]:
    """The texts of one paper in the order of TEXT_FIELDS."""
    return document.title, f"{document.abstract}\n{document.summary}", document.keywords


def _every(tokens: Tokens, fields: int) -> Tokens:
    """The fields of each document as one text."""
    return Tokens(tokens.terms, tokens.bounds[::fields])


def _fields(tokens: Tokens, fields: int, kept: Sequence[int]) -> Tokens:
    """Of each document's `fields` only those kept, as one text."""
    lengths = np.diff(tokens.bounds)
    chosen = np.isin(np.arange(len(lengths)) % fields, kept)
    bounds = np.cumsum(np.where(chosen, lengths, 0).reshape(-1, fields).sum(axis=1))
    return Tokens(tokens.terms[np.repeat(chosen, lengths)], np.concatenate([[0], bounds]))


class Batch(NamedTuple):
    """A few documents as a segment takes them in."""

    text: Tokens
    names: Tokens
    codes: CodeBlock
    lengths: NDArray[np.float32]  # (n,) in ranked terms
    columns: list[tuple[int, int, int]]
    venues: list[str]

    @classmethod
    def of(cls, documents: Sequence[Document], encoder: StaticEncoder) -> Batch:
        """Read the documents; their vectors are made by `encoder`, the same for all of a segment."""
        text = tokenize([t for d in documents for t in indexable(d)])
        authors = [d.authors.replace("\n", f" {BREAK} ") for d in documents]
        names = [n for a, d in zip(authors, documents, strict=True) for n in (a, d.venue, initials(a))]
        bags = bag(_every(text, len(TEXT_FIELDS)), skip=STOP_TERMS)
        codes = CodeBlock.of(encoder.encode_bags(bags))
        columns = [(d.id, d.year, d.day) for d in documents]
        return cls(text, name_tokens(names), codes, bags.totals(), columns, [d.venue for d in documents])


def batches_of(tasks: Iterable[Sequence[Document]], encoder: Path) -> Iterator[Batch]:
    """What a second process does: `Batch.of` for each list of documents, with the encoder in that file."""
    loaded = pretrained.read_encoder(encoder, verify=False)
    for documents in tasks:
        yield Batch.of(documents, loaded)


class SegmentBuilder:
    """Collects documents batch by batch and makes a segment of them."""

    def __init__(self) -> None:
        self.rows = 0
        self._batches: list[Batch] = []

    def add(self, batch: Batch) -> None:
        """Take in the next documents."""
        self._batches.append(batch)
        self.rows += len(batch.columns)

    def lengths(self) -> NDArray[np.float32]:
        """The length of every document in ranked terms, (n,)."""
        return np.concatenate([batch.lengths for batch in self._batches])

    def finish(self, weighting: BM25) -> Segment:
        """All of them as a segment, words weighed as fitted. Call once, after at least one document."""
        text = concatenate([batch.text for batch in self._batches])
        names = concatenate([batch.names for batch in self._batches])
        said = _fields(names, len(NAME_FIELDS), SAID)
        bags = bag(concatenate_pairs(_every(text, len(TEXT_FIELDS)), said), skip=SKIPPED)
        # names are found by their words but do not make a paper longer
        lengths = np.maximum(bags.totals() - np.diff(said.bounds), 1).astype(np.float32)
        weights = weighting.document(bags, lengths)
        postings = PostingBlock.of(bags.terms, bags.indptr, bags.columns, weights, ceiling=weighting.ceiling)
        venues = [name for batch in self._batches for name in batch.venues]
        places = {name: place for place, name in enumerate(sorted(set(venues)))}
        ids, years, days = (
            np.array([row for batch in self._batches for row in batch.columns], np.int64).reshape(-1, 3).T
        )
        columns = Columns(
            np.ascontiguousarray(ids),
            years.astype(np.int32),
            days.astype(np.int32),
            np.array([places[name] for name in venues], np.int32),
            tuple(places),
            directory(*(_fields(names, len(NAME_FIELDS), (NAME_FIELDS.index(f),)) for f in ("author", "initial"))),
        )
        codes = CodeBlock(
            np.concatenate([batch.codes.bits for batch in self._batches]),
            np.concatenate([batch.codes.codes for batch in self._batches]),
            np.concatenate([batch.codes.scales for batch in self._batches]),
            self._batches[0].codes.dimensions,
        )
        return Segment(
            columns,
            postings,
            PositionBlock.of(text, len(TEXT_FIELDS)),
            PositionBlock.of(names, len(NAME_FIELDS)),
            codes,
        )


def _second(encoder: Path, total: int) -> SecondProcess | None:
    """The process that reads most batches of many documents; None where this one is as fast alone."""
    try:
        return SecondProcess(batches_of, encoder) if total >= MANY and second_process.available() else None
    except OSError:  # no process can be started
        return None


def _batches(documents: Iterable[Sequence[Document]], encoder: Path, total: int) -> Iterator[Batch]:
    """The batches in order."""
    lists = iter(documents)
    second = _second(encoder, total)
    if second is None:
        yield from batches_of(lists, encoder)
        return
    loaded = pretrained.read_encoder(encoder, verify=False)
    with second:
        theirs, ours = _dealt(second, lists)
        while theirs:
            own = [Batch.of(documents, loaded) for documents in ours]
            following = _dealt(second, lists)  # before anything is made of these
            for _ in range(theirs):
                yield second.receive()
            yield from own
            theirs, ours = following


def _dealt(second: SecondProcess, lists: Iterator[Sequence[Document]]) -> tuple[int, list[Sequence[Document]]]:
    """(how many of the next lists the second process was sent, the one behind them, which this one reads)."""
    sent = 0
    for documents in islice(lists, SHARE):
        second.send(documents)
        sent += 1
    return sent, list(islice(lists, 1))


def segments(
    documents: Iterable[Sequence[Document]], encoder: Path, on_progress: Progress | None, total: int
) -> Iterator[SegmentBuilder]:
    """What segments are to be made from, one after the other, each of about SEGMENT_ROWS documents at most.

    The vectors are made by the encoder in that file, which has been verified.
    """
    builder, done = SegmentBuilder(), 0
    for batch in _batches(documents, encoder, total):
        builder.add(batch)
        done += len(batch.columns)
        if on_progress:
            on_progress("indexing", done, total)
        if builder.rows + len(batch.columns) > SEGMENT_ROWS:
            yield builder
            builder = SegmentBuilder()
    if builder.rows:
        yield builder


def write_segment(folder: Path, segment: Segment) -> str:
    """Write every part of it under a new name, which is returned. Raises OSError."""
    name = f"segment-{uuid.uuid4().hex[:12]}"
    for part in Segment.PARTS:
        artifacts.write(folder / f"{name}.{part}.bin", getattr(segment, part).to_arrays(), method=part, version=FORMAT)
    return name
