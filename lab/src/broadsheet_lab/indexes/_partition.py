"""A partition of SQUASH: its rows and the stages a query passes through, from its own arrays alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.signs import LEVELS, QUERY_BITS, estimate, estimate_rows, short_list
from broadsheet_lab.indexes._osq import Quantiser, allocate_bits, lower_bounds

__all__ = ["Partition", "Stages"]

_ROUNDING = 1e-4  # float32 bounds and scores may differ by this share of the norms
_BATCH = 32  # rows scored at a time in exact mode


@dataclass(frozen=True, slots=True)
class Stages:
    """How much each stage lets through, for k rows asked for."""

    share: float = 0.25  # of the candidates, by their signs; the paper keeps 0.1
    weighted: bool = True  # signs weighted by the query; False: the paper's Hamming distance
    refine: int = 2  # times k rows by their bounds, then scored exactly (the paper's R)
    exact: bool = False  # no sign stage, and score until no bound reaches the k-th best: misses nothing


@dataclass(frozen=True, slots=True)
class Partition:
    """The rows nearest to one centre, with everything a search of them needs."""

    rows: NDArray[np.int64]  # (m,) in the block
    vectors: NDArray[np.float32]  # (m, d) as they came; read for refined rows only
    norms: NDArray[np.float32]  # (m,) squared
    codes: NDArray[np.uint8]  # (m, B)
    signs: NDArray[np.uint64]  # (m, W) of the turned coordinates
    mean: NDArray[np.float32]  # (d,)
    turn: NDArray[np.float32]  # (d, d) columns: directions of falling variance
    spread: NDArray[np.float32]  # (d,) standard deviations along them
    quantiser: Quantiser

    @classmethod
    def of(cls, vectors: NDArray[np.float32], rows: NDArray[np.int64], *, bits: float, by_variance: bool) -> Partition:
        """From the vectors (m, d) of `rows`, `bits` a dimension on average."""
        d = vectors.shape[1]
        mean = vectors.mean(axis=0)
        centred = vectors - mean
        turn = np.linalg.eigh(centred.T @ centred / len(rows))[1][:, ::-1].astype(np.float32)  # Karhunen-Loève
        z = centred @ turn  # (m, d)
        spread = z.std(axis=0)
        quantiser = Quantiser.fit(z, allocate_bits(spread**2 if by_variance else np.ones_like(spread), round(bits * d)))
        signs = np.zeros((len(rows), _words(d) * 8), np.uint8)
        packed = np.packbits(z > 0, axis=1, bitorder="little")
        signs[:, : packed.shape[1]] = packed
        norms = np.einsum("ij,ij->i", vectors, vectors)
        return cls(rows, vectors, norms, quantiser.encode(z), signs.view(np.uint64), mean, turn, spread, quantiser)

    def coarse(
        self, z: NDArray[np.float32], places: NDArray[np.int64] | None, keep: int, *, weighted: bool
    ) -> NDArray[np.int64]:
        """The `keep` places, and those that tie with the last, whose signs agree best with the query's z (d,)."""
        w = z * self.spread
        steps = np.rint((w / max(float(np.abs(w).max()), 1e-30) + 1) * (LEVELS / 2)) if weighted else LEVELS * (z > 0)
        planes = np.zeros((QUERY_BITS, self.signs.shape[1] * 8), np.uint8)
        packed = np.packbits((steps.astype(np.uint8) >> np.arange(QUERY_BITS)[:, None]) & 1, axis=1, bitorder="little")
        planes[:, : packed.shape[1]] = packed
        agreement = np.empty(len(self.rows) if places is None else len(places), np.int32)
        if places is None:
            estimate(self.signs, planes.view(np.uint64), agreement)
        else:
            estimate_rows(self.signs, planes.view(np.uint64), places, agreement)
        best = short_list(agreement, keep, LEVELS * 64 * self.signs.shape[1])
        return best if places is None else places[best]

    def upper_bounds(
        self, query: NDArray[np.float32], z: NDArray[np.float32], places: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """No vector at `places` has a greater inner product with the query than this, aligned."""
        tables, rest = self.quantiser.tables(z)
        least = np.empty(len(places), np.float32)
        lower_bounds(self.codes, places, tables, rest, least)
        return np.asarray((query @ query + self.norms[places] - least) / 2, np.float32)

    def search(
        self, query: NDArray[np.float32], k: int, places: NDArray[np.int64] | None, stages: Stages
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """(rows, inner products) of the best of `places` (None: all): at least k, or all there are; in no order."""
        count = len(self.rows) if places is None else len(places)
        short = stages.refine * k
        if count > short or places is None:
            z: NDArray[np.float32] = np.asarray((query - self.mean) @ self.turn, np.float32)
            keep = max(short, int(np.ceil(stages.share * count)))
            if keep < count and not stages.exact:
                places = self.coarse(z, places, keep, weighted=stages.weighted)
            places = np.arange(count) if places is None else places
            bounds = self.upper_bounds(query, z, places)
            if stages.exact:
                return self._until_certain(query, k, places, bounds)
            if len(places) > short:
                places = places[np.argpartition(-bounds, short)[:short]]
        return self.rows[places], self.vectors[places] @ query

    def _until_certain(
        self, query: NDArray[np.float32], k: int, places: NDArray[np.int64], bounds: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Scores rows by falling bound until no bound left reaches the k-th best score: then nothing is missed."""
        order = np.argsort(-bounds, kind="stable")
        slack = _ROUNDING * float(query @ query + self.norms.max(initial=0.0))
        scores = np.empty(0, np.float32)
        while len(scores) < len(order):
            if len(scores) >= k and bounds[order[len(scores)]] + slack < np.partition(scores, -k)[-k]:
                break
            batch = places[order[len(scores) : len(scores) + max(k, _BATCH)]]
            scores = np.concatenate([scores, self.vectors[batch] @ query])
        return self.rows[places[order[: len(scores)]]], scores


def _words(d: int) -> int:
    """64-bit words a row of signs takes: a power of two."""
    return 1 << (max(1, -(-d // 64)) - 1).bit_length()
