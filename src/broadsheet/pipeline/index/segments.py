"""Papers → a segment: postings, positions, names, codes of vectors, columns for filters, words and acronyms.

documents, batch by batch ──► terms ──┬► inverted index     ──► one file for each part of a segment
                                      ├► positions
                                      └► vectors ──► codes
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
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
from broadsheet.kit.acronyms import definitions
from broadsheet.kit.bag_of_words import bag
from broadsheet.kit.code_hosts import names_code
from broadsheet.kit.progress import Progress
from broadsheet.kit.second_process import SecondProcess
from broadsheet.kit.text import STOP_TERMS, Tokens, concatenate, concatenate_pairs, fold, tokenize_and_count
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index.columns import Columns
from broadsheet.pipeline.index.manifest import FORMAT
from broadsheet.pipeline.index.names import BREAK, NAME_FIELDS, SEARCHED_FIELDS, directory, initials, name_tokens
from broadsheet.pipeline.index.prefix_parts import PrefixPart, names_in
from broadsheet.pipeline.index.prefixes import PrefixBlock
from broadsheet.pipeline.index.snapshot import TEXT_FIELDS, Segment
from broadsheet.pipeline.index.vector_file import checksum
from broadsheet.pipeline.index.words import WordBlock
from broadsheet.retrieval.bm25 import BM25

__all__ = ["SEGMENT_ROWS", "SegmentBuilder", "segments", "write_segment"]

SEGMENT_ROWS = 65_536  # papers a segment is built from at most: bounds the memory of a build
SHARE = 3  # lists of documents for the second process per list of this one, which also builds the segments
MANY = 10_000  # papers from which a second process saves time
SKIPPED = np.array(
    sorted({*STOP_TERMS.tolist(), *name_tokens([BREAK]).terms.tolist()}), np.uint64
)  # in positions, but not in postings


def indexable(document: Document) -> tuple[str, str, str]:
    """The texts of one paper in the order of TEXT_FIELDS."""
    return document.title, f"{document.abstract}\n{document.summary}", document.keywords


def _whole_documents(tokens: Tokens, fields: int) -> Tokens:
    """Join the fields of each document into one text."""
    return Tokens(tokens.terms, tokens.bounds[::fields])


def _fields(tokens: Tokens, fields: int, selected: Sequence[int]) -> Tokens:
    """Join the selected ones of each document's `fields` into one text."""
    lengths = np.diff(tokens.bounds)
    mask = np.isin(np.arange(len(lengths)) % fields, selected)
    bounds = np.cumsum(np.where(mask, lengths, 0).reshape(-1, fields).sum(axis=1))
    return Tokens(tokens.terms[np.repeat(mask, lengths)], np.concatenate([[0], bounds]))


class Batch(NamedTuple):
    """Documents as arrays, ready for a segment."""

    text: Tokens
    names: Tokens
    codes: CodeBlock
    lengths: NDArray[np.float32]  # (n,) in ranked terms
    columns: list[tuple[int, int, int, int]]
    venues: list[str]
    categories: list[list[str]]
    has_code: list[bool]
    prefixes: PrefixPart
    words: dict[str, int]  # words as written → how often they occur
    acronyms: dict[tuple[str, str], int]  # short and long forms → papers that define them

    @classmethod
    def of(cls, documents: Sequence[Document], encoder: StaticEncoder) -> Batch:
        """Tokenise and encode documents; `encoder` is the same for all batches of a segment."""
        texts = [t for d in documents for t in indexable(d)]
        text, words = tokenize_and_count(texts)
        authors = [d.authors.replace("\n", f" {BREAK} ") for d in documents]
        names = [n for a, d in zip(authors, documents, strict=True) for n in (a, d.venue, initials(a))]
        bags = bag(_whole_documents(text, len(TEXT_FIELDS)), skip=STOP_TERMS)
        codes = CodeBlock.of(encoder.encode_bags(bags))
        columns = [(d.id, d.year, d.day, checksum(d)) for d in documents]
        categories = [json.loads(d.categories) if d.categories else [] for d in documents]
        has_code = [bool(d.links_code) or names_code(d.abstract) or names_code(d.summary) for d in documents]
        prefixes = PrefixPart.of(
            (fold(d.title) for d in documents),
            (names_in(d.authors) for d in documents),
            (names_in(d.keywords) for d in documents),
        )
        acronyms = Counter(pair for d in documents for pair in {*definitions(f"{d.title}\n{d.abstract}\n{d.summary}")})
        facts = columns, [d.venue for d in documents], categories, has_code
        return cls(text, name_tokens(names), codes, bags.totals(), *facts, prefixes, words, dict(acronyms))


def batches_of(tasks: Iterable[Sequence[Document]], encoder: Path) -> Iterator[Batch]:
    """`Batch.of` for each list of documents, with the encoder in a file; the work of a second process."""
    model = pretrained.read_encoder(encoder, verify=False)
    for documents in tasks:
        yield Batch.of(documents, model)


