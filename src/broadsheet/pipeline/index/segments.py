"""Papers → a segment: words for search, words in order, names, codes of vectors, columns to filter by.

documents, batch by batch ──► terms ──┬► inverted index     ──► one file for each part of a segment
                                      ├► positions
                                      └► vectors ──► codes
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Document
from broadsheet.encoders.static import StaticEncoder
from broadsheet.indexes.inverted import PostingBlock
from broadsheet.indexes.positions import PositionBlock
from broadsheet.indexes.scan import CodeBlock
from broadsheet.kit import artifacts
from broadsheet.kit.bag_of_words import bag
from broadsheet.kit.progress import Progress
from broadsheet.kit.text import STOP_TERMS, Tokens, concatenated, side_by_side, tokenize
from broadsheet.pipeline.index.names import BREAK, NAME_FIELDS, SAID, directory, initials, name_tokens
from broadsheet.pipeline.index.snapshot import FORMAT, TEXT_FIELDS, Columns, Segment
from broadsheet.retrieval.bm25 import BM25

__all__ = ["SEGMENT_ROWS", "SegmentBuilder", "segments", "write_segment"]

SEGMENT_ROWS = 65_536  # papers a segment is built from at most: bounds the memory of a build
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


class SegmentBuilder:
    """Collects documents batch by batch and makes a segment of them."""

    def __init__(self) -> None:
        self.rows = 0
        self._text: list[Tokens] = []
        self._names: list[Tokens] = []
        self._codes: list[CodeBlock] = []
        self._columns: list[tuple[int, int, int]] = []
        self._venues: list[str] = []

    def add(self, documents: Sequence[Document], encoder: StaticEncoder) -> None:
        """Read the next documents; their vectors are made by `encoder`, the same for all."""
        text = tokenize([t for d in documents for t in indexable(d)])
        authors = [d.authors.replace("\n", f" {BREAK} ") for d in documents]
        names = [n for a, d in zip(authors, documents, strict=True) for n in (a, d.venue, initials(a))]
        self._text.append(text)
        self._names.append(name_tokens(names))
        self._codes.append(CodeBlock.of(encoder.encode_tokens(_every(text, len(TEXT_FIELDS)))))
        self._columns += [(d.id, d.year, d.day) for d in documents]
        self._venues += [d.venue for d in documents]
        self.rows += len(documents)

    def lengths(self) -> NDArray[np.float32]:
        """The length of every document in ranked terms, (n,)."""
        return bag(_every(concatenated(self._text), len(TEXT_FIELDS)), skip=STOP_TERMS).totals()

    def finish(self, weighting: BM25) -> Segment:
        """All of them as a segment, words weighed as fitted. Call once, after at least one document."""
        text, names = concatenated(self._text), concatenated(self._names)
        said = _fields(names, len(NAME_FIELDS), SAID)
        bags = bag(side_by_side(_every(text, len(TEXT_FIELDS)), said), skip=SKIPPED)
        # names are found by their words but do not make a paper longer
        lengths = np.maximum(bags.totals() - np.diff(said.bounds), 1).astype(np.float32)
        weights = weighting.document(bags, lengths)
        postings = PostingBlock.of(bags.terms, bags.indptr, bags.columns, weights, ceiling=weighting.ceiling)
        places = {name: place for place, name in enumerate(sorted(set(self._venues)))}
        ids, years, days = np.array(self._columns, np.int64).reshape(-1, 3).T
        columns = Columns(
            np.ascontiguousarray(ids),
            years.astype(np.int32),
            days.astype(np.int32),
            np.array([places[name] for name in self._venues], np.int32),
            tuple(places),
            directory(*(_fields(names, len(NAME_FIELDS), (NAME_FIELDS.index(f),)) for f in ("author", "initial"))),
        )
        codes = CodeBlock(
            np.concatenate([c.bits for c in self._codes]),
            np.concatenate([c.codes for c in self._codes]),
            np.concatenate([c.scales for c in self._codes]),
            self._codes[0].dimensions,
        )
        return Segment(
            columns,
            postings,
            PositionBlock.of(text, len(TEXT_FIELDS)),
            PositionBlock.of(names, len(NAME_FIELDS)),
            codes,
        )


def segments(
    batches: Iterable[list[Document]], encoder: StaticEncoder, progress: Progress | None, total: int
) -> Iterable[SegmentBuilder]:
    """What segments are to be made from, one after the other, each of about SEGMENT_ROWS documents at most."""
    builder, done = SegmentBuilder(), 0
    for documents in batches:
        builder.add(documents, encoder)
        done += len(documents)
        if progress:
            progress("indexing", done, total)
        if builder.rows + len(documents) > SEGMENT_ROWS:
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
