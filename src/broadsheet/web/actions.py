"""The form actions of a reader. Every route is a POST with a form token, and answers with a redirect.

A form sent by page.js has the header `X-Fragment: true` and gets an HTML fragment instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, UploadFile
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.kit.errors import UsageError
from broadsheet.kit.reader_actions import ReaderAction
from broadsheet.kit.spool import temporary_path
from broadsheet.pipeline.records import IngestReport
from broadsheet.web.cookies import FOR_LONG, cookie_header
from broadsheet.web.notices import counts_of, notice
from broadsheet.web.security import local_path
from broadsheet.web.site import THEMES, Here, Site
from broadsheet.web.visits import Visit

__all__ = [
    "MAX_PICKED",
    "Next",
    "Picked",
    "import_file",
    "import_text",
    "present",
    "redirect",
    "require_form_token",
    "router",
    "upload",
]

_PASTE_LIMIT = 200_000  # characters
_PARQUET = b"PAR1"  # its first and last bytes
MAX_PICKED = 100  # papers one form acts on
_SUFFIXES = frozenset(
    {
        ".bib", ".bibtex", ".ris", ".nbib", ".enw", ".ciw", ".json", ".jsonl", ".txt", ".xml", ".rss",
        ".atom", ".parquet",
    }
)  # fmt: skip


def require_form_token(request: Request, site: Here, csrf: Annotated[str, Form()] = "") -> None:
    """Refuse a form without a valid token of this server. Raises 403."""
    if not site.tokens.accepts(request, csrf):
        reason = "This form was not accepted: the page is from before a restart, or cookies are blocked."
        raise HTTPException(403, f"{reason} Go back, reload the page, and try again.")


router = APIRouter(include_in_schema=False, dependencies=[Depends(require_form_token)])

Next = Annotated[str, Form(alias="next")]


def _numbers(
    boxes: Annotated[list[int] | None, Form(alias="pick[]")] = None,
    pick: Annotated[list[int] | None, Form()] = None,
) -> list[int]:
    """The picked papers, from the check boxes `pick[]` of a page or the field `pick` of a script."""
    return [*(boxes or ()), *(pick or ())]


Picked = Annotated[list[int], Depends(_numbers)]


def present(site: Site, pick: Sequence[int] | None, limit: int = MAX_PICKED) -> list[int]:
    """The picked papers that are in the library. Raises UsageError if there is none, or more than `limit`."""
    numbers = list(dict.fromkeys(pick or ()))
    if not numbers:
        raise UsageError("Pick at least one paper: tick the boxes beside the titles.")
    if len(numbers) > limit:
        raise UsageError(f"Pick at most {limit} papers at a time.")
    ids = [stored.id for stored in site.library.papers(numbers)]
    if not ids:
        raise UsageError("None of the picked papers is in the library any more.")
    return ids


@router.post("/papers/{number:int}/act")
def act(
    request: Request,
    site: Here,
    number: int,
    action: Annotated[str, Form()],
    value: Annotated[str, Form(max_length=200)] = "",
    position: Annotated[str, Form(max_length=9)] = "",
    policy: Annotated[str, Form(max_length=200)] = "",
    after: Next = "/",
) -> Response:
    """Carry out one action on one paper."""
    codes = {"done": action, "paper": str(number)}
    if action == ReaderAction.DOWN:
        visited = Visit.of(request, site.library.now()).before
        left = site.library.act_on_page(
            site.reader, number, action, position=_position(position), policy=policy, visited=visited
        )
        codes["left"] = ".".join(map(str, left[:MAX_PICKED]))
    else:
        site.library.act(site.reader, number, action, value, position=_position(position), policy=policy)
    if action == "open":
        return Response(status_code=204)
    if _swaps(request):
        return _bar(site, number, codes, after, position, policy)
    return redirect(after, codes, f"p{number}")


@router.post("/undo")
def undo(
    request: Request,
    site: Here,
    times: Annotated[int, Form(ge=1, le=MAX_PICKED)] = 1,
    after: Next = "/",
) -> Response:
    """Undo the reader's last action, or the last `times` actions."""
    actions = [action for _ in range(times) if (action := site.library.undo(site.reader))]
    if not actions:
        codes = {"done": "nothing"}
    elif len(actions) == 1:
        codes = {"done": "undo", "was": actions[0][0], "paper": str(actions[0][1])}
    else:
        codes = {"done": "undo", "was": actions[0][0], "papers": str(len(actions))}
    if _swaps(request) and times == 1:
        if actions:
            return _bar(site, actions[0][1], codes, after, "", "")
        return site.fragment("_notice.html", {"notice": notice(site.library, codes), "back": local_path(after)})
    return redirect(after, codes, f"p{actions[0][1]}" if len(actions) == 1 else "")


@router.post("/theme")
def theme(
    request: Request, site: Here, colours: Annotated[str, Form(max_length=10)] = "", after: Next = "/"
) -> Response:
    """Set the colours of this browser's pages: light, dark, or any other value for the system's choice."""
    del site
    answer = redirect(after, {})
    value = colours if colours in THEMES else ""
    answer.headers.append("Set-Cookie", cookie_header(request.scope, "_theme", value, FOR_LONG if value else 0))
    return answer


@router.post("/start")
def start(site: Here, pick: Picked) -> Response:
    """Save the papers that a new reader picked."""
    for number in present(site, pick):
        site.library.act(site.reader, number, "save", policy="start")
    return redirect(site.own_page, {"done": "start"})


