"""A library of one reader: no word of accounts on any page, and every page is read without a write."""

from __future__ import annotations

import re

import pytest

from broadsheet.catalogue.database import Database
from broadsheet.kit.errors import LibraryError
from broadsheet.web.authorisation import OF_PROGRAMS, ROLES
from tests.web.served import Served
from tests.web.test_roles import FILLED

PATHS = sorted(
    re.sub(r"\{([^}]+)\}", lambda name: FILLED.get(name[1], "1"), route.removeprefix("GET "))
    for route in ROLES.keys() - OF_PROGRAMS
    if route.startswith("GET ")
)
OF_ACCOUNTS = re.compile(
    r'(?:href|action)="/(?:sign-in|sign-up|sign-out|account|admin/accounts|admin/audit|invitations)\b'
)


def test_nobody_is_asked_to_sign_in(site: Served) -> None:
    pages = 0
    for path in PATHS:
        answer = site.client.get(path)
        assert answer.status_code != 401, path
        if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"):
            pages += 1
            assert OF_ACCOUNTS.findall(answer.text) == [], path
    assert pages >= 20


def test_every_page_is_read_on_a_full_disk(own: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Database) -> None:
        raise LibraryError(f"{self.path}: the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "write", full)
        answers = {path: own.client.get(path).status_code for path in PATHS}
    assert {path for path, status in answers.items() if status >= 500} == set()
    assert {path: own.client.get(path).status_code for path in PATHS} == answers
