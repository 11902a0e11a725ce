"""The leaderboard as a picture: quality against latency, with what a paper costs in the index beside each name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from broadsheet_lab.bench.search.product import DEFAULT

__all__ = ["plot", "spread"]

_GAP = 0.055  # between labels, of the height of a panel of _LEAST inches
_LEAST = 5.0
_LABELS = 18  # as many find place there


def spread(heights: Sequence[float], gap: float = _GAP) -> list[float]:
    """Heights at least `gap` apart in the same order, each as near to its own as those above it let it be.

    Heights come in falling order; where the column does not fit below 0 it is pushed up as a whole.
    """
    found: list[float] = []
    for height in heights:
        found.append(min(height, found[-1] - gap) if found else height)
    lift = max(0.0, -min(found, default=0.0))
    return [height + lift for height in found]


def plot(systems: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """MRR@10 with its interval against the median latency, one point a system, its label in a column at the right."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    with mpl.rc_context({"svg.hashsalt": "broadsheet", "svg.fonttype": "none"}):
        tall = max(1.0, len(systems) / _LABELS)
        figure, panel = plt.subplots(figsize=(9, tall * _LEAST))
        ordered = sorted(systems.items(), key=lambda item: -item[1]["mrr@10"])
        for name, row in ordered:
            low, high = row["interval"]["mrr@10"]
            ours = name.startswith(DEFAULT)
            panel.errorbar(
                row["median_ms"],
                row["mrr@10"],
                [[max(0.0, row["mrr@10"] - low)], [max(0.0, high - row["mrr@10"])]],
                fmt="o" if ours else "x",
                color="C3" if ours else "C0",
                elinewidth=0.5,
            )
        panel.set(xscale="log", xlabel="median ms a query, one thread", ylabel="MRR@10, tldr queries, test half")
        panel.margins(x=0.1)
        panel.grid(alpha=0.3)
        bottom, top = panel.get_ylim()
        heights = spread([(row["mrr@10"] - bottom) / (top - bottom) for _, row in ordered], _GAP / tall)
        for (name, row), height in zip(ordered, heights, strict=True):
            panel.annotate(
                f"{name}, {row['bytes_per_paper']:,.0f} bytes a paper",
                (row["median_ms"], row["mrr@10"]),
                xytext=(1.03, height),
                textcoords="axes fraction",
                va="center",
                fontsize=8,
                arrowprops={"arrowstyle": "-", "linewidth": 0.4, "color": "0.6", "relpos": (0, 0.5), "shrinkA": 0},
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, bbox_inches="tight")
        plt.close(figure)
