"""The page of a paper about which everything is known: each thing that it promises is on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from broadsheet.kit.paper import Identifiers, Paper, Person, Reception, Record
from tests.web.markup import Page
from tests.web.members import Town, post, town
from tests.web.test_submitting import png, send

RECEPTION = Reception(
    "elsewhere.example",
    counts=(("elsewhere.example", "stars", 1240),),
    links=(
        ("code", "https://github.com/invented/tides"),
        ("project", "https://tides.example/"),
        ("model", "https://hub.example/invented/tides-base"),
        ("dataset", "https://hub.example/invented/tides-data"),
    ),
)
PAPER = Paper(
    "Tides of $x$ & <moons>",
    'We measure "tides" with $x < y$.',
    authors=(Person("Bo Other", affiliations=("Tidal University",)), Person("Cy Third")),
    ids=Identifiers(arxiv="2606.04242"),
    submitted=date(2026, 6, 29),
    categories=("cs.IR",),
)


@dataclass(frozen=True)
class Full:
    """The page as a visitor has it."""

    town: Town
    number: int
    text: str

    @property
    def path(self) -> str:
        return f"/paper/{self.number}"


@pytest.fixture(scope="module")
def full(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Full]:
    """A paper in two versions that was submitted with a picture, voted for, discussed and tagged."""
    with town(stocked, tmp_path_factory.mktemp("full") / "library") as running:
        running.library.add(Record(PAPER, "arxiv", "2606.04242", reception=RECEPTION))
        revised = replace(PAPER, abstract=PAPER.abstract + " Again.", version=2)
        running.library.add(Record(revised, "arxiv", "2606.04242", reception=RECEPTION))
        number = running.library.resolve("2606.04242")
        rita, otto = running.as_("rita"), running.as_("otto")
        send(rita, f"/submit/{number}", {"reason": "Read it"}, picture=("x.png", png(), "image/png"))
        for client, shown in ((rita, "yes"), (otto, "no")):
            post(client, f"/papers/{number}/vote", vote="cast")
            post(client, "/votes/name", shown=shown)
        post(otto, f"/papers/{number}/comments", text="What of *neap* tides?")
        post(otto, f"/papers/{number}/tags", name="moons")
        yield Full(running, number, running.as_("").get(f"/paper/{number}").text)


def test_it_is_sound_and_light(full: Full) -> None:
    assert Page(full.text).faults == []
    assert len(full.text.encode()) < 150_000


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(r">2</\w+> votes|>2 votes|2(?:</\w+>)? votes", id="votes"),
        pytest.param(r'Votes from <a href="/members/rita">rita</a></p>', id="voters who agreed"),
        pytest.param(r'Submitted by <a href="/members/rita">rita</a>', id="submitter"),
        pytest.param(r"Read it</p>", id="reason"),
        pytest.param(r'<img class="submitted" src="/pictures/1"', id="picture"),
        pytest.param(r'id="comments">Comments \(1\)', id="comments"),
        pytest.param(r"What of <em>neap</em> tides\?", id="comment"),
        pytest.param(r'<a href="/organisations/tidal-university">Tidal University</a>', id="organisation"),
        pytest.param(r'Code: <a href="https://github.com/invented/tides"[^>]*>[^<]+</a> <small>1,240 stars', id="code"),
        pytest.param(r'Project: <a href="https://tides.example/"', id="project"),
        pytest.param(r'Model: <a href="https://hub.example/invented/tides-base"', id="model"),
        pytest.param(r'Dataset: <a href="https://hub.example/invented/tides-data"', id="dataset"),
        pytest.param(r"<summary>Version 1, until [^<]+ changed", id="versions"),
        pytest.param(r'id="near">Near it</h2>[\s\S]*?<li><a href="/paper/\d+">', id="similar"),
        pytest.param(r'<a href="/tags/moons">moons</a>', id="tag"),
        pytest.param(r'<a href="/authors/bo-other"', id="author"),
        pytest.param(r'<link rel="alternate" type="text/markdown"[^>]* href="/papers/\d+\.md">', id="markdown"),
    ],
)
def test_what_is_on_it(full: Full, pattern: str) -> None:
    assert re.search(pattern, full.text), pattern


@pytest.mark.parametrize(
    ("form", "kind", "begins"),
    [
        ("bibtex", "application/x-bibtex", "@"),
        ("ris", "application/x-research-info-systems", "TY  - "),
        ("csl", "application/vnd.citationstyles.csl+json", "["),
    ],
)
def test_it_is_cited_in_each_form(full: Full, form: str, kind: str, begins: str) -> None:
    assert f'<a href="{full.path}/export/{form}" download>' in full.text
    answer = full.town.as_("").get(f"{full.path}/export/{form}")
    assert answer.headers["content-type"].startswith(kind)
    assert answer.text.startswith(begins)


def test_it_is_markdown_for_programs(full: Full) -> None:
    found = re.search(r'type="text/markdown"[^>]* href="([^"]+)"', full.text)
    assert found
    answer = full.town.as_("").get(found[1])
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.text.startswith("# Tides of $x$")


def test_others_preview_it(full: Full) -> None:
    page, base = Page(full.text), full.town.url
    shown = {a["property"]: a["content"] for a in page.all("meta") if a.get("property", "").startswith("og:")}
    assert shown == {
        "og:type": "article",
        "og:site_name": full.town.library.settings.server.title,
        "og:url": base + full.path,
        "og:title": "Tides of $x$ & <moons>",
        "og:description": 'We measure "tides" with $x < y$. Again.',
        "og:image": f"{base}/pictures/1",
    }
    assert page.meta("twitter:card") == ["summary_large_image"]
    assert page.meta("description") == [shown["og:description"]]
    assert page.all("link", rel="canonical")[0]["href"] == base + full.path
    assert full.town.as_("").get(shown["og:image"]).status_code == 200


def test_a_bare_paper_has_a_preview_without_a_picture(full: Full) -> None:
    page = Page(full.town.as_("").get("/paper/3").text)
    names = [a["property"] for a in page.all("meta") if a.get("property", "").startswith("og:")]
    assert "og:image" not in names
    assert page.meta("twitter:card") == ["summary"]
