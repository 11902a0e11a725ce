"""Members talk about a paper, and a curator decides: without JavaScript, on a phone, in both themes, for axe-core."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import broadsheet
from broadsheet.kit.paper import Record
from tests.browser.test_quality import AXE, RUN_AXE, VALIDATOR, emulate
from tests.browser.walker import Walker, open_browser
from tests.clock import noon
from tests.web.members import PASSWORD, Town, post, town
from tests.web.served import PAPERS

pytestmark = pytest.mark.browser

TEXT = r"""Does *Table 3* hold for $k > 2$? With $\alpha_i = \frac{1}{i}$ I get

$$
\sum_{i=1}^{n} \alpha_i
- \log n \to \gamma
$$

- one `run` of the code, see [the log](https://example.org/log)
- another

> We keep quality with half of the index.

```
python train.py --layers 12
```"""


@pytest.fixture
def discussed(tmp_path: Path) -> Iterator[Town]:
    """A community with a thread, a hidden comment, a report, tags and links."""
    with broadsheet.open(tmp_path / "stocked", clock=noon) as library:
        library.add(*(Record(paper, "invented", f"inv-{n}", f"invented:{n}") for n, paper in enumerate(PAPERS)))
    with town(tmp_path / "stocked", tmp_path / "library") as running:
        rita, otto, cleo = (running.as_(name) for name in ("rita", "otto", "cleo"))
        post(rita, "/papers/1/comments", text=TEXT)
        for parent in range(1, 7):
            browser = (rita, otto)[parent % 2]
            post(browser, "/papers/1/comments", text=f"An answer to {parent}, @cleo", parent=str(parent))
        post(otto, "/papers/1/comments", text="buy kelp " * 30)
        post(otto, "/comments/2/edit", text="A better answer, @cleo")
        post(rita, "/comments/8/report", reason="an advertisement")
        post(rita, "/papers/1/report", reason="its tags are odd")
        post(cleo, "/comments/7/hide", reason="off topic")
        post(rita, "/papers/1/tags", name="late interaction")
        post(otto, "/papers/1/tags", name="a tag of somebody with many words")
        post(rita, "/papers/1/links", kind="code", url="https://example.org/code")
        post(otto, "/papers/1/links", kind="video", url="https://example.org/talk", title="The talk")
        yield running


PAGES = (
    "/paper/1", "/paper/1/comments?from=3", "/comments/1", "/comments/2", "/comments/7", "/account/mentions", "/tags",
    "/tags/late%20interaction", "/moderation", "/moderation/log", "/papers/1/report", "/papers/1/moderate",
)  # fmt: skip


def sign_in(walker: Walker, name: str) -> None:
    walker.go("/sign-in?next=/papers")
    walker.one("#name").send_keys(name)
    walker.one("#password").send_keys(PASSWORD)
    walker.one("main form button").click()
    walker.until(lambda: walker.all(".member a[href='/account']"))


def test_a_member_previews_posts_and_answers_without_javascript(discussed: Town, tmp_path: Path) -> None:
    with open_browser(discussed.url, tmp_path / "profile", javascript=False) as driver:
        walker = Walker(driver, discussed.url)
        sign_in(walker, "otto")
        walker.go("/paper/2")
        walker.one("#text").send_keys("So $x^2$ it is")
        walker.one("form:has(#text) button[value='preview']").click()
        assert walker.one("section[aria-labelledby='preview'] msup").is_displayed()
        assert walker.one("#text").get_attribute("value") == "So $x^2$ it is"
        walker.one("main button[value='post']").click()
        walker.notice("It is posted.")
        walker.one("#c9 a[href$='#edit']").click()
        walker.one("#edit-text").send_keys("!")
        walker.one("#edit button[value='post']").click()
        walker.notice("It is changed")
        assert "it is!" in walker.one("#c9").text
        walker.one("#community-tag").send_keys("Sweet")
        walker.one("form:has(#community-tag) button").click()
        walker.notice("The paper has the tag")
        assert walker.one("a[href='/tags/sweet']").text == "sweet"
        assert walker.foreign_requests() == []


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_pages_fit_and_have_no_barrier(discussed: Town, tmp_path: Path, width: int, scheme: str) -> None:
    code = AXE.read_text(encoding="utf-8") if AXE.exists() else ""
    found = []
    with open_browser(discussed.url, tmp_path / "profile") as driver:
        walker = Walker(driver, discussed.url)
        sign_in(walker, "cleo")
        emulate(walker, width, scheme)
        for path in PAGES:
            walker.go(path)
            assert walker.script("document.documentElement.scrollWidth") <= width, path
            assert walker.one("h1").text, path
            if code:
                driver.execute_cdp_cmd("Runtime.evaluate", {"expression": code})
                answer = driver.execute_async_script(RUN_AXE)
                found += [(path, name, node) for name, nodes in answer for node in nodes]
        assert walker.foreign_requests() == []
    assert found == []


@pytest.mark.skipif(not VALIDATOR.exists(), reason="html-validate is not installed; `make browser` brings it")
def test_the_markup_is_valid(discussed: Town, tmp_path: Path) -> None:
    cleo: httpx.Client = discussed.as_("cleo")
    for number, path in enumerate(PAGES):
        (tmp_path / f"{number}.html").write_bytes(cleo.get(path).content)
    settings = tmp_path / ".htmlvalidate.json"
    settings.write_text(json.dumps({"root": True, "extends": ["html-validate:recommended"]}))
    files = sorted(map(str, tmp_path.glob("*.html")))
    command = [str(VALIDATOR), "--config", str(settings), "--formatter", "json", *files]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    messages = [
        (PAGES[int(Path(report["filePath"]).stem)], message["ruleId"], message["message"], message["line"])
        for report in json.loads(told)
        for message in report["messages"]
    ]
    assert messages == []
