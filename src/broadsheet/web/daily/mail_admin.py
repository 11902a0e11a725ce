"""What became of the mail, for administrators: what waits, what was perhaps sent, who is suspended, the last runs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.scheduler import Scheduler
from broadsheet.kit.errors import UsageError
from broadsheet.web.actions import require_form_token
from broadsheet.web.site import Here, Site

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_WORDS = {
    "queued": "waiting",
    "sending": "being sent",
    "sent": "sent",
    "unknown": "perhaps sent",
    "dead": "given up",
    "skipped": "dropped",
}


@router.get("/admin/mail")
def mail_status(request: Request, site: Here) -> Response:
    """The state of the mail."""
    return _page(request, site)


@router.post("/admin/mail", dependencies=[Depends(require_form_token)])
def change_mail(
    request: Request,
    site: Here,
    act: Annotated[str, Form(max_length=20)] = "",
    delivery: Annotated[list[int] | None, Form(alias="delivery[]")] = None,
    address: Annotated[list[str] | None, Form(alias="address[]")] = None,
) -> Response:
    """Send again, drop, release, or do what is due."""
    mail, audit = site.community.mail, site.library.catalogue.community.audit
    numbers, addresses = (delivery or [])[:1000], [text[:254] for text in (address or [])[:1000]]
    if act == "run":
        lines = Scheduler(site.community).run()
        mail.waiting.set()
        said = " ".join(f"{line}." for line in lines) or "Nothing is due."
    elif act == "release":
        released = [one for one in addresses if mail.queue.release(one)]
        said, numbers = f"Released: {len(released)}.", []
        addresses = released
    elif act == "resend":
        said = f"Queued again: {mail.resend(numbers)}."
    elif act in {"drop", "sent"}:
        said = f"Taken off the list: {mail.queue.drop(numbers, as_sent=act == 'sent')}."
    else:
        return _page(request, site, error=UsageError("Choose what to do by one of the buttons."))
    target = ", ".join([*map(str, numbers), *addresses])
    audit.record(site.reader, f"mail: {act}", target, said)
    return _page(request, site, said)


def _page(request: Request, site: Site, said: str = "", error: UsageError | None = None) -> Response:
    context = {
        "status": site.community.mail.status(),
        "words": _WORDS,
        "said": said,
        "error": str(error) if error else "",
    }
    response = site.page(request, "daily/mail_admin.html", context, here="mail", status=400 if error else 200)
    response.headers["Cache-Control"] = "private, no-store"
    return response
