"""What arXiv says, read alike from every lane."""

from __future__ import annotations

import json

import pytest

from broadsheet.kit.paper import Paper, Person
from broadsheet.sources.files.json_source import JsonSource
from broadsheet.sources.providers.arxiv_api import read_answer as read_api
from broadsheet.sources.providers.arxiv_text import arxiv_people, arxiv_text, split_with_places
from broadsheet.sources.providers.feeds import FeedSource
from broadsheet.sources.providers.oai_xml import read_answer as read_oai
from tests.sources.invented import Invented, api_feed, atom_feed, oai_page, oai_record
from tests.sources.reading import papers, read

PAPER = Invented(
    "2603.00001", r"On Schr\"odinger, Erd\H{o}s and $x~y$", r"We use Poincar\'e maps of ~10 km; see Sec.~2.",
    authors=((r"Andr\'e", "Other"), ("", "River Collaboration")),
)  # fmt: skip


def by_every_lane() -> list[Paper]:
    day = PAPER.datestamp
    oai = read_oai(oai_page(f"<ListRecords>{oai_record(PAPER)}</ListRecords>", day).encode(), "x").items
    api = read_api(api_feed([PAPER], 1).encode()).items
    snapshot = {
        "id": PAPER.key, "title": PAPER.title, "abstract": PAPER.abstract, "categories": "cs.IR",
        "update_date": str(day),
        "versions": [], "authors_parsed": [[family, given, ""] for given, family in PAPER.authors],
    }  # fmt: skip
    feed = read(FeedSource(), atom_feed("cs.IR", [PAPER], day), "x.atom")
    return papers([*oai, *api, *feed, *read(JsonSource(), json.dumps(snapshot), "x.jsonl")])


def test_every_lane_says_the_same() -> None:  # C01
    told = by_every_lane()
    assert len(told) == 4
    assert {paper.title for paper in told} == {"On Schrödinger, Erdős and $x~y$"}
    assert {paper.abstract for paper in told} == {"We use Poincaré maps of ~10 km; see Sec. 2."}
    assert {tuple((one.name, one.is_group) for one in paper.authors) for paper in told} == {
        (("André Other", False), ("River Collaboration", True))
    }


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("about ~10 km (~5 miles) in Fig.~1", "about ~10 km (~5 miles) in Fig. 1"),
        (r"G\"odel took ~10 days", "Gödel took ~10 days"),
        ("sets {0,1} stay", "sets {0,1} stay"),
        ("x<y  and\n z>w", "x<y and z>w"),
    ],
)
def test_signs_that_are_no_tex_stay(text: str, read_as: str) -> None:
    assert arxiv_text(text) == read_as


@pytest.mark.parametrize(  # B02
    ("name", "told"),
    [
        ("The LIGO Scientific Collaboration", ["*The LIGO Scientific Collaboration"]),
        ("Ann Other for the River Collaboration", ["Ann Other", "*River Collaboration"]),
        ("Ann Other (on behalf of the River Collaboration)", ["Ann Other", "*River Collaboration"]),
        ("(for the River Collaboration)", ["*River Collaboration"]),
        ("the LIGO Scientific Collaboration", ["*the LIGO Scientific Collaboration"]),
        ("River Collaboration: Ann Other", ["*River Collaboration", "Ann Other"]),
        ("River Collaboration :", ["*River Collaboration"]),
        (":", []),
        ("et al.", []),
        ("Ann Other", ["Ann Other"]),
    ],
)
def test_collaborations_are_told_from_people(name: str, told: list[str]) -> None:
    people = arxiv_people([Person(name)])
    assert [f"{'*' if one.is_group else ''}{one.name}" for one in people] == told


def test_places_in_parentheses_belong_to_the_name_before() -> None:
    people = split_with_places("Ann Other (1), Bob Stone (Uni of X, Y), Cy Lake and Di Brook (Uni (Z))")
    assert [(one.name, one.affiliations) for one in people] == [
        ("Ann Other", ()),
        ("Bob Stone", ("Uni of X, Y",)),
        ("Cy Lake", ()),
        ("Di Brook", ("Uni (Z)",)),
    ]
