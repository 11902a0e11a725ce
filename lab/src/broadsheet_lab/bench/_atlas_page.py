"""How long the map takes to open in a real browser of a phone's size."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

__all__ = ["Opened", "open_map"]

WIDTH, HEIGHT = 390, 844
_SECONDS = 60.0  # that a page or server is waited for
_DRAWN = "return performance.getEntriesByName('map-drawn')[0]?.startTime ?? 0"
_BYTES = """return ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
  .reduce((bytes, entry) => bytes + entry.decodedBodySize, 0)"""


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening the map took."""

    first_s: float  # by a new server, which reads the map
    later_s: float  # afterwards, with another browser
    page_bytes: int  # all that the first view fetches


def open_map(library: Path) -> Opened:
    """Serve a library and open its map twice. Raises ImportError without selenium, OSError without a browser."""
    if not all(shutil.which(name) for name in ("chromium", "chromedriver")):
        raise OSError("chromium is not installed")
    with _served(library) as url:
        first, size = _visit(url)
        later, _ = _visit(url)
    return Opened(first, later, size)


def _visit(url: str) -> tuple[float, int]:
    """(seconds from the request to the drawn map, bytes) in a new browser."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    with tempfile.TemporaryDirectory() as profile:
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver: Any = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
        try:
            size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 2, "mobile": True}
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            driver.get(f"{url}/health")  # the browser is awake, and knows nothing of our pages
            driver.get(f"{url}/atlas")
            deadline = time.monotonic() + _SECONDS
            while not (drawn := driver.execute_script(_DRAWN)):
                if time.monotonic() > deadline:
                    raise OSError("the map was not drawn")
                time.sleep(0.02)
            return drawn / 1000, int(driver.execute_script(_BYTES))
        finally:
            driver.quit()


@contextmanager
def _served(library: Path) -> Iterator[str]:
    """`broadsheet serve` of a library that makes nothing by itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [
        sys.executable,
        "-m",
        "broadsheet",
        "--library",
        str(library),
        "serve",
        "--no-token",
        "--port",
        str(port),
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + _SECONDS
    try:
        while True:
            try:
                urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{url}/health", timeout=5).close()
                break
            except (URLError, OSError):
                if time.monotonic() > deadline or server.poll() is not None:
                    raise OSError("the server did not answer") from None
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(10)
