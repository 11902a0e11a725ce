"""Alerts: what they find, how much they would bring, and that a paper is found once whatever happens."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import broadsheet
from broadsheet.catalogue.community.alerts import AlertTable, NewHit
from broadsheet.community import Community
from broadsheet.community.scheduler import Scheduler
from broadsheet.community.searches import SearchTerms
from broadsheet.kit.errors import LibraryError, UsageError
from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from tests.community.mailing import Clock, paper


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve papers of the last weeks: two each on six subjects, all by Bo Sample and another; a saved search."""
    folder, clock = tmp_path_factory.mktemp("stocked") / "library", Clock()
    with broadsheet.open(folder, clock=clock) as library:
        library.add(*(paper(n, clock().date() - timedelta(days=7 * n)) for n in range(12)))
        Community(library).searches.save("me", "kelp", SearchTerms("kelp"))
    return folder


@pytest.fixture
def community(stocked: Path, tmp_path: Path, clock: Clock) -> Iterator[Community]:
    shutil.copytree(stocked, tmp_path / "library")
    with broadsheet.open(tmp_path / "library", clock=clock) as library:
        yield Community(library)
        assert library.catalogue.check() == []


def add(community: Community, *numbers: int) -> list[int]:
    """Add papers of today; their numbers."""
    return list(community.library.add(*(paper(n, community.library.now().date()) for n in numbers)).paper_ids)


def found(community: Community, name: str, reader: str = "me") -> list[int]:
    """The papers that an alert found, the last first."""
    return [hit.paper_id for hit in community.alerts.hits(reader, name)]


def citing(n: int, **extra: object) -> Record:
    return Record(Paper(f"A paper that cites, {n}", extra=extra), "invented", f"citing-{n}", "invented")


def test_an_alert_finds_what_comes_from_now_on_and_each_paper_once(community: Community) -> None:
    alert = community.alerts.make("me", "search", "kelp")
    assert (alert.name, alert.kind, alert.mail, alert.found) == ("kelp", "search", "digest", 0)
    kelp, _ = add(community, 18, 19)
    assert str(community.alerts.run()) == "1 paper found"
    add(community, 18)  # the same record again
    assert community.alerts.run().papers == 0
    assert found(community, "kelp") == [kelp]
    assert (community.alerts.unseen("me"), community.alerts.get("me", "kelp").unseen) == (1, 1)
    community.alerts.look("me", "kelp")
    assert community.alerts.unseen("me") == 0
    assert [hit.is_new for hit in community.alerts.hits("me", "kelp")] == [False]


def test_authors_and_organisations_are_followed(community: Community) -> None:
    known = Record(Paper("Known", authors=(Person("Di Deep", affiliations=("Kelp Institute",)),)), "invented", "d", "i")
    community.library.add(known)
    community.alerts.make("me", "author", "Di Deep", "Di")
    community.alerts.make("me", "organisation", "Kelp Institute", mail="no")
    people = (Person("Di Deep"), Person("Ed Else", affiliations=("Kelp Institute",)))
    by_both = [Record(Paper(f"By {one.name}", authors=(one,)), "invented", one.name, "i") for one in people]
    first, second = community.library.add(*by_both).paper_ids
    assert community.alerts.run().papers == 2
    assert (found(community, "Di"), found(community, "Kelp Institute")) == ([first], [second])


def test_papers_that_cite_ones_own_are_found_where_a_record_lists_references(community: Community) -> None:
    mine = Paper("Mine", ids=Identifiers(doi="10.5555/mine", openalex="w123456"), authors=(Person("Me Myself"),))
    (own,) = community.library.add(Record(mine, "invented", "mine", "i")).paper_ids
    community.library.act("me", own, "save")
    alert = community.alerts.make("me", "cites", "shelf:saved")
    assert (alert.name, community.alerts.citing_known()[0]) == ("citing Saved", 0)
    records = [
        citing(1, reference=[{"DOI": "10.5555/MINE", "key": "r1"}]),
        citing(2, referenced_works=["https://openalex.org/W123456"]),
        citing(3, references=["Somebody: Another thing. doi:10.5555/other"]),
        citing(4),
    ]
    ids = community.library.add(*records).paper_ids
    assert community.alerts.run().papers == 2
    assert found(community, alert.name) == [ids[1], ids[0]]
    assert {hit.cited_paper for hit in community.alerts.hits("me", alert.name)} == {own}
    later = citing(4, references=["https://doi.org/10.5555/mine"])  # another look at its record lists them
    community.library.add(later)
    assert community.alerts.run().papers == 1
    assert community.alerts.citing_known()[0] == 4