@router.post("/import")
def import_saved(
    site: Here,
    file: UploadFile | None = None,
    text: Annotated[str, Form(max_length=_PASTE_LIMIT)] = "",
    after: Next = "/library",
) -> Response:
    """Add and save the papers of an uploaded file or of a pasted list of ids."""
    if file is not None and file.filename:
        report = import_file(site, file.filename, file.file.read())
    elif text.strip():
        report = import_text(site, text)
    else:
        raise UsageError("Choose a file or paste some ids.")
    if not report.read and not report.quarantined:
        raise UsageError(f"Nothing in it could be read as papers. {' '.join(report.messages)}".strip())
    site.imported[site.reader] = report
    return redirect(after, {"done": "import", **counts_of(report)})


def import_file(site: Site, name: str, body: bytes) -> IngestReport:
    """Import an uploaded file."""
    _count_import(site)
    with upload(site, name, body) as path:
        return site.library.import_saved(site.reader, path)


def import_text(site: Site, text: str) -> IngestReport:
    """Import pasted text."""
    _count_import(site)
    _refuse_packed(site, text.encode("utf-8", "replace"))
    return site.library.import_saved(site.reader, text)


def _count_import(site: Site) -> None:
    """A member imports so often a day: what they import is in everybody's library. Raises RateLimited."""
    if site.community.has_accounts:
        site.community.accounts.limits.take("import", site.reader)


@contextmanager
def upload(site: Site, name: str, body: bytes) -> Iterator[Path]:
    """An uploaded file in a temporary folder. Its name gives the suffix and appears in messages, never in the path."""
    _refuse_packed(site, body)
    plain = "".join(c for c in PurePath(name.replace("\\", "/")).name if c.isalnum() or c in "-_. ")[-80:].lstrip(". ")
    if PurePath(plain).suffix.lower() not in _SUFFIXES:
        plain += ".txt"  # the content decides the format
    with temporary_path(plain or "upload.txt") as path:
        path.write_bytes(body)
        yield path


def _refuse_packed(site: Site, body: bytes) -> None:
    """Refuse a member's Parquet: a few kilobytes of it can unpack to more than any memory. Raises UsageError.

    Its reader looks at the end of a file alone, so the end is looked at here, too.
    """
    body = body.strip()
    if site.community.has_accounts and _PARQUET in (body[:4], body[-4:]):
        raise UsageError("Parquet is not taken from members; whoever runs this server can `broadsheet add` it.")


@router.post("/tuning")
def tuning(
    site: Here,
    recency: Annotated[float, Form(ge=0, le=1)],
    diversity: Annotated[float, Form(ge=0, le=1)],
    exploration: Annotated[float, Form(ge=0, le=1)],
) -> Response:
    """Set how the reader's page is mixed."""
    site.library.tune(site.reader, recency=recency, diversity=diversity, exploration=exploration)
    return redirect("/about-feed", {"done": "tune"})


@router.post("/tuning/default")
def default_tuning(site: Here) -> Response:
    """Reset the reader's mix to the library's settings."""
    feed = site.library.settings.feed
    site.library.tune(site.reader, recency=feed.recency, diversity=feed.diversity, exploration=feed.exploration)
    return redirect("/about-feed", {"done": "tune"})


@router.post("/reset")
def reset(site: Here, sure: Annotated[str, Form()] = "") -> Response:
    """Delete all marks, tags, collections and the history of the reader; an account stays."""
    if sure != "yes":
        raise UsageError("Nothing was forgotten: tick the box to confirm. This cannot be undone.")
    forget = site.library.forget_history if site.community.has_accounts else site.library.delete_reader
    forget(site.reader)
    return redirect("/about-feed", {"done": "reset"})


@router.post("/sources/sync")
def sync(site: Here, name: Annotated[str, Form(max_length=100)] = "") -> Response:
    """Ask the network sources for new papers, in the background."""
    is_started = site.syncing.start((name,) if name else ())
    return redirect("/sources", {"done": "sync" if is_started else "busy"})


@router.post("/quarantine/clear")
def clear_quarantine(site: Here, record: Annotated[int | None, Form()] = None) -> Response:
    """Drop one quarantined record, or all."""
    site.library.clear_quarantine(None if record is None else [record])
    return redirect("/sources", {"done": "quarantine"}, "quarantine")


def _swaps(request: Request) -> bool:
    return request.headers.get("x-fragment") == "true"


def _bar(site: Site, number: int, codes: Mapping[str, str], after: str, position: str, policy: str) -> Response:
    line = notice(site.library, codes)
    context = {
        "id": number,
        "name": site.library.paper(number).paper.title,
        "mark": site.marks([number])[number],
        "position": _position(position),
        "policy": policy,
        "notice": line,
        "left": line.left if line else (),
        "back": local_path(after),
    }
    return site.fragment("_actions.html", context)


def _position(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def redirect(after: str, codes: Mapping[str, str], anchor: str = "") -> RedirectResponse:
    """Redirect to the page of the form; the codes in its address say which notice it shows."""
    path, _, fragment = local_path(after).partition("#")
    path += ("&" if "?" in path else "?") + urlencode(codes) if codes else ""
    fragment = anchor or fragment
    return RedirectResponse(path + (f"#{fragment}" if fragment else ""), 303)
