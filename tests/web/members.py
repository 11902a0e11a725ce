"""A community served by a real server, and people who sign in to it with a client each."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from argon2 import PasswordHasher

import broadsheet
from broadsheet.community.accounts import Accounts
from broadsheet.community.accounts.passwords import Passwords
from broadsheet.community.actor import Role
from broadsheet.kit.clock import Clock
from broadsheet.pipeline.library import Library
from broadsheet.web import create_app
from broadsheet.web.site import Site
from tests.clock import noon
from tests.web.served import form_token, serving

CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
PASSWORD = "correct horse battery"
PEOPLE = {"rita": Role.reader, "otto": Role.reader, "cleo": Role.curator, "amos": Role.admin}


@dataclass
class Town:
    """A served community; `as_(name)` is a browser of that member, "" of a visitor."""

    library: Library
    site: Site
    url: str
    mail: list[tuple[str, str, str]]  # what was sent: (to, subject, text)
    _stack: ExitStack
    _clients: dict[str, httpx.Client] = field(default_factory=dict)

    def browser(self) -> httpx.Client:
        """A new browser."""
        return self._stack.enter_context(httpx.Client(base_url=self.url, trust_env=False, timeout=None))

    def as_(self, name: str) -> httpx.Client:
        """The browser of a member, signed in; of a visitor where the name is ""."""
        if name not in self._clients:
            client = self._clients[name] = self.browser()
            if name:
                answer = post(client, "/sign-in", name=name, password=PASSWORD)
                assert answer.status_code == 303, answer.text
        return self._clients[name]

    def letter(self, to: str) -> str:
        """The text of the last message to an address, which is then forgotten; waits for it."""
        end = time.monotonic() + 20
        while not (texts := [text for address, _, text in self.mail if address == to]):
            assert time.monotonic() < end, f"nothing was sent to {to}"
            time.sleep(0.01)
        self.mail[:] = [one for one in self.mail if one[0] != to]
        return texts[-1]

    def link(self, to: str) -> str:
        """The path of the link in the last message to an address."""
        found = re.search(rf"{self.url}(/\S+)", self.letter(to))
        assert found
        return found[1]

    def number(self, name: str) -> int:
        """The number of a member's account."""
        return self.site.community.accounts.named(name).id


def post(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """Send a form as a page of ours would."""
    return client.post(path, data={"csrf": form_token(client), **fields})


@contextmanager
def town(stocked: Path, folder: Path, settings: str = "", clock: Clock = noon) -> Iterator[Town]:
    """The stocked library as a community with a member of each role; `settings` are lines of [community]."""
    shutil.copytree(stocked, folder)
    (folder / "broadsheet.toml").write_text(f'[community]\nmode = "community"\n{settings}\n')
    with broadsheet.open(folder, clock=clock) as library, ExitStack() as stack:
        app = create_app(library)
        site: Site = app.state.site
        mail: list[tuple[str, str, str]] = []
        tables, send = library.catalogue.community, lambda *message: mail.append(message)
        site.community.accounts = Accounts(tables, library.settings, library.now, send, CHEAP)
        for name, role in PEOPLE.items():
            site.community.accounts.create(name, PASSWORD, role, email=f"{name}@example.org")
        url = stack.enter_context(serving(app))
        yield Town(library, site, url, mail, stack)
