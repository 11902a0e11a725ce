"""A community that is copied while it is served, and served again from the copy on another machine."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx

import broadsheet
from broadsheet.cli import main
from broadsheet.web import create_app
from tests.clock import noon
from tests.web.members import Town, post
from tests.web.served import serving


def test_a_served_community_is_copied_and_comes_back(own_town: Town, tmp_path: Path) -> None:
    rita = own_town.as_("rita")
    post(rita, "/papers/1/vote", vote="cast")
    post(rita, "/papers/1/comments", text="the words of Rita")
    post(rita, "/papers/1/act", action="save")
    folder = own_town.library.catalogue.path.parent
    assert main(["--library", str(folder), "backup", str(tmp_path / "copy.db")]) == 0
    post(rita, "/papers/2/vote", vote="cast")  # after the copy
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(tmp_path / "copy.db", other / "catalogue.db")
    for name in ("broadsheet.toml", "server.key"):
        shutil.copy(folder / name, other / name)
    with broadsheet.open(other, clock=noon) as library, serving(create_app(library)) as url:
        assert library.catalogue.check() == []
        browser = httpx.Client(base_url=url, trust_env=False)
        old_port, port = own_town.url.rpartition(":")[2], url.rpartition(":")[2]
        for name, value in rita.cookies.items():
            browser.cookies.set(name.replace(old_port, port), value)
        with browser:
            assert browser.get("/account").status_code == 200  # still signed in
            assert browser.get("/api/v1/papers/1/votes").json()["votes"] == 1
            assert browser.get("/api/v1/papers/2/votes").json()["votes"] == 0
            assert "the words of Rita" in browser.get("/paper/1").text
            assert browser.get("/api/v1/library").json()["saved"].keys() == {"1"}
            assert post(browser, "/papers/3/vote", vote="cast").status_code == 303
