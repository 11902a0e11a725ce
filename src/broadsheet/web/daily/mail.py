"""Pages of the mail: how often it comes, the open list, and what its links do.

Links of mails need no sign-in: they are signed. Programs that read mail follow links, so a GET changes nothing and
shows a button; only to unsubscribe a program may POST by itself (RFC 8058), with the signed link and nothing else.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from fastapi import APIRouter, BackgroundTasks, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.catalogue.community.mail_recipients import FREQUENCIES, Preference
from broadsheet.community.accounts.credentials import mail_address
from broadsheet.community.mail.links import Purpose
from broadsheet.community.mail.subscriptions import Subscriptions
from broadsheet.kit.errors import RateLimited, UsageError
from broadsheet.web.accounts.common import address_of
from broadsheet.web.actions import require_form_token
from broadsheet.web.site import Here, Site

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_FORM = [Depends(require_form_token)]
Text = Annotated[str, Form(max_length=400)]
_ZONES = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
WORDS = {
    "daily": "every day",
    "weekdays": "from Monday to Friday",
    "weekly": "on Mondays, the best of the week",
    "never": "never",
}


@router.get("/mail/unsubscribe/{token}")
def unsubscribe_page(request: Request, site: Here, token: str) -> Response:
    """A button that ends the mail."""
    is_alerts = _subscriptions(site).leaving(token).purpose is Purpose.alerts
    what = "The mail of your alerts" if is_alerts else f"The mail of {site.library.settings.server.title}"
    text = f"{what} ends at once. You can ask for it again at any time."
    return _button(request, site, "Unsubscribe", text, f"/mail/unsubscribe/{token}", "Unsubscribe")


@router.post("/mail/unsubscribe/{token}")
def unsubscribe(request: Request, site: Here, token: str) -> Response:
    """End the mail. The signed link is enough, with any body and without a cookie: mail programs call this."""
    _subscriptions(site).leave(token)
    return _said(request, site, "Unsubscribed", "No more mail will come.")


@router.get("/mail/act/{token}")
def act_page(request: Request, site: Here, token: str) -> Response:
    """A button that saves a paper, or says that it is of no interest."""
    link = _subscriptions(site).read(token, Purpose.act)
    title = site.library.paper(link.paper_id).paper.title
    what = "Save this paper" if link.action == "save" else "Not interested"
    return _button(request, site, what, title, f"/mail/act/{token}", what)


@router.post("/mail/act/{token}", dependencies=_FORM)
def act(request: Request, site: Here, token: str) -> Response:
    """Save a paper, or hide it, for whom the mail was written."""
    link = _subscriptions(site).act(token)
    stored = site.library.paper(link.paper_id)
    what = "Saved" if link.action == "save" else "It will not be shown again"
    return _said(request, site, what, stored.paper.title, f"/paper/{stored.id}")


@router.get("/mail/preferences/{token}")
def preferences_page(request: Request, site: Here, token: str) -> Response:
    """How often the mail comes, for whom it was written."""
    address, preference = _subscriptions(site).preference(token)
    return _preferences(request, site, preference, f"/mail/preferences/{token}", address)


@router.post("/mail/preferences/{token}", dependencies=_FORM)
def preferences(
    request: Request, site: Here, token: str, frequency: Text = "", hour: Text = "", time_zone: Text = ""
) -> Response:
    """Change how often the mail comes, for whom it was written."""
    subscriptions = _subscriptions(site)
    address, _ = subscriptions.preference(token)
    try:
        subscriptions.change(token, frequency, hour, time_zone)
    except UsageError as error:
        typed = Preference(frequency, int(hour) if hour.isdigit() else 0, time_zone)
        return _preferences(request, site, typed, f"/mail/preferences/{token}", address, error)
    _, now = subscriptions.preference(token)
    return _preferences(request, site, now, f"/mail/preferences/{token}", address, is_changed=True)


@router.get("/account/mail")
@router.get("/mail")
def own_page(request: Request, site: Here) -> Response:
    """How often the mail comes, for the reader who asks."""
    return _own(request, site, _subscriptions(site).of_reader(site.reader))


@router.post("/account/mail", dependencies=_FORM)
@router.post("/mail", dependencies=_FORM)
def own(
    request: Request, site: Here, frequency: Text = "", hour: Text = "", time_zone: Text = "", address: Text = ""
) -> Response:
    """Change how often the mail comes, for the reader who asks."""
    try:
        chosen = _subscriptions(site).choose(site.reader, frequency, hour, time_zone, address)
    except UsageError as error:
        typed = Preference(frequency, int(hour) if hour.isdigit() else 0, time_zone, address)
        return _own(request, site, typed, error)
    return _own(request, site, chosen, is_changed=True)


@router.get("/subscribe")
def subscribe_page(request: Request, site: Here) -> Response:
    """The form of the open list."""
    return _subscribe(request, site)


@router.post("/subscribe", dependencies=_FORM)
def subscribe(
    request: Request, site: Here, tasks: BackgroundTasks, address: Text = "", frequency: Text = "daily"
) -> Response:
    """Write to an address and ask whether its owner wants mail; the answer is the same for every address."""
    subscriptions = _subscriptions(site)
    try:
        if not subscriptions.is_open:
            raise UsageError("Nobody can subscribe here without an account.")
        found = mail_address(address)
        subscriptions.expect(found, frequency, network=address_of(request))
    except UsageError as error:
        return _subscribe(request, site, address, frequency, error)
    tasks.add_task(subscriptions.subscribe, found, frequency)
    text = f"A message with a link is on its way to {found}. Mail begins once the link is confirmed."
    response = _said(request, site, "Look into your mail", text)
    response.background = tasks
    return response


@router.get("/subscribe/confirm/{token}")
def confirm_page(request: Request, site: Here, token: str) -> Response:
    """A button that confirms an address: programs that read mail follow links, and would confirm it."""
    _subscriptions(site).read(token, Purpose.confirm)
    text = f"Do you want the mail of {site.library.settings.server.title}?"
    return _button(
        request, site, "Confirm your subscription", text, f"/subscribe/confirm/{token}", "Yes, send it to me"
    )


@router.post("/subscribe/confirm/{token}", dependencies=_FORM)
def confirm(request: Request, site: Here, token: str) -> Response:
    """The address is confirmed, and mail begins."""
    recipient = _subscriptions(site).confirm(token)
    text = f"Mail comes to {recipient.address} {WORDS[recipient.preference.frequency]}."
    return _said(request, site, "You have subscribed", text)


def _subscriptions(site: Site) -> Subscriptions:
    return site.community.mail.subscriptions


def _page(request: Request, site: Site, template: str, context: dict[str, Any], error: UsageError | None) -> Response:
    """A page that no browser or proxy keeps: its address may be a signed link."""
    status = 429 if isinstance(error, RateLimited) else 400 if error else 200
    values = {"error": str(error) if error else "", **context}
    response = site.page(request, f"daily/{template}", values, here="mail", status=status)
    response.headers["Cache-Control"] = "private, no-store"
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def _button(request: Request, site: Site, title: str, text: str, action: str, label: str) -> Response:
    return _page(request, site, "mail_button.html", {"title": title, "text": text, "to": action, "label": label}, None)


def _said(request: Request, site: Site, title: str, text: str, href: str = "") -> Response:
    return _page(request, site, "mail_said.html", {"title": title, "text": text, "href": href}, None)


def _preferences(
    request: Request,
    site: Site,
    preference: Preference,
    action: str,
    address: str,
    error: UsageError | None = None,
    *,
    asks_address: bool = False,
    is_changed: bool = False,
) -> Response:
    context = {
        "preference": preference,
        "frequencies": [(name, WORDS[name]) for name in FREQUENCIES],
        "zones": _zones(),
        "to": action,
        "address": address,
        "asks_address": asks_address,
        "is_changed": is_changed,
        "is_set_up": site.community.mail.is_set_up,
    }
    return _page(request, site, "mail_preferences.html", context, error)


def _own(
    request: Request, site: Site, preference: Preference, error: UsageError | None = None, *, is_changed: bool = False
) -> Response:
    has_accounts = site.community.has_accounts
    address = preference.address
    if has_accounts:
        account = site.community.accounts.get(site.actor.account_id or 0)
        address = account.email if account else ""
    path = "/account/mail" if has_accounts else "/mail"
    return _preferences(
        request, site, preference, path, address, error, asks_address=not has_accounts, is_changed=is_changed
    )


def _subscribe(
    request: Request, site: Site, address: str = "", frequency: str = "daily", error: UsageError | None = None
) -> Response:
    frequencies = [(name, WORDS[name]) for name in FREQUENCIES if name != "never"]
    context = {"address": address, "frequency": frequency, "frequencies": frequencies}
    return _page(request, site, "mail_subscribe.html", {**context, "is_open": _subscriptions(site).is_open}, error)


@cache
def _zones() -> tuple[str, ...]:
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(_ZONES)))
