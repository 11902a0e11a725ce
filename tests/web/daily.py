"""A library with editions of some days, as a community or for one reader, served on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import broadsheet
from broadsheet.community import Community
from broadsheet.kit.paper import Identifiers, Paper, Person, Reception, Record
from tests.community.people import change, join
from tests.web.served import Served, served

MONDAY, TUESDAY, WEDNESDAY = (date(2026, 6, 29) + timedelta(days=n) for n in range(3))
SUBJECTS = ("Coral attention", "Tidal attention", "Glacier maps", "River codes", "Harbour noise", "Desert wells")
_DOI_ONLY = 4  # the paper without an arXiv id


class Clock:
    """A clock that is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def paper(n: int) -> Paper:
    """The n-th invented paper."""
    ids = Identifiers(doi="10.5555/harbour.4") if n == _DOI_ONLY else Identifiers(arxiv=f"2606.{n + 1:05d}")
    return Paper(
        title=f"{SUBJECTS[n]} in invented waters",
        abstract=f"We study {SUBJECTS[n].lower()} on <b>{n}</b> coasts with $x_{n} < y$.",
        authors=(Person("Ada Lee"), Person(f"Author {n}")),
        ids=ids,
        submitted=date(2026, 6, 20 + n),
        categories=("cs.IR",),
        summary="A sentence by somebody else." if n == 0 else "",
        keywords=("coral", "attention") if n == 0 else (),
        extra={"organisations": ["Invented Institute"]} if n == 0 else {},
    )


RECEPTION = Reception(
    "elsewhere.example",
    counts=(("elsewhere.example", "votes", 7), ("elsewhere.example", "stars", 40)),
    links=(
        ("code", "https://github.com/invented/coral"),
        ("project", "https://coral.example/"),
        ("model", "https://hub.example/invented/coral-base"),
    ),
)


def fill(folder: Path, settings: str) -> None:
    """Two closed days and an open one: Monday papers 0 and 1, Tuesday 2 and 3, Wednesday 4; 5 is in none."""
    folder.mkdir()
    (folder / "broadsheet.toml").write_text(f'[edition]\ncloses = "18:00"\n{settings}', encoding="utf-8")
    clock = Clock(datetime(2026, 6, 29, 10, tzinfo=UTC))
    with broadsheet.open(folder, clock=clock) as library:
        community = Community(library)
        records = [Record(paper(n), "invented", str(n)) for n in range(len(SUBJECTS))]
        numbers = list(library.add(replace(records[0], reception=RECEPTION), *records[1:]).paper_ids)
        who = {}
        if community.has_accounts:
            who = {name: join(library, name, full) for name, full in (("rita", "Rita Reads"), ("otto", ""))}
        for at, n in enumerate(range(5)):
            clock.now = datetime(2026, 6, 29, 10, tzinfo=UTC) + timedelta(days=at // 2, seconds=n)
            community.editions.close_due(clock.now)
            community.editions.enter(numbers[n], "submission", "rita" if n % 2 == 0 else "otto")
        for name, voted in (("rita", (1, 3)), ("otto", (1,))):
            if name in who:
                for n in voted:
                    community.votes.cast(who[name], numbers[n])
        if who:
            change(
                library, "INSERT INTO comments (paper_id, account_id, at, text) VALUES (?, 1, '', 'Good')", numbers[2]
            )


@contextmanager
def newsstand(folder: Path, settings: str = "", *, token: str = "") -> Iterator[Served]:
    """The library with editions, served on Wednesday noon."""
    fill(folder, settings)
    with served(folder, token=token, clock=Clock(datetime(2026, 7, 1, 12, tzinfo=UTC))) as running:
        yield running


def hf(url: str, home: Path, *words: str, token: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command `hf` against a server."""
    program = Path(sys.executable).with_name("hf")
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home), "HF_HOME": str(home / "hf"), "HF_ENDPOINT": url,
        "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_UPDATE_CHECK": "1", "NO_PROXY": "*", "HF_TOKEN": token,
    }  # fmt: skip
    return subprocess.run(
        [program, "papers", *words], env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def rows(answer: subprocess.CompletedProcess[str]) -> Any:
    """What a command printed as JSON."""
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)
