"""Trains the model of sentence roles from marked abstracts, for search in one aspect.

The training file is CSV with the columns arxiv_id, abstract, start_idx, end_idx and label (task, problem, idea or
result): each line marks a span of an abstract. Papers are split by a hash of their id; a fifth is the test set.
"""

from __future__ import annotations

import csv
import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.explanation.sentence_roles import ROLES, SentenceRoles
from broadsheet.kit.errors import LibraryError, SourceError, UsageError
from broadsheet.kit.sentences import sentences

__all__ = ["MarkedAbstract", "Scores", "read_marked_abstracts", "scores", "train"]

FOLDS = 5  # fold 0 is the test set, fold 1 the development set
COLUMNS = ("arxiv_id", "abstract", "start_idx", "end_idx", "label")
ROLE_OF = {"task": "task", "problem": "task", "idea": "method", "result": "result"}
_COVERED = 0.5  # least share of a sentence that a mark covers to give it a role; its main sentence always gets it


@dataclass(frozen=True, slots=True)
class MarkedAbstract:
    """The sentences of an abstract and the roles marked in each, (s, r)."""

    name: str
    sentences: tuple[str, ...]
    marks: NDArray[np.bool_]

    @property
    def fold(self) -> int:
        """The fold of the abstract, by a hash of its name."""
        return zlib.crc32(self.name.encode()) % FOLDS

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """The roles each sentence may have, (s, r): the marked ones, or all without a mark."""
        return self.marks | ~self.marks.any(axis=1, keepdims=True)


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of a model on sentences with one marked role."""

    sentences: int
    accuracy: float
    macro_f1: float
    f1: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """As JSON, for the command line."""
        return {"sentences": self.sentences, "accuracy": self.accuracy, "macro_f1": self.macro_f1, "f1": self.f1}


def _mark(row: dict[str, str], length: int) -> tuple[int, int, int]:
    """Parse a line of the file into (start, stop, role). Raises ValueError naming the error."""
    label = (row["label"] or "").strip().lower()
    if label not in ROLE_OF:
        raise ValueError(f"label {label!r} is none of {', '.join(ROLE_OF)}")
    start, stop = int(row["start_idx"]), int(row["end_idx"])
    if not 0 <= start < stop <= length:
        raise ValueError(f"characters {start} to {stop} are not inside the abstract, which has {length}")
    return start, stop, ROLES.index(ROLE_OF[label])


def read_marked_abstracts(path: Path) -> tuple[list[MarkedAbstract], tuple[str, ...]]:
    """Read marked abstracts from a CSV file: (abstracts, a message per skipped line). Raises SourceError."""
    texts: dict[str, str] = {}
    spans: dict[str, list[tuple[int, int, int]]] = {}
    messages: list[str] = []
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            reader = csv.DictReader(handle)
            if missing := [c for c in COLUMNS if c not in (reader.fieldnames or ())]:
                raise SourceError(f"{path}:1: no column {missing[0]!r}; the columns are {', '.join(COLUMNS)}")
            for row in reader:
                text = row["abstract"] or ""
                name = row["arxiv_id"] or text  # without an id the abstract is the paper's name
                if texts.setdefault(name, text) != text:
                    messages.append(f"{path}:{reader.line_num}: another abstract of {name}; the line is left out")
                    continue
                try:
                    spans.setdefault(name, []).append(_mark(row, len(text)))
                except (ValueError, TypeError) as error:
                    messages.append(f"{path}:{reader.line_num}: {error}; the line is left out")
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}; --data takes a CSV file of marked abstracts") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path}: not a CSV file in UTF-8 ({error})") from None
    return [_mark_abstract(name, texts[name], spans[name]) for name in texts if spans.get(name)], tuple(messages)


def _mark_abstract(name: str, text: str, spans: Sequence[tuple[int, int, int]]) -> MarkedAbstract:
    parts = sentences(text)
    marks = np.zeros((len(parts), len(ROLES)), np.bool_)
    for start, stop, role in spans:
        inside = np.array([max(0, min(stop, b) - max(start, a)) for a, b in parts])
        if inside.any():
            is_covered = inside / np.array([b - a for a, b in parts]) >= _COVERED
            marks[is_covered, role] = True
            marks[int(inside.argmax()), role] = True
    return MarkedAbstract(name, tuple(text[a:b] for a, b in parts), marks)


def fit_roles(papers: Sequence[MarkedAbstract], model: SentenceRoles) -> SentenceRoles:
    """Fit the model on the papers."""
    return model.fit([p.sentences for p in papers], np.concatenate([p.allowed for p in papers]))


def predictions(model: SentenceRoles, papers: Sequence[MarkedAbstract]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The role marked and the role predicted of each of the papers' sentences with one mark, as numbers, (n,) each."""
    marks = np.concatenate([p.marks for p in papers])
    single = marks.sum(axis=1) == 1
    predicted = model.explain([p.sentences for p in papers]).argmax(axis=1)
    return marks[single].argmax(axis=1), predicted[single]


def scores(model: SentenceRoles, papers: Sequence[MarkedAbstract]) -> Scores:
    """Evaluate the model on the papers' sentences with one mark."""
    labels, predicted = predictions(model, papers)
    f1 = {}
    for at, role in enumerate(ROLES):
        right = int(((labels == at) & (predicted == at)).sum())
        f1[role] = 2 * right / max(int((labels == at).sum() + (predicted == at).sum()), 1)
    return Scores(len(labels), float((labels == predicted).mean()), sum(f1.values()) / len(f1), f1)


def train(data: Path, out: Path) -> tuple[Scores, tuple[str, ...]]:
    """Fit the model on the training set and write it to `out`; returns its scores on the test set, and messages.

    Raises SourceError if the file cannot be used, LibraryError if the model cannot be written, UsageError without the
    extra `train`.
    """
    papers, messages = read_marked_abstracts(data)
    training, test = [p for p in papers if p.fold], [p for p in papers if not p.fold]
    if not test or not training:
        raise SourceError(f"{data}: {len(papers)} marked abstracts are too few to learn from and to test on")
    try:
        model = fit_roles(training, SentenceRoles())
    except ImportError as error:
        raise UsageError(str(error)) from None
    test_scores = scores(model, test)
    meta: dict[str, Any] = {
        "roles": list(ROLES),
        "data": hashlib.sha256(data.read_bytes()).hexdigest(),
        "papers": len(training),
        "macro_f1": round(test_scores.macro_f1, 4),
    }
    try:
        model.save(out, meta=meta)
    except OSError as error:
        raise LibraryError(f"{out}: {error.strerror or error}; name another place with --out") from None
    return test_scores, messages