class SegmentBuilder:
    """Collects batches of documents and builds a segment from them."""

    def __init__(self) -> None:
        self.rows = 0
        self._batches: list[Batch] = []
        self._words = Counter[str]()
        self._acronyms = Counter[tuple[str, str]]()

    def add(self, batch: Batch) -> None:
        """Add the next documents."""
        self._batches.append(batch._replace(words={}, acronyms={}))
        self.rows += len(batch.columns)
        self._words.update(batch.words)
        self._acronyms.update(batch.acronyms)

    def lengths(self) -> NDArray[np.float32]:
        """The length of every document in ranked terms, (n,)."""
        return np.concatenate([batch.lengths for batch in self._batches])

    def finish(self, weighting: BM25) -> Segment:
        """Build the segment with fitted term weights. Call once, after at least one document."""
        text = concatenate([batch.text for batch in self._batches])
        names = concatenate([batch.names for batch in self._batches])
        searched = _fields(names, len(NAME_FIELDS), SEARCHED_FIELDS)
        bags = bag(concatenate_pairs(_whole_documents(text, len(TEXT_FIELDS)), searched), skip=SKIPPED)
        # names are searchable but do not count towards the length of a paper
        lengths = np.maximum(bags.totals() - np.diff(searched.bounds), 1).astype(np.float32)
        weights = weighting.document(bags, lengths)
        postings = PostingBlock.of(bags.terms, bags.indptr, bags.columns, weights, ceiling=weighting.ceiling)
        venues, venue_names = _numbered([name for batch in self._batches for name in batch.venues])
        of_rows = [names for batch in self._batches for names in batch.categories]
        categories, category_names = _numbered([name for names in of_rows for name in names])
        ids, years, days, sums = (
            np.array([row for batch in self._batches for row in batch.columns], np.int64).reshape(-1, 4).T
        )
        columns = Columns(
            np.ascontiguousarray(ids),
            years.astype(np.int32),
            days.astype(np.int32),
            venues,
            sums.astype(np.uint32),
            venue_names,
            directory(*(_fields(names, len(NAME_FIELDS), (NAME_FIELDS.index(f),)) for f in ("author", "initial"))),
            np.array([flag for batch in self._batches for flag in batch.has_code], np.bool_),
            np.concatenate([[0], np.cumsum([len(names) for names in of_rows])]).astype(np.int64),
            categories,
            category_names,
        )
        return Segment(
            columns,
            postings,
            PositionBlock.of(text, len(TEXT_FIELDS)),
            PositionBlock.of(names, len(NAME_FIELDS)),
            CodeBlock.concatenate([batch.codes for batch in self._batches]),
            PrefixBlock.of([batch.prefixes for batch in self._batches]),
            WordBlock.of(self._words, self._acronyms, self.rows),
        )


def _numbered(names: Sequence[str]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """The position of every name among the distinct ones, (n,), and these."""
    places = {name: place for place, name in enumerate(sorted(set(names)))}
    return np.array([places[name] for name in names], np.int32), tuple(places)


def _second(encoder: Path, total: int) -> SecondProcess | None:
    """A second process for most batches of many documents; None if this one is as fast alone."""
    try:
        return SecondProcess(batches_of, encoder) if total >= MANY and second_process.available() else None
    except OSError:  # no process can be started
        return None


def _batches(documents: Iterable[Sequence[Document]], encoder: Path, total: int) -> Iterator[Batch]:
    """The batches of the documents, in order."""
    lists = iter(documents)
    second = _second(encoder, total)
    if second is None:
        yield from batches_of(lists, encoder)
        return
    model = pretrained.read_encoder(encoder, verify=False)
    with second:
        n_sent, own_lists = _distribute(second, lists)
        while n_sent:
            own = [Batch.of(documents, model) for documents in own_lists]
            following = _distribute(second, lists)  # before these are used, so that the second process never waits
            for _ in range(n_sent):
                yield second.receive()
            yield from own
            n_sent, own_lists = following


def _distribute(second: SecondProcess, lists: Iterator[Sequence[Document]]) -> tuple[int, list[Sequence[Document]]]:
    """Send the next SHARE lists to the second process; returns (number of lists sent, the list for this process)."""
    n_sent = 0
    for documents in islice(lists, SHARE):
        second.send(documents)
        n_sent += 1
    return n_sent, list(islice(lists, 1))


def segments(
    documents: Iterable[Sequence[Document]], encoder: Path, on_progress: Progress | None, total: int
) -> Iterator[SegmentBuilder]:
    """Builders of the segments of all documents, one after the other, each of about SEGMENT_ROWS documents at most.

    `encoder` is the file of the encoder, which has been verified.
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
    """Write every part of a segment under a new name, which is returned. Raises OSError."""
    name = f"segment-{uuid.uuid4().hex[:12]}"
    for part in Segment.PARTS:
        artifacts.write(folder / f"{name}.{part}.bin", getattr(segment, part).to_arrays(), method=part, version=FORMAT)
    return name
