"""Marked abstracts → the model of sentence roles that aspect search reads, as one small file.

The training file is CSV with the columns arxiv_id, abstract, start_idx, end_idx and label (task, problem, idea or
result): one marked stretch of an abstract a line. Papers are split by a hash of their id; a fifth is only tested on.
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
from broadsheet.kit import artifacts
from broadsheet.kit.errors import LibraryError, SourceError, UsageError
from broadsheet.kit.sentences import sentences
from broadsheet.pipeline.pretrained import VERSION

__all__ = ["Marked", "Scores", "read_marked", "scores", "train"]

FOLDS = 5  # papers whose hash is 0 are tested on, those at 1 chosen on while developing
COLUMNS = ("arxiv_id", "abstract", "start_idx", "end_idx", "label")
ROLE_OF = {"task": "task", "problem": "task", "idea": "method", "result": "result"}
_COVERED = 0.5  # of a sentence that a mark must cover to give it its role, where it is not the mark's main sentence


@dataclass(frozen=True, slots=True)
class Marked:
    """One abstract's sentences and which roles were marked in each, (s, r)."""

    name: str
    sentences: tuple[str, ...]
    marks: NDArray[np.bool_]

    @property
    def fold(self) -> int:
        """Which part of the papers it belongs to, by a hash of its name: the same everywhere."""
        return zlib.crc32(self.name.encode()) % FOLDS

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """The roles each sentence may have: the marked ones, or any."""
        return self.marks | ~self.marks.any(axis=1, keepdims=True)


@dataclass(frozen=True, slots=True)
class Scores:
    """How well roles were told on sentences with one marked role."""

    sentences: int
    accuracy: float
    macro_f1: float
    f1: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """As the command line tells them."""
        return {"sentences": self.sentences, "accuracy": self.accuracy, "macro_f1": self.macro_f1, "f1": self.f1}


def _mark(row: dict[str, str], length: int) -> tuple[int, int, int]:
    """(start, stop, role) of a line of the file. Raises ValueError saying what is wrong with it."""
    label = (row["label"] or "").strip().lower()
    if label not in ROLE_OF:
        raise ValueError(f"label {label!r} is none of {', '.join(ROLE_OF)}")
    start, stop = int(row["start_idx"]), int(row["end_idx"])
    if not 0 <= start < stop <= length:
        raise ValueError(f"characters {start} to {stop} are not inside the abstract, which has {length}")
    return start, stop, ROLES.index(ROLE_OF[label])


def read_marked(path: Path) -> tuple[list[Marked], tuple[str, ...]]:
    """The marked abstracts of a CSV file, and one message a line left out. Raises SourceError naming file and line."""
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
    return [_marked(name, texts[name], spans[name]) for name in texts if spans.get(name)], tuple(messages)


def _marked(name: str, text: str, spans: Sequence[tuple[int, int, int]]) -> Marked:
    parts = sentences(text)
    marks = np.zeros((len(parts), len(ROLES)), np.bool_)
    for start, stop, role in spans:
        inside = np.array([max(0, min(stop, b) - max(start, a)) for a, b in parts])
        if inside.any():
            covered = inside / np.array([b - a for a, b in parts]) >= _COVERED
            marks[covered, role] = True
            marks[int(inside.argmax()), role] = True
    return Marked(name, tuple(text[a:b] for a, b in parts), marks)


def fitted(papers: Sequence[Marked], model: SentenceRoles) -> SentenceRoles:
    """The model, fitted on the papers."""
    return model.fit([p.sentences for p in papers], np.concatenate([p.allowed for p in papers]))


def scores(model: SentenceRoles, papers: Sequence[Marked]) -> Scores:
    """How well the model tells the roles of the papers' sentences that have one mark."""
    marks = np.concatenate([p.marks for p in papers])
    told = model.explain([p.sentences for p in papers]).argmax(axis=1)
    single = marks.sum(axis=1) == 1
    wanted, told = marks[single].argmax(axis=1), told[single]
    f1 = {}
    for at, role in enumerate(ROLES):
        right = int(((wanted == at) & (told == at)).sum())
        f1[role] = 2 * right / max(int((wanted == at).sum() + (told == at).sum()), 1)
    return Scores(len(wanted), float((wanted == told).mean()), sum(f1.values()) / len(f1), f1)


def train(data: Path, out: Path) -> tuple[Scores, tuple[str, ...]]:
    """Fit on the papers that are not for testing, write the model to `out`; the scores on those that are, and messages.

    Raises SourceError if the file cannot be used, LibraryError if the model cannot be written, UsageError without the
    extra `train`.
    """
    papers, messages = read_marked(data)
    kept, tested = [p for p in papers if p.fold], [p for p in papers if not p.fold]
    if not tested or not kept:
        raise SourceError(f"{data}: {len(papers)} marked abstracts are too few to learn from and to test on")
    try:
        model = fitted(kept, SentenceRoles())
    except ImportError as error:
        raise UsageError(str(error)) from None
    found = scores(model, tested)
    meta: dict[str, Any] = {
        "roles": list(ROLES),
        "data": hashlib.sha256(data.read_bytes()).hexdigest(),
        "papers": len(kept),
        "macro_f1": round(found.macro_f1, 4),
    }
    try:
        artifacts.write(out, model.to_arrays(), method="sentence_roles", version=VERSION, meta=meta)
    except OSError as error:
        raise LibraryError(f"{out}: {error.strerror or error}; name another place with --out") from None
    return found, messages
