"""An encoder whose vectors can be worked out by hand: how often a text has each subject of the invented world."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.catalogue import Document
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.index.vector_file import folder_of, text_of
from broadsheet.pipeline.library import Library
from tests.pipeline import world

M = TypeVar("M", "Toy", None)

SUBJECTS = [subject for topic in world.TOPICS for subject in topic.subjects]


class Toy:
    """Knows what it was asked; stops as Ctrl-C does after so many texts."""

    dimensions = 64

    def __init__(self, name: str = "toy-1", stop_after: int = 10**9) -> None:
        self.name = name
        self.texts: list[str] = []
        self.stop_after = stop_after

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if len(self.texts) + len(texts) > self.stop_after:
            raise KeyboardInterrupt
        self.texts += texts
        out = np.full((len(texts), self.dimensions), 1e-3, np.float32)
        out[:, : len(SUBJECTS)] += [[text.lower().count(subject) for subject in SUBJECTS] for text in texts]
        return np.asarray(out / np.linalg.norm(out, axis=1, keepdims=True), np.float32)

    @property
    def all(self) -> Callable[[Iterable[Sequence[str]]], Iterator[NDArray[np.float32]]]:
        """Encodes list after list, as a second process does."""
        return lambda lists: (self.encode(texts) for texts in lists)


def use(monkeypatch: pytest.MonkeyPatch, model: M) -> M:
    """Have the library use this model."""
    monkeypatch.setattr(pretrained, "read_transformer", lambda: model)
    return model


def where(library: Library) -> Path:
    return folder_of(library.path / "indexes")


def papers(library: Library) -> dict[int, Document]:
    return {d.id: d for batch in library.catalogue.papers.documents() for d in batch}


def opened(library: Library) -> PaperVectors:
    vectors = library._index.vectors.open(library.snapshot())
    assert vectors is not None
    return vectors


def vectors_by_number(library: Library) -> dict[int, NDArray[np.float32]]:
    snapshot = library.snapshot()
    rows = np.flatnonzero(snapshot.alive.flags() & ~opened(library).missing)
    return dict(zip(snapshot.ids[rows].tolist(), opened(library).vectors(rows), strict=True))


def assert_complete(library: Library) -> None:
    """Every paper has the vector of its present text, and no file is at fault."""
    held, texts = vectors_by_number(library), papers(library)
    assert sorted(held) == sorted(texts)
    exact = Toy().encode([text_of(texts[number]) for number in held])
    assert np.array(list(held.values())) == pytest.approx(exact, abs=0.02)
    assert library.check().ok
