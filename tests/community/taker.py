"""What processes do at once that try to sign in; a module of its own, so that each of them loads little."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from broadsheet.catalogue.community.attempts import AttemptTable
from broadsheet.catalogue.database import Database
from broadsheet.community.accounts.limits import Limits
from broadsheet.kit.errors import RateLimited
from tests.clock import noon


def take(path: Path, count: Any) -> None:
    """Try twenty times; count the tries that come through."""
    limits = Limits(AttemptTable(Database(path, clock=noon)))
    for _ in range(20):
        try:
            limits.take("sign-in", "rita", "192.0.2.1")
        except RateLimited:
            continue
        with count.get_lock():
            count.value += 1
