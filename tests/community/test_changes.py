"""Changed since you read it: what counts as a change, who sees it, and until when."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import broadsheet
from broadsheet.catalogue import Event
from broadsheet.community import Community
from broadsheet.community.alerts.changes import changed, words_of
from broadsheet.community.scheduler import Scheduler
from broadsheet.kit.paper import Identifiers, Paper, Person, Reception, Record
from tests.community.mailing import Clock, mailing, member, paper, text_of
from tests.community.relay import Sink, relay

FIRST = Paper(
    "A study of kelp",
    "We measure kelp for one year.",
    (Person("Ada Example"), Person("Bo Sample")),
    Identifiers(arxiv="2601.00001"),
    version=1,
    kind="preprint",
)
SECOND = replace(
    FIRST, abstract="We measure kelp and coral for two years.", authors=(*FIRST.authors, Person("Cy New")), version=2
)


def record(paper: Paper, number: int = 0) -> Record:
    return Record(paper, "arxiv", paper.ids.arxiv, f"invented:{number}")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def community(tmp_path: Path, clock: Clock) -> Iterator[Community]:
    with broadsheet.open(tmp_path, clock=clock) as library:
        library.add(record(FIRST))
        yield Community(library)
        assert library.catalogue.check() == []


def update(community: Community, clock: Clock, paper: Paper, **reception: object) -> None:
    """A later record of a paper, an hour later."""
    clock.now += timedelta(hours=1)
    one = record(paper)
    community.library.add(replace(one, reception=Reception("code.org", **reception)) if reception else one)  # type: ignore[arg-type]


def keep(community: Community, clock: Clock, action: str = "save", reader: str = "me") -> None:
    clock.now += timedelta(hours=1)
    community.library.act(reader, 1, action)


def lines(community: Community, reader: str = "me") -> list[str]:
    return [one.line for one in community.changes.read(community.changes.unseen(reader))]


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (FIRST, SECOND, ("text",)),
        (FIRST, replace(FIRST, title="A  study of\nkelp"), ()),
        (FIRST, replace(FIRST, version=2), ("text",)),
        (FIRST, replace(FIRST, citations=7, comments="9 pages"), ()),
        (FIRST, replace(FIRST, venue="Journal of Kelp", kind="article"), ("venue",)),
        (FIRST, replace(FIRST, venue="arXiv"), ()),
        (replace(FIRST, venue="Journal of Kelp", kind="article"), replace(FIRST, venue="J. Kelp", kind="article"), ()),
        (FIRST, replace(FIRST, is_retracted=True), ("standing",)),
        (FIRST, replace(FIRST, comments="withdrawn by the authors"), ("standing",)),
        (replace(FIRST, is_retracted=True), replace(FIRST, is_retracted=True, citations=3), ()),
        (FIRST, replace(FIRST, comments="Code: https://github.com/kelp/kelp"), ("code",)),
        (replace(FIRST, abstract=""), FIRST, ()),
        (FIRST, replace(SECOND, is_retracted=True, venue="J", kind="article"), ("standing", "text", "venue")),
    ],
)
def test_what_is_a_change_and_what_is_none(before: Paper, after: Paper, what: tuple[str, ...]) -> None:
    assert changed(before, after) == what
    assert words_of(("venue", "standing")) == "Retracted or withdrawn, Published"


def test_a_saved_paper_that_changes_is_told_with_its_difference_until_it_is_seen(
    community: Community, clock: Clock
) -> None:
    keep(community, clock)
    assert community.changes.of_paper("me", 1) is None
    update(community, clock, SECOND)
    one = community.changes.of_paper("me", 1)
    assert one is not None
    assert one.line == "New version 2"
    assert {part.label: part.text for part in one.differences} == {
        "Authors": "Ada Example, Bo Sample, {+Cy New+}",
        "Abstract": "We measure kelp {+and coral+} for [-one year.-] {+two years.+}",
    }
    assert community.changes.see("me") == 1
    assert lines(community) == []
    update(community, clock, replace(SECOND, venue="Journal of Kelp", kind="article"))
    assert lines(community) == ["Venue: Journal of Kelp"]


def test_a_change_from_before_it_was_saved_is_none(community: Community, clock: Clock) -> None:
    update(community, clock, SECOND)
    keep(community, clock)
    assert lines(community) == []


def test_an_opened_paper_is_read_again_by_opening_it(community: Community, clock: Clock) -> None:
    keep(community, clock, "open")
    update(community, clock, SECOND)
    assert lines(community) == ["New version 2"]
    keep(community, clock, "open")
    assert lines(community) == []


def test_a_change_and_its_undoing_are_no_news(community: Community, clock: Clock) -> None:
    keep(community, clock)
    update(community, clock, replace(FIRST, abstract="Something else.", version=1))
    update(community, clock, FIRST)
    assert (len(community.changes.unseen("me")), lines(community)) == (1, [])


def test_code_that_another_place_links_and_a_retraction(community: Community, clock: Clock) -> None:
    keep(community, clock)
    update(community, clock, FIRST, links=(("code", "https://github.com/kelp/kelp"), ("project", "https://kelp.org")))
    assert lines(community) == ["Code: https://github.com/kelp/kelp"]
    update(community, clock, replace(SECOND, comments="This paper has been withdrawn by the authors"))
    assert lines(community) == ["Withdrawn; New version 2; Code: https://github.com/kelp/kelp"]
    community.changes.see("me", [1])
    update(community, clock, SECOND, links=(("code", "https://gitlab.com/kelp/kelp"),))
    assert lines(community) == []  # it had code


def test_two_readers_see_their_own(community: Community, clock: Clock) -> None:
    community.library.create_reader("other")
    keep(community, clock)
    update(community, clock, SECOND)
    keep(community, clock, reader="other")
    assert (lines(community), lines(community, "other")) == (["New version 2"], [])
    assert community.changes.of_paper("", 1) is None
    community.changes.see("other")
    assert lines(community) == ["New version 2"]


def test_a_deleted_paper_comes_back_with_its_change(community: Community, clock: Clock) -> None:
    keep(community, clock)
    update(community, clock, SECOND)
    assert lines(community) == ["New version 2"]
    deletion = community.library.delete(1)
    assert lines(community) == []
    community.library.restore(deletion)
    assert lines(community) == ["New version 2"]


def test_a_clock_that_was_wrong_brings_nothing_back(community: Community, clock: Clock) -> None:
    keep(community, clock)
    update(community, clock, SECOND)
    clock.now -= timedelta(days=30)
    assert community.changes.see("me") == 1
    assert lines(community) == []


def test_twenty_thousand_saves_cost_one_join(tmp_path: Path, clock: Clock) -> None:
    with broadsheet.open(tmp_path, clock=clock) as library:
        records = [
            Record(replace(FIRST, title=f"Kelp {n}", ids=Identifiers(arxiv=f"2601.{n:05d}")), "arxiv", f"k{n}", "i")
            for n in range(4000)
        ]
        library.catalogue.papers.add(records)
        reader = library.catalogue.readers.get("me", create=True).id
        clock.now += timedelta(hours=1)
        library.catalogue.readers.log(reader, [Event("save", number) for number in range(1, 4001)])
        clock.now += timedelta(hours=1)
        later = [replace(one, paper=replace(one.paper, citations=n)) for n, one in enumerate(records)]
        later[7] = replace(later[7], paper=replace(SECOND, title="Kelp 7", ids=records[7].paper.ids))
        library.catalogue.papers.add(later)
        changes = Community(library).changes
        changes.update()
        started = time.perf_counter()
        unseen = changes.unseen("me")
        spent = time.perf_counter() - started
        assert [one.paper_id for one in unseen] == [8]
        assert spent < 0.2  # a join of 4,000 rows: milliseconds


def test_the_digest_tells_of_each_change_once(tmp_path: Path, clock: Clock) -> None:
    with relay() as sink, mailing(tmp_path, sink, clock, "own_papers = 0") as community:
        community.library.add(record(FIRST))
        member(community, "dora")
        keep(community, clock, reader="dora")
        update(community, clock, SECOND)
        for _ in range(3):
            clock.tomorrow(hour=7)
            Scheduler(community, sync_hours=0).run()
            community.mail.deliver()
        (mail,) = sink.to("dora@example.org")
        text = " ".join(text_of(mail).split())
        assert "Changed since you read it https://papers.example.org/library?shelf=changed" in text
        assert "Authors: Ada Example, Bo Sample, {+Cy New+} Abstract: We measure kelp {+and coral+} for" in text
        assert "New version 2" in text
        update(community, clock, replace(SECOND, is_retracted=True))
        clock.tomorrow(hour=7)
        Scheduler(community, sync_hours=0).run()
        community.mail.deliver()
        assert len(sink.mails) == 2
        assert "Retracted" in text_of(sink.mails[1][1])


def test_a_mail_of_changes_that_does_not_arrive_is_made_up_for(tmp_path: Path, clock: Clock) -> None:
    with mailing(tmp_path, Sink(port=1), clock, "own_papers = 0") as community:
        community.library.add(record(FIRST), paper(2, clock().date()))
        number = member(community, "dora")
        keep(community, clock, reader="dora")
        update(community, clock, SECOND)
        clock.tomorrow(hour=7)
        Scheduler(community, sync_hours=0).run()
        table = community.library.catalogue.community.paper_changes
        assert [one.is_mailed for one in table.unseen(number)] == [True]
        clock.tomorrow(hour=6, days=10)
        community.mail.deliver()  # it is too old to be sent
        assert [one.is_mailed for one in table.unseen(number)] == [False]
