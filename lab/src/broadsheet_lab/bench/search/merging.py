"""A run of some systems put into the results of an earlier run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from broadsheet.kit.errors import UsageError
from broadsheet_lab.bench.search.systems import entries

__all__ = ["merged", "previous"]


def previous(path: Path, data: Mapping[str, Any]) -> dict[str, Any]:
    """The query sets of an earlier result; none if there is no such file.

    Raises UsageError if it is damaged or was measured on other data: one table is of one corpus.
    """
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found: dict[str, Any] = content["sets"]
        told = content["data"]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: cannot be merged into ({error!r}); delete it and run every system") from None
    if told != dict(data):
        raise UsageError(f"{path}: measured on {told}, not on {dict(data)}; run every system, or write elsewhere")
    return found


def merged(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Every set with the systems of both, in the order of the leaderboard; where both have one, that of `now`.

    A set that was not asked again stays as it was. A system that is no longer on the leaderboard is dropped.
    """
    found = {}
    for name in {**before, **now}:
        old = before.get(name, {})
        result = now.get(name, {**old, "systems": {}, "skipped": {}})
        systems = {**old.get("systems", {}), **result["systems"]}
        skipped = {**old.get("skipped", {}), **result["skipped"]}
        order = entries(name)
        found[name] = {
            **result,
            "systems": {system: systems[system] for system in order if system in systems},
            "skipped": {system: skipped[system] for system in order if system in skipped and system not in systems},
        }
    return found