def test_whose_papers_are_cited_must_be_said(community: Community) -> None:
    with pytest.raises(UsageError, match="author:NAME, collection:NAME or shelf:saved"):
        community.alerts.make("me", "cites", "")
    with pytest.raises(UsageError, match="names no papers"):
        community.alerts.make("me", "cites", "edition:2026-06")


def test_a_threshold_says_how_much_it_brings_and_holds(community: Community) -> None:
    community.alerts.make("me", "author", "Bo Sample", "all")
    community.alerts.make("me", "author", "Bo Sample", "near", near=750)
    community.library.act("me", 1, "save")  # on kelp
    rates = community.alerts.rates("me", "author", "Bo Sample")
    assert (rates[0].near, rates[0].papers, rates[0].words) == (0, 12, "about 1 a week")
    assert [rate.papers for rate in rates] == sorted((rate.papers for rate in rates), reverse=True)
    assert 0 < rates[2].papers < 5
    near, _ = add(community, 18, 19)
    community.alerts.run()
    assert (len(found(community, "all")), found(community, "near")) == (2, [near])
    community.alerts.change("me", "near", near=0)
    rate = community.alerts.rate(community.alerts.get("me", "near"))
    assert rate is not None
    assert rate.papers == 14


def test_where_nothing_says_what_is_near_every_paper_passes(community: Community) -> None:
    community.alerts.make("me", "author", "Bo Sample", near=990)
    add(community, 19)
    assert community.alerts.run().papers == 1


@pytest.mark.parametrize("batch", [1, 100])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_that_is_killed_is_made_up_for_once(
    community: Community, monkeypatch: pytest.MonkeyPatch, moment: str, batch: int
) -> None:
    for name in ("one", "two", "three"):
        community.alerts.make("me", "author", "Bo Sample", name)
    add(community, 20, 21)
    record, calls = AlertTable.record_all, []

    def dies(self: AlertTable, looks: Sequence[Any]) -> list[bool]:
        calls.append(looks)
        is_last = len(calls) == (2 if batch == 1 else 1)
        stored = record(self, looks) if moment == "after" or not is_last else []
        if is_last:
            raise KeyboardInterrupt
        return stored

    monkeypatch.setattr("broadsheet.community.alerts.alerts._BATCH", batch)
    with monkeypatch.context() as patch:
        patch.setattr(AlertTable, "record_all", dies)
        with pytest.raises(KeyboardInterrupt):
            community.alerts.run()
    left = {("before", 1): 4, ("after", 1): 2, ("before", 100): 6, ("after", 100): 0}
    assert community.alerts.run().papers == left[moment, batch]
    assert [len(found(community, name)) for name in ("one", "two", "three")] == [2, 2, 2]
    assert community.alerts.run().papers == 0


def test_of_two_processes_that_run_at_once_one_stores(community: Community) -> None:
    alert = community.alerts.make("me", "author", "Bo Sample")
    add(community, 20)
    table = community.library.catalogue.community.alerts
    before = table.get(alert.id)
    assert before is not None
    assert community.alerts.run().papers == 1
    assert not table.record(before, before.after_seq + 100, [])
    assert community.alerts.get("me", alert.id).after_seq == community.library.catalogue.changes.last_seq()


def test_an_alert_whose_target_is_gone_waits_and_misses_nothing(community: Community) -> None:
    community.alerts.make("me", "search", "kelp")
    community.alerts.make("me", "author", "Bo Sample", "Bo")
    deletion = community.searches.delete("me", "kelp")
    (kelp,) = add(community, 18)
    done = community.alerts.run()
    assert done.papers == 1
    assert done.troubles[0].startswith("kelp: its saved search was deleted")
    assert "deleted" in community.alerts.get("me", "kelp").trouble
    assert community.alerts.rate(community.alerts.get("me", "kelp")) is None
    community.library.restore(deletion)
    assert community.alerts.run().papers == 1
    assert (found(community, "kelp"), community.alerts.get("me", "kelp").trouble) == ([kelp], "")


