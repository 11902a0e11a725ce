"""The page that measures a reader's page on the reader's own past, and the forms that try and draft other mixes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.feed.replay_report import signed
from broadsheet.web.actions import redirect, require_form_token
from broadsheet.web.site import Here, Site

__all__ = ["plot", "router"]

router = APIRouter(include_in_schema=False)

Weight = Annotated[float, Form(ge=0, le=1)]
WEIGHTS = (
    ("recency", "Newness", "fit alone", "newest first"),
    ("diversity", "Variety", "the closest", "all different"),
    ("exploration", "Exploration", "none", "half the page"),
)
SIDE = 300  # of the plot, in its own units
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # where the axes of the plot may end


@router.get("/replay")
def replay(request: Request, site: Here) -> Response:
    """The last replay, what runs, and the forms to try another mix on the past or live."""
    report = site.replays.last(site.reader)
    draft = site.library.interleaving(site.reader)
    context = {
        "report": report,
        "plot": plot(report["calibration"]) if report else None,
        "tried": _tried(report),
        "tuning": asdict(site.library.tuning(site.reader)),
        "weights": WEIGHTS,
        "signed": signed,
        "draft": draft[0] if draft else None,
        "verdict": draft[1] if draft else None,
        **_progress(site),
    }
    return site.page(request, "steering/replay.html", context, here="about")


@router.get("/replay/progress")
def progress(site: Here) -> Response:
    """The line about the running replay, as a fragment."""
    return site.fragment("steering/_replay.html", _progress(site))


@router.post("/replay", dependencies=[Depends(require_form_token)])
def start(site: Here, recency: Weight, diversity: Weight, exploration: Weight) -> Response:
    """Replay the reader's past in the background; a mix that is not the reader's is tried beside it."""
    given = {"recency": recency, "diversity": diversity, "exploration": exploration}
    own = asdict(site.library.tuning(site.reader))
    tried = {name: value for name, value in given.items() if abs(value - own[name]) > 1e-6}
    started = site.replays.start(site.reader, tried)
    return redirect("/replay", {"done": "replay" if started else "replaying"})


@router.post("/replay/interleave", dependencies=[Depends(require_form_token)])
def interleave(
    site: Here,
    what: Annotated[str, Form(max_length=10)],
    recency: Weight = 0,
    diversity: Weight = 0,
    exploration: Weight = 0,
    ranking: Annotated[str, Form(max_length=20)] = "page",
) -> Response:
    """Start or stop drafting the reader's pages from two mixes."""
    if what == "stop":
        site.library.stop_interleaving(site.reader)
    elif what == "start":
        weights = {"recency": recency, "diversity": diversity, "exploration": exploration}
        site.library.start_interleaving(site.reader, ranking=ranking, **weights)
    else:
        raise UsageError(f"unknown change {what!r} of a draft; choose start or stop")
    return redirect("/replay", {"done": f"{what}-draft"})


def _progress(site: Site) -> dict[str, str]:
    return {"line": site.replays.line(site.reader), "failure": site.replays.failure(site.reader)}


def _tried(report: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """What the mix that was tried would change; None where none was."""
    if report is None or not report["tried"]:
        return None
    gap = next((one for one in report["differences"] if one["name"] == "tried"), None)
    return {"mix": report["tried"], "gap": gap}


def plot(calibration: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The reliability plot: points (x, y, low, high) on a square of SIDE units, y downwards; None without papers."""
    if calibration is None:
        return None
    bins = calibration["bins"]
    highest = max(max(one["said"], one["saved"]["high"]) for one in bins)
    end = next(step for step in STEPS if step >= min(highest, 1.0))

    def place(value: float) -> float:
        return round(SIDE * min(value / end, 1.0), 1)

    points = [
        (place(one["said"]), *(round(SIDE - place(one["saved"][key]), 1) for key in ("value", "low", "high")))
        for one in bins
    ]
    return {"points": points, "end": end, "side": SIDE}
