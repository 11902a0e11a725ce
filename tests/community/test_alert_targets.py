"""What alerts look for: authors, organisations and searches by any name, one's own papers, and what is near."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import broadsheet
from broadsheet.community import Community
from broadsheet.community.alerts.alerts import Rate
from broadsheet.community.alerts.closeness import Closeness, Nearness
from broadsheet.community.searches import SearchTerms
from broadsheet.kit.errors import UsageError
from broadsheet.kit.paper import Paper, Person, Record
from tests.community.mailing import Clock, paper


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, clock = tmp_path_factory.mktemp("stocked") / "library", Clock()
    with broadsheet.open(folder, clock=clock) as library:
        library.add(*(paper(n, clock().date() - timedelta(days=n)) for n in range(24)))
        people = (Person("Di Deep", affiliations=("Kelp Institute",)),)
        library.add(Record(Paper("Known", authors=people), "invented", "known"))
        library.act("me", 1, "save")
        library.collect("me", "Mine", 2)
    return folder


@pytest.fixture
def community(stocked: Path, tmp_path: Path) -> Iterator[Community]:
    shutil.copytree(stocked, tmp_path / "library")
    with broadsheet.open(tmp_path / "library", clock=Clock()) as library:
        yield Community(library)


@pytest.mark.parametrize(
    ("kind", "text", "label"),
    [
        ("author", "Di Deep", "Di Deep"),
        ("author", "di-deep", "Di Deep"),
        ("organisation", "kelp institute", "Kelp Institute"),
        ("cites", "author:di-deep", "citing Di Deep"),
        ("cites", "collection:Mine", "citing Mine"),
        ("cites", "shelf:saved", "citing Saved"),
    ],
)
def test_a_target_is_named_in_any_form(community: Community, kind: str, text: str, label: str) -> None:
    assert community.alerts.label("me", kind, text) == label
    target = community.alerts.targets.named("me", kind, text)
    assert community.alerts.targets.named("me", kind, target.key) == target  # as it is stored


@pytest.mark.parametrize(
    ("kind", "text"),
    [("author", ""), ("organisation", "nowhere"), ("search", "1"), ("cites", "shelf:none"), ("cites", "x" * 5000)],
)
def test_what_names_nothing_is_refused_with_a_reason(community: Community, kind: str, text: str) -> None:
    with pytest.raises(UsageError):
        community.alerts.label("me", kind, text)


@pytest.mark.parametrize(("kind", "target"), [("author", "Di Deep"), ("organisation", "Kelp Institute")])
def test_an_author_or_organisation_whose_papers_are_deleted_is_waited_for(
    community: Community, kind: str, target: str
) -> None:
    community.alerts.make("me", kind, target, mail="no")
    deletion = community.library.delete(25)
    community.library.add(Record(Paper("By another", authors=(Person("Ed Else"),)), "invented", "e"))
    assert community.alerts.run().papers == 0
    assert community.alerts.rate(community.alerts.all("me")[0]) in (None, Rate(0, 0, 0.0))
    community.library.restore(deletion)
    them = Person("Di Deep", affiliations=("Kelp Institute",))
    community.library.add(Record(Paper("By them", authors=(them,)), "invented", "f"))
    assert community.alerts.run().papers == 1


def test_a_search_is_near_its_words_and_others_are_near_what_was_saved(community: Community) -> None:
    community.searches.save("me", "kelp", SearchTerms("kelp forests"))
    target = community.alerts.targets.named("me", "search", "kelp")
    snapshot = community.library.snapshot()
    nearness = Nearness(community.library)
    reader = community.library.reader("me").id
    to_words = nearness.of(snapshot, reader, target.text, [1, 2, 7, 8])
    to_saves = nearness.of(snapshot, reader, "", [1, 2, 7, 8])
    for near in (to_words, to_saves):  # papers 1 and 7 are on kelp, as is what was saved
        assert min(near[1], near[7]) > max(near[2], near[8])
    community.library.act("me", 1, "unsave")
    assert nearness.of(snapshot, reader, "", [1, 2]) == {}
    community.library.act("me", 2, "save")
    again = nearness.of(snapshot, reader, "", [1, 2])
    assert again[2] > again[1]


def test_nothing_says_what_is_near_without_words_or_saves(community: Community) -> None:
    snapshot = community.library.snapshot()
    assert Closeness.to_text(snapshot, "") is None
    assert Closeness.to_text(snapshot, "qqqq zzzz") is None
    assert Closeness.to_papers(snapshot, [999]) is None
    assert Nearness(community.library).of(snapshot, 99, "", [1]) == {}
    assert Nearness(community.library).of(snapshot, 99, "kelp", []) == {}


def test_shares_are_of_the_library_and_papers_not_there_are_left_out(community: Community) -> None:
    snapshot = community.library.snapshot()
    near = Closeness.to_papers(snapshot, [1])
    assert near is not None
    shares = near.shares(snapshot, [*range(1, 26), 999])
    assert sorted(shares) == list(range(1, 26))
    assert shares[1] == max(shares.values())
    assert all(0 <= share <= 1000 for share in shares.values())


@pytest.mark.parametrize(
    ("papers", "a_week", "words"),
    [
        (0, 0.0, "none in the last 90 days"),
        (900, 70.0, "about 70 a week"),
        (20_000, 1555.6, "about 1,556 a week"),
        (12, 0.93, "about 4 a month"),
        (4, 0.31, "about 1 a month"),
        (1, 0.08, "less than 1 a month"),
    ],
)
def test_rates_are_said_in_words(papers: int, a_week: float, words: str) -> None:
    assert Rate(0, papers, a_week).words == words


def test_rates_are_counted_again_when_papers_come_or_a_save_changes_what_is_near(community: Community) -> None:
    before = community.alerts.rates("me", "author", "Bo Sample", (0,))[0].papers
    assert community.alerts.rates("me", "author", "Bo Sample", (0,))[0].papers == before == 24
    community.library.add(paper(30, Clock()().date()))
    assert community.alerts.rates("me", "author", "Bo Sample", (0,))[0].papers == 25


def test_papers_without_a_date_count_from_when_they_came(community: Community) -> None:
    assert community.alerts.rates("me", "author", "Di Deep", (0,))[0].papers == 1


def test_a_papers_own_number_or_its_restored_self_are_no_citation(community: Community) -> None:
    own = community.library.paper(1).paper.ids.arxiv
    community.alerts.make("me", "cites", "shelf:saved", "Cited", mail="no")
    source, name, _, first = community.library.records("1")[0]
    itself = Paper(first.title, first.abstract, first.authors, first.ids, extra={"references": [own]})
    community.library.add(Record(itself, source, name))
    assert community.alerts.run().papers == 0