def test_a_search_that_cannot_be_read_any_more_stops_no_other(community: Community) -> None:
    searches = community.library.catalogue.readers.searches
    searches.add(1, "broken", {"q": 7, "within": 3}, 0)
    community.library.create_collection("me", "short")
    community.searches.save("me", "among", SearchTerms("kelp", among="collection:short"))
    for name in ("broken", "among"):
        table = community.library.catalogue.community.alerts
        saved = next(one for one in searches.all(1) if one.name == name)
        table.add(1, first_paper=12, after_seq=12, kind="search", target=str(saved.id), name=name, mail="no")
    community.alerts.make("me", "author", "Bo Sample", "Bo", mail="no")
    community.library.delete_collection("me", "short")
    add(community, 18)
    done = community.alerts.run()
    assert (done.papers, sorted(line.partition(":")[0] for line in done.troubles)) == (1, ["among", "broken"])


def test_what_comes_during_a_pause_is_passed_over(community: Community) -> None:
    community.alerts.make("me", "author", "Bo Sample", "Bo")
    assert community.alerts.pause("me", "Bo").paused_at is not None
    add(community, 18)
    assert community.alerts.run().papers == 0
    assert community.alerts.pause("me", "Bo", paused=False).paused_at is None
    (after,) = add(community, 19)
    assert community.alerts.run().papers == 1
    assert found(community, "Bo") == [after]


def test_a_paper_that_is_deleted_and_comes_back_or_is_joined_is_no_news(community: Community) -> None:
    community.alerts.make("me", "author", "Bo Sample", "Bo")
    (new,) = add(community, 18)
    community.alerts.run()
    for number in (new, 1):  # one that it found, and one from before it was made
        community.library.restore(community.library.delete(number))
    assert community.alerts.run().papers == 0
    assert len(found(community, "Bo")) == 1


def test_ten_thousand_hits_are_stored_and_counted(community: Community) -> None:
    alert = community.alerts.make("me", "author", "Bo Sample", "Bo")
    table = community.library.catalogue.community.alerts
    assert table.record(alert, alert.after_seq + 1, [NewHit(number) for number in range(1000, 11_000)])
    assert community.alerts.unseen("me") == 10_000
    assert len(community.alerts.hits("me", "Bo", 50)) == 50
    community.alerts.delete("me", "Bo")
    assert community.alerts.unseen("me") == 0


def test_what_cannot_be_an_alert_is_refused(community: Community) -> None:
    make = community.alerts.make
    make("me", "author", "Bo Sample", "Bo")
    for wrong in (("venue", "x"), ("search", "kelpp"), ("author", "Nobody Here"), ("organisation", "Nowhere")):
        with pytest.raises(UsageError):
            make("me", *wrong)
    for values in ({"near": 1000}, {"near": -1}, {"mail": "hourly"}, {"hook_url": "ftp://x.org/"}):
        with pytest.raises(UsageError):
            make("me", "author", "Bo Sample", "other", **values)
    with pytest.raises(UsageError, match="already"):
        make("me", "author", "Ada Writer1", "Bo")
    with pytest.raises(UsageError, match="there is Bo"):
        community.alerts.get("me", "Bob")
    assert [one.name for one in community.alerts.all("me")] == ["Bo"]


def test_one_reader_sees_nothing_of_anothers_alerts(community: Community) -> None:
    community.library.create_reader("other")
    alert = community.alerts.make("me", "author", "Bo Sample", "Bo")
    with pytest.raises(UsageError):
        community.alerts.get("other", alert.id)
    with pytest.raises(UsageError):
        community.alerts.make("other", "search", "kelp")
    add(community, 18)
    community.alerts.run()
    assert (community.alerts.unseen("other"), community.alerts.unseen("me")) == (0, 1)
    community.library.forget_history("me")
    assert community.alerts.all("me") == []


def test_a_full_disk_loses_nothing(community: Community, monkeypatch: pytest.MonkeyPatch) -> None:
    community.alerts.make("me", "author", "Bo Sample", "Bo")
    add(community, 18)

    def full(*_: object) -> list[bool]:
        raise LibraryError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(AlertTable, "record_all", full)
        assert "alerts failed: the disk is full" in Scheduler(community, sync_hours=0).run()
    assert "alerts: 1 paper found" in Scheduler(community, sync_hours=0).run()


def test_rates_of_a_young_library_are_counted_on_its_own_days(tmp_path: Path, clock: Clock) -> None:
    with broadsheet.open(tmp_path, clock=clock) as library:
        library.add(*(replace(paper(n, clock().date()), source_id=f"y{n}") for n in range(7)))
        rates = Community(library).alerts.rates("me", "author", "Bo Sample", (0,))
    assert rates[0].words == "about 7 a week"
