"""How long the map takes to open in a real browser of a phone's size."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broadsheet_lab.bench.service import serve

__all__ = ["Opened", "open_map"]

WIDTH, HEIGHT = 390, 844
_SECONDS = 60.0  # that a page is waited for
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
    """Serve a library and open its map twice.

    Raises ImportError without selenium, OSError without a browser, LibraryError if it cannot be served.
    """
    if not all(shutil.which(name) for name in ("chromium", "chromedriver")):
        raise OSError("chromium is not installed")
    with serve(library, "--no-token") as (port, _):
        url = f"http://127.0.0.1:{port}"
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
