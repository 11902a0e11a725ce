"""What a page never has: papers with muted words, by muted authors, in muted venues, of muted organisations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Mute
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["NOT_MUTED", "Muted", "query_of"]

_FILTERS = {"author": "author:", "venue": "venue:", "organisation": "org:"}


def query_of(mute: Mute) -> str:
    """The query that lists exactly the papers of a mute; "" for a word, which is looked up."""
    text = " ".join(mute.value.replace('"', " ").split())
    return f'{_FILTERS[mute.kind]}"{text}"' if mute.kind in _FILTERS else ""


@dataclass(frozen=True, slots=True)
class Muted:
    """The rows that each mute takes out, by "kind:value"."""

    rows: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.rows)

    @classmethod
    def of(cls, snapshot: IndexSnapshot, found: Mapping[Mute, Sequence[int]]) -> Muted:
        """From the numbers of the papers that each mute lists."""
        rows = {}
        for mute, numbers in found.items():
            flags = np.zeros(len(snapshot), np.bool_)
            flags[snapshot.present_rows(numbers)] = True
            rows[f"{mute.kind}:{mute.value}"] = flags
        return cls(rows)

    def flags(self, n: int) -> NDArray[np.bool_]:
        """The rows that any takes out, (n,)."""
        out = np.zeros(n, np.bool_)
        for flags in self.rows.values():
            out |= flags
        return out


NOT_MUTED = Muted()
