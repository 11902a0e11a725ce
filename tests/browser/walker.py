"""The steps of a walk through the pages."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

Seen = TypeVar("Seen")
BINARIES = ("chromium", "chromedriver")
GONE = "does not belong to the document"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
)


@contextmanager
def open_browser(address: str, profile: Path, *, javascript: bool = True) -> Iterator[webdriver.Chrome]:
    """A headless chromium with a fresh profile and all its logs on."""
    binary, driver_path = (shutil.which(name) for name in BINARIES)
    options = webdriver.ChromeOptions()
    options.binary_location = binary or ""
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    if not javascript:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver_path))
    try:
        driver.get(address)
        yield driver
    finally:
        driver.quit()


class Walker:
    """Looks, types and clicks, waiting for what should come; remembers where the browser sent requests."""

    def __init__(self, driver: webdriver.Chrome, address: str) -> None:
        self.driver = driver
        self.address = address

    def go(self, path: str) -> None:
        """Open a page."""
        self.driver.get(self.address + path)

    def all(self, selector: str) -> list[WebElement]:
        """Every element now there."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        """The first element, once it is there."""
        return self.until(lambda: self.all(selector))[0]  # one look: between two the page may be replaced

    def until(self, true: Callable[[], Seen]) -> Seen:
        """Wait until something holds; what it then was."""

        def look(_: webdriver.Chrome) -> Seen | None:
            try:
                return true()
            except StaleElementReferenceException:  # the page was replaced in the middle of the look
                return None
            except WebDriverException as error:  # likewise, seen from the browser's side
                if GONE in str(error.msg):
                    return None
                raise

        found: Seen | None = WebDriverWait(self.driver, 10, poll_frequency=0.05).until(look)
        assert found is not None
        return found

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, wherever the focus is."""
        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    def titles(self) -> list[str]:
        """The titles of the cards that can be seen."""
        return [element.text for element in self.all(".card .title") if element.is_displayed()]

    def notice(self, text: str) -> None:
        """Wait for a notice that contains `text`."""
        self.until(lambda: text in self.one("#notice").text)

    def script(self, code: str) -> Any:
        """The value of a JavaScript expression."""
        return self.driver.execute_script(f"return {code}")

    def _log(self, kind: str) -> list[dict[str, str]]:
        entries: list[dict[str, str]] = self.driver.get_log(kind)  # type: ignore[no-untyped-call]
        return entries

    def complaints(self) -> list[str]:
        """What the console has to say."""
        return [entry["message"] for entry in self._log("browser")]

    def foreign_requests(self) -> list[str]:
        """Addresses asked for since the last call that are not ours."""
        asked = []
        for entry in self._log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                asked.append(message["params"]["request"]["url"])
        return [url for url in asked if not url.startswith((self.address, "data:", "chrome://", "about:"))]
