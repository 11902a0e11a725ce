"""Organisations: those that the resolver reads out of raw affiliations, beside the names that papers.parquet lists.

A paper has the right organisations in `affiliations_normalised`; a name is right if its key is the key of one of them,
and each is counted once a paper. The keys are those of the product for every system and for the truth, so that case,
accents, articles and the language of "university" never count. The truth calls some organisations by several names
(KAIST, and the same in words), of which the resolver knows one; its last row takes such names of the truth for one.
Papers are halved by a hash of their id: rules were chosen on one half and are reported on the other.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from broadsheet.sources.text.affiliations import VERSION, organisations_of, split_affiliations
from broadsheet.sources.text.organisation_keys import organisation_key
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.report import write

__all__ = ["Labelled", "Score", "halves", "measure", "score"]

Read: TypeAlias = Callable[[str], Iterable[str]]  # one affiliation -> names of organisations
_NOTHING = frozenset(("Unknown Institution", "University Affiliation Not Specified", "Institution not specified"))


@dataclass(frozen=True, slots=True)
class Labelled:
    """A paper: its affiliations, and the names of its organisations."""

    affiliations: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over papers, and what follows from them."""

    right: int
    wrong: int
    missing: int

    @property
    def precision(self) -> float:
        """The share of names that are right."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """The share of organisations that are named."""
        return self.right / max(1, self.right + self.missing)

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missing)

    def to_row(self) -> dict[str, float]:
        """A row of the table."""
        return {"precision": round(self.precision, 4), "recall": round(self.recall, 4), "f1": round(self.f1, 4)}


def as_it_is(affiliation: str) -> list[str]:
    """The whole affiliation as a name."""
    return [affiliation]


def last_university(affiliation: str) -> list[str]:
    """The last piece between commas that says University."""
    pieces = [piece.strip() for piece in affiliation.split(",")]
    return [piece for piece in pieces if "universi" in piece.lower()][-1:]


def university_or_first(affiliation: str) -> list[str]:
    """The last piece that says University, else the first piece."""
    return last_university(affiliation) or [affiliation.partition(",")[0].strip()]


SYSTEMS: dict[str, Read] = {
    "**the resolver**": organisations_of,
    "the last part with “University”": last_university,
    "the same, else the first part": university_or_first,
    "the affiliation as it is": as_it_is,
}


def score(papers: Sequence[Labelled], read: Read, *, joins_names: bool = False) -> Score:
    """What a system reads in these papers; `joins_names` takes names of one organisation in the truth for one."""
    right = wrong = missing = 0
    for paper in papers:
        named = {organisation_key(name) for text in paper.affiliations for name in read(text)} - {""}
        names = [name for name in paper.names if name not in _NOTHING]
        if joins_names:
            names = [next(iter(organisations_of(name)), name) for name in names]
        truth = {organisation_key(name) for name in names} - {""}
        right += len(named & truth)
        wrong += len(named - truth)
        missing += len(truth - named)
    return Score(right, wrong, missing)


def halves(path: Path) -> tuple[list[Labelled], list[Labelled]]:
    """The papers with affiliations and names: those that rules were chosen on, those that are reported."""
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["paper_id", "affiliations", "affiliations_normalised"]).to_pydict()
    parts: tuple[list[Labelled], list[Labelled]] = ([], [])
    for paper_id, raw, names in zip(*table.values(), strict=True):
        affiliations = tuple(dict.fromkeys(split_affiliations(raw or "")))
        if affiliations and names:
            parts[hashlib.sha256(paper_id.encode()).digest()[0] & 1].append(Labelled(affiliations, tuple(names)))
    return parts


def measure(out: Path, tell: Any) -> list[Path]:
    """Read every affiliation with each system; writes organisations.json."""
    path = datasets.papers_path()
    chosen_on, reported = halves(path)
    distinct = sorted({text for paper in (*chosen_on, *reported) for text in paper.affiliations})
    tell(f"{len(reported):,} papers, {len(distinct):,} affiliations")
    organisations_of.cache_clear()
    started = time.process_time()
    for text in distinct:
        organisations_of(text)
    seconds = time.process_time() - started
    rows = {}
    for system, read in SYSTEMS.items():
        tell(system)
        rows[system] = score(reported, read).to_row()
    rows["the resolver, one name an organisation"] = score(reported, organisations_of, joins_names=True).to_row()
    content = {
        "data": {"papers.parquet": datasets.digest(path)},
        "rules": VERSION,
        "papers": {"chosen on": len(chosen_on), "reported": len(reported)},
        "affiliations": len(distinct),
        "processor seconds": round(seconds, 2),
        "microseconds an affiliation": round(1e6 * seconds / max(1, len(distinct)), 1),
        "f1 on the half that rules were chosen on": {
            "names": round(score(chosen_on, organisations_of).f1, 4),
            "joined": round(score(chosen_on, organisations_of, joins_names=True).f1, 4),
        },
        "systems": rows,
    }
    file = out / "organisations.json"
    write(file, "organisations", content)
    return [file]
