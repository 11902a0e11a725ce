"""What a screen reader and a phone find: landmarks, headings, names of what can be pressed, the papers first."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from tests.web.served import Served
from tests.web.test_pages import PATHS

ERRORS = ("/nowhere", "/paper/9999", "/library?shelf=none")


class Outline(HTMLParser):
    """Landmarks in their order, headings by level, and the text of each thing one can press."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.landmarks: list[tuple[str, str]] = []
        self.headings: list[int] = []
        self.pressed: list[tuple[str, str]] = []
        self.attributes: list[tuple[str, dict[str, str]]] = []
        self._inside: list[list[str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.attributes.append((tag, said))
        if tag in ("header", "nav", "main", "aside", "footer"):
            self.landmarks.append((tag, said.get("aria-label") or said.get("aria-labelledby", "")))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag in ("a", "button", "summary"):
            self._inside.append([tag, said.get("aria-label", "")])

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1][0] == tag:
            self.pressed.append((tag, self._inside.pop()[1].strip()))

    def handle_data(self, data: str) -> None:
        for one in self._inside:
            one[1] += data


@pytest.fixture(scope="module", params=[*PATHS, *ERRORS])
def outline(site: Served, request: pytest.FixtureRequest) -> Outline:
    return Outline(site.client.get(request.param).text)


def test_landmarks_stand_once_and_in_order(outline: Outline) -> None:
    names = [name for name, _ in outline.landmarks]
    assert [name for name in names if name in ("header", "main", "footer")] == ["header", "main", "footer"]
    assert names.index("nav") < names.index("main")


def test_landmarks_of_one_kind_have_names_of_their_own(outline: Outline) -> None:
    for kind in ("nav", "aside"):
        labels = [label for name, label in outline.landmarks if name == kind]
        assert all(labels)
        assert len(set(labels)) == len(labels)


def test_headings_skip_no_level_and_begin_with_the_pages_own(outline: Outline) -> None:
    inside = outline.headings
    assert inside[0] == 1
    assert inside.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(inside))


def test_all_that_can_be_pressed_has_a_name(outline: Outline) -> None:
    assert [tag for tag, text in outline.pressed if not text] == []


def test_a_phone_is_served_the_page_at_its_own_width(outline: Outline) -> None:
    views = [said["content"] for tag, said in outline.attributes if tag == "meta" and said.get("name") == "viewport"]
    assert views == ["width=device-width, initial-scale=1"]
    assert ("html", {"lang": "en"}) in outline.attributes


def test_the_first_link_leads_past_the_masthead(outline: Outline) -> None:
    links = [said for tag, said in outline.attributes if tag == "a"]
    assert links[0]["href"] == "#main"
    assert [said.get("id") for tag, said in outline.attributes if tag == "main"] == ["main"]


def test_links_within_a_page_lead_somewhere(outline: Outline) -> None:
    ids = {said["id"] for _, said in outline.attributes if "id" in said}
    wanted = {said["href"][1:] for tag, said in outline.attributes if tag == "a" and said["href"].startswith("#")}
    assert wanted <= ids
    described = {
        name
        for _, said in outline.attributes
        for key in ("for", "aria-labelledby", "aria-describedby", "form")
        for name in said.get(key, "").split()
    }
    assert described <= ids


def test_every_form_that_changes_something_has_its_token(outline: Outline) -> None:
    forms = [said for tag, said in outline.attributes if tag == "form" and said.get("method") == "post"]
    tokens = [said for tag, said in outline.attributes if tag == "input" and said.get("name") == "csrf"]
    assert len(tokens) == len(forms)
    assert all(re.fullmatch("[0-9a-f]{64}", said["value"]) for said in tokens)


def test_outward_links_tell_nothing_of_us(outline: Outline) -> None:
    for tag, said in outline.attributes:
        if tag == "a" and said["href"].startswith("http"):
            assert {"noopener", "noreferrer"} <= set(said["rel"].split()), said["href"]


def test_pressed_buttons_say_so(own: Served) -> None:
    own.library.act("me", 1, "save")
    own.library.act("me", 1, "up")
    text = own.client.get("/paper/1").text
    form = text[text.index('id="a1"') :].partition("</form>")[0]
    states = re.findall(r'value="(\w+)" data-key="."(?: aria-pressed="(\w+)")?', form)
    assert states == [("unsave", "true"), ("unrate", "true"), ("down", "false"), ("hide", "")]


@pytest.mark.parametrize(
    ("path", "here"), [("/", "Today"), ("/search?q=a", "Search"), ("/library", "Library"), ("/sources", "Sources")]
)
def test_the_navigation_says_where_one_is(site: Served, path: str, here: str) -> None:
    text = site.client.get(path).text
    navigation = text[text.index("<nav") : text.index("</nav>")]
    assert re.findall(r'aria-current="page">(\w+)', navigation) == [here]


def test_the_papers_come_before_what_stands_beside_them(own: Served) -> None:
    own.library.act("me", "2512.00101", "save")
    for path in ("/", "/library"):
        text = own.client.get(path).text
        assert text.index('<article class="card') < text.index("<aside"), path
