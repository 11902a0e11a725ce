"""A report of a replay that has everything a report can have."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from broadsheet.pipeline.feed.replay_report import (
    PAGE,
    RANKINGS,
    Comparison,
    Measured,
    RankingResult,
    ReplayReport,
    calibration,
    comparison_sentence,
    to_json,
)

__all__ = ["full_report"]


def full_report(reader: str) -> dict[str, Any]:
    """Of 60 invented saves; the later a ranking stands, the worse it is."""
    rankings = tuple(
        RankingResult(name, label, Measured(0.5 - at / 20, 0.4 - at / 20, 0.6 - at / 20), Measured(0.2, 0.1, 0.3))
        for at, (name, (label, _)) in enumerate(RANKINGS.items())
    )
    pairs = [(PAGE, other) for other in RANKINGS if other not in (PAGE, "tried")] + [("tried", PAGE)]
    gaps = tuple(Comparison(a, b, Measured(0.1, -0.02, 0.2), Measured(0.01, -0.02, 0.04)) for a, b in pairs)
    said, rng = np.linspace(0.01, 0.3, 100), np.random.default_rng(0)
    mix = {"recency": 0.25, "diversity": 0.3, "exploration": 0.05}
    return to_json(
        ReplayReport(
            *(reader, 60, 41, date(2026, 1, 2), date(2026, 6, 28), 20, 4321, 3, 7, rankings, gaps),
            *(calibration(said, rng.random(100) < said), mix, {**mix, "recency": 0.6}),
            tuple(comparison_sentence(one, 60, 41) for one in gaps),
            seconds=3.2,
        )
    )
