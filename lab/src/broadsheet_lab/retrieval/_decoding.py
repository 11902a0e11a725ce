"""Sequences that a language model proposes and a library holds: a beam search that an FM-index constrains.

Bevilacqua and others: Autoregressive Search Engines (2204.10628), section 3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.retrieval._fm_index import SEPARATOR, FMIndex

__all__ = ["Allowed", "NextLogs", "Proposed", "decoded", "forced", "frequencies"]

Gram = tuple[int, ...]
Proposed = dict[Gram, tuple[tuple[int, int], float]]  # symbols -> (rows of the index, log P)
NextLogs = Callable[[Sequence[Gram]], NDArray[np.float32]]  # prefixes (b) -> log P(next symbol), (b, symbols)

_WIDE = 512  # occurrences: what follows a sequence of more is remembered


class Allowed:
    """What may follow a sequence: the symbols that do so somewhere in the library, as the index tells."""

    def __init__(self, index: FMIndex) -> None:
        self.index = index
        self._wide: dict[tuple[int, int], NDArray[np.int64]] = {}

    def __call__(self, rows: tuple[int, int]) -> NDArray[np.int64]:
        """The symbols after the sequence with these rows, ascending."""
        if rows in self._wide:
            return self._wide[rows]
        symbols = self.index.following(rows)[0]
        symbols = symbols[symbols > SEPARATOR]
        if rows[1] - rows[0] > _WIDE:
            self._wide[rows] = symbols
        return symbols


def decoded(next_logs: NextLogs, allowed: Allowed, *, beams: int, longest: int) -> Proposed:
    """The sequences of up to `longest` symbols that a beam search goes through, each of which occurs in the library.

    At every step the `beams` likeliest continuations of all beams stay, of those that the index allows; P(sequence) is
    the product of the model's probabilities, not shared out anew among those.
    """
    found: Proposed = {}
    beam: list[tuple[Gram, tuple[int, int], float]] = [((), allowed.index.whole, 0.0)]
    for _ in range(longest):
        logs = next_logs([gram for gram, _, _ in beam])
        ways = [allowed(rows) for _, rows, _ in beam]
        own = np.repeat(np.arange(len(beam)), [len(way) for way in ways])
        symbols = np.concatenate(ways)
        total = np.array([log for _, _, log in beam])[own] + logs[own, symbols]
        best = np.argsort(-total, kind="stable")[:beams]
        grown = []
        for at in best[np.isfinite(total[best])].tolist():
            gram, rows, _ = beam[own[at]]
            symbol = int(symbols[at])
            grown.append(((*gram, symbol), allowed.index.extended(rows, symbol), float(total[at])))
        beam = grown
        found |= {gram: (rows, log) for gram, rows, log in beam}
        if not beam:
            break
    return found


def forced(next_logs: NextLogs, index: FMIndex, sequence: Sequence[int], *, longest: int) -> Proposed:
    """The runs of up to `longest` symbols of a sequence that occur in the library, with their probabilities.

    All that differ in the last symbol alone are asked for at once.
    """
    found: Proposed = {}
    known: Proposed = {(): (index.whole, 0.0)}
    for length in range(1, longest + 1):
        runs = dict.fromkeys(tuple(sequence[at : at + length]) for at in range(len(sequence) - length + 1))
        runs = {run: None for run in runs if run[:-1] in known}
        if not runs:
            break
        prefixes = list(dict.fromkeys(run[:-1] for run in runs))
        logs, place = next_logs(prefixes), {prefix: at for at, prefix in enumerate(prefixes)}
        grown: Proposed = {}
        for run in runs:
            rows, log = known[run[:-1]]
            rows = index.extended(rows, run[-1])
            if rows[0] < rows[1]:
                grown[run] = (rows, log + float(logs[place[run[:-1]], run[-1]]))
        found |= grown
        known = grown
    return found


def frequencies(asked: Sequence[int], size: int) -> NextLogs:
    """A model for which P(sequence) is its frequency in the query."""

    def logs(prefixes: Sequence[Gram]) -> NDArray[np.float32]:
        counts = np.zeros((len(prefixes), size), np.float32)
        totals = np.zeros((len(prefixes), 1), np.float32)
        for row, prefix in enumerate(prefixes):
            m = len(prefix)
            for at in range(len(asked) - m + 1):
                if tuple(asked[at : at + m]) == prefix:
                    totals[row] += at + m < len(asked) or m > 0
                    if at + m < len(asked) and asked[at + m] >= 0:
                        counts[row, asked[at + m]] += 1
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(counts) - np.log(totals), np.float32)

    return logs
