"""Tables of what benchmarks measured, for the README and the pages of docs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["KINDS", "Results", "fill_numbers", "render_engines", "render_numbers", "render_ratios", "render_systems"]

Results = Mapping[str, Mapping[str, Any]]  # the content of results/NAME.json by NAME


def render_numbers(result: Mapping[str, Any] | None) -> str:
    """The README's table from a benchmark's result file.

    Its `numbers` are objects with `what`, `value`, and optionally `unit` and `target` (both texts).
    """
    if not result or not result.get("numbers"):
        return "Not measured yet: `python -m broadsheet_lab.bench spine` measures and writes them down."
    lines = ["| what | measured | target |", "|---|---:|---:|"]
    for number in result["numbers"]:
        value = number["value"]
        shown = f"{value:,.0f}" if isinstance(value, (int, float)) and abs(value) >= 1000 else f"{value:.4g}"
        lines.append(
            f"| {number['what']} | {shown} {number.get('unit', '')}".rstrip() + f" | {number.get('target', '')} |"
        )
    return "\n".join(lines)


def render_ratios(result: Mapping[str, Any] | None) -> str:
    """What ours costs beside a peer in the same run, from the `ratios` of a result file, with the machine named."""
    if not result or not result.get("ratios"):
        return "Not measured yet: `python -m broadsheet_lab.bench spine` measures and writes them down."
    lines = ["| ours | beside | times the peer's time |", "|---|---|---:|"]
    lines += [f"| {row['what']} | {row['peer']} | {row['ratio']:.2g} × |" for row in result["ratios"]]
    machine = result.get("machine", {})
    return "\n".join([*lines, "", f"Measured on {machine.get('processor', 'an unnamed processor')}."])


_COLUMNS = {
    "MRR@10": "mrr@10",
    "nDCG@10": "ndcg@10",
    "recall@10": "recall@10",
    "recall@100": "recall@100",
    "nDCG@20": "ndcg@20",
    "recall@50": "recall@50",
    "recall@200": "recall@200",
    "recall@300": "recall@300",
    "MRR": "mrr",
    "share error": "share error",
    "least share": "least share",
    "p": "p",
    "median ms": "median_ms",
    "95 % ms": "p95_ms",
    "build s": "build_s",
    "MB": "bytes",
    "bytes a paper": "bytes_per_paper",
    "Spearman": "spearman",
    "Kendall": "kendall",
    "Spearman, week": "spearman of the week",
    "precision": "precision",
    "recall": "recall",
    "F1": "f1",
    "answer shown": "answer shown",
    "words shown": "words shown",
    "whole sentences": "whole sentences",
    "ms a paper": "ms a paper",
    "ring's place": "place of the ring's paper",
    "in the top 5": "days in the top 5",
    "near papers kept": "near papers kept",
    "same venue": "same venue",
    "processor s": "processor s",
}


def render_systems(result: Mapping[str, Any] | None) -> str:
    """A table of the systems compared in a benchmark, from the `systems` of its result file.

    A column is there if some system has it. `p` is the one of the result's `objective`; `skipped` systems and why stand
    below.
    """
    if not result or not result.get("systems"):
        return "Not measured yet."
    systems = result["systems"]
    columns = {shown: key for shown, key in _COLUMNS.items() if any(key in found for found in systems.values())}
    lines = ["| system | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns)]
    for name, found in systems.items():
        cells = (_system_cell(found, key, result.get("objective", "")) for key in columns.values())
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    if skipped := result.get("skipped"):
        alike = {why: ", ".join(name for name in skipped if skipped[name] == why) for why in skipped.values()}
        lines += ["", "Not run: " + "; ".join(f"{names} ({why})" for why, names in alike.items()) + "."]
    return "\n".join(lines)


def _system_cell(found: Mapping[str, Any], key: str, objective: str) -> str:
    value = found.get(key)
    if key == "p" and value:
        value = value.get(objective)
    if value is None:
        return ""
    if key == "p":
        return f"{value:.2g}" if value >= 0.001 else "< 0.001"
    if key == "bytes_per_paper":
        return f"{value:,.0f}"
    return f"{value * 1e-6 if key == 'bytes' else value:.3g}"


_TARGET = 0.99  # recall@10 at which indexes are compared
_FILTERS = {
    "50 %": "random, 0.5",
    "10 %": "random, 0.1",
    "1 %": "random, 0.01",
    "0.1 %": "random, 0.001",
    "1 %, near": "near the query, 0.01",
    "1 %, far": "far from the query, 0.01",
}


def render_engines(result: Mapping[str, Any] | None) -> str:
    """A table of the indexes compared on one set of vectors, from the `engines` of its entry in vectors.json.

    An index that misses the target of recall shows in brackets the best it reached.
    """
    if not result or not result.get("engines"):
        return "Not measured yet."
    columns = (
        "recall@10",
        "queries/s",
        *_FILTERS,
        "after churn",
        "build s",
        "add 1,000 s",
        "bytes a vector",
        "memory MB",
    )
    lines = ["| index | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns)]
    missing = []
    for name, found in result["engines"].items():
        if "curve" not in found:
            missing.append(name)
            continue
        best = found.get("at_target") or max(found["curve"], key=lambda point: point.get("dev recall@10", 0))
        shown = [f"{best['recall@10']:.3f}", f"{best['qps']:,.0f}"]
        cells = shown if found.get("at_target") else [f"({cell})" for cell in shown]
        filtered = found.get("filtered")
        cells += [_speed(filtered, key) for key in _FILTERS.values()]
        cells += [_measure(found.get(key)) for key in ("recall_after_churn", "build_s", "add_1000_s")]
        cells += [_measure(found.get(key)) for key in ("bytes_per_vector", "memory_mb")]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    if missing:
        lines += ["", f"Not run: {', '.join(missing)}."]
    return "\n".join(lines)


def _speed(filtered: Any, key: str) -> str:
    """Queries a second under a filter, in brackets below the target of recall; nothing where none is offered."""
    cell = filtered.get(key) if isinstance(filtered, dict) else None
    if not cell:
        return ""
    return f"{cell['qps']:,.0f}" if cell.get("dev recall@10", 0) >= _TARGET else f"({cell['qps']:,.0f})"


def _measure(value: Any) -> str:
    return f"{value:,.4g}" if isinstance(value, (int, float)) else ""


# kind of block -> what renders it
KINDS = {"numbers": render_numbers, "ratios": render_ratios, "systems": render_systems, "engines": render_engines}


def fill_numbers(page: str, results: Results) -> str:
    """`page` with every `<!-- numbers:NAME -->…<!-- /numbers -->` block rendered from the result of that name.

    `systems` and `engines` blocks likewise; NAME/SET is the one of a result's `sets` or `sizes`.
    """
    for kind, render in KINDS.items():
        filled, *parts = page.split(f"<!-- {kind}:")
        for part in parts:
            name, _, rest = part.partition(" -->")
            _, _, after = rest.partition(f"<!-- /{kind} -->")
            file, _, part_of = name.partition("/")
            result = results.get(file, {})
            parts_of = {**result.get("sets", {}), **result.get("sizes", {})}
            shown = render(parts_of.get(part_of) if part_of else result)
            filled += f"<!-- {kind}:{name} -->\n{shown}\n<!-- /{kind} -->{after}"
        page = filled
    return page
