"""A real browser on a real server: chromium, driven over WebDriver, against `broadsheet serve`."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import pytest

import broadsheet
from broadsheet.kit.paper import Record
from tests.browser.walker import BINARIES, Walker, open_browser
from tests.web.served import PAPERS


@pytest.fixture(scope="session", autouse=True)
def chromium() -> None:
    """Skip where there is no browser or no driver."""
    pytest.importorskip("selenium", reason="needs the dev extra")
    for name in BINARIES:
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A library of invented papers behind a server process of its own."""
    folder = tmp_path / "library"
    with broadsheet.open(folder) as library:
        library.add(*(Record(paper, "invented", f"inv-{n}", f"invented:{n}") for n, paper in enumerate(PAPERS)))
    port = free_port()
    command = [sys.executable, "-m", "broadsheet", "--library", str(folder), "serve", "--no-token", "--port", str(port)]
    log = tmp_path / "server.log"
    with log.open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, env=dict(os.environ))
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url, server, log)
        yield url
    finally:
        server.terminate()
        server.wait(10)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the server answers."""
    for _ in range(300):
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url + "/health", timeout=5).close()
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the server did not answer: {log.read_text()}")


@pytest.fixture
def walker(address: str, tmp_path: Path) -> Iterator[Walker]:
    """A browser window on the first page."""
    with open_browser(address, tmp_path / "profile") as driver:
        yield Walker(driver, address)


@pytest.fixture
def plain_walker(address: str, tmp_path: Path) -> Iterator[Walker]:
    """A browser window without JavaScript."""
    with open_browser(address, tmp_path / "profile", javascript=False) as driver:
        yield Walker(driver, address)
