"""The daily mail: who gets which papers, once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import pytest

from broadsheet.community import Community
from broadsheet.community.scheduler import Scheduler
from broadsheet.kit.paper import Identifiers, Paper, Record
from tests.community.mailing import Clock, enter, links, mailing, member, paper, text_of
from tests.community.relay import Sink, relay

VOID = {"meta", "br", "img", "hr", "link"}


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with relay() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def community(tmp_path: Path, sink: Sink, clock: Clock) -> Iterator[Community]:
    sink.mails.clear()
    with mailing(tmp_path, sink, clock) as made:
        yield made
        assert made.library.catalogue.check() == []


def run(community: Community) -> list[str]:
    """Do all that is due and send it."""
    lines = Scheduler(community).run()
    community.mail.deliver()
    return lines


def titles(mail: EmailMessage) -> list[str]:
    """The titles in the text of a mail."""
    return re.findall(r"(?m)^\d+\. (.*)$", text_of(mail))


class Markup(HTMLParser):
    """Checks that tags nest, and gathers what a page would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.hrefs: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        values = dict(attrs)
        self.loads += [tag] if tag in {"img", "script", "link", "iframe", "video", "form"} or "src" in values else []
        self.hrefs += [values["href"] or ""] if "href" in values else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_mail_brings_the_closed_day_and_the_papers_of_its_reader(
    community: Community, sink: Sink, clock: Clock
) -> None:
    member(community, "dora")
    first = enter(community, 1, 2, 3)
    community.library.act("dora", first[0], "save")
    assert run(community) == []  # nothing has closed, and the next mail is tomorrow's
    clock.tomorrow()
    community.library.add(*(paper(n, clock.now.date()) for n in (7, 13, 19)))
    assert run(community) == ["closed: 2026-06-29", "mail: 1 queued"]
    ((to, mail),) = sink.mails
    assert to == "dora@example.org"
    assert mail["Subject"].startswith("Daily kelp, 29 June: ")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    ways = re.findall(r"<(.*?)>", mail["List-Unsubscribe"])
    assert [way.partition(":")[0] for way in ways] == ["https", "mailto"]
    assert len(titles(mail)) == 3 + 3
    assert set(titles(mail)[:3]) == {
        "Graph colouring in study number 1",
        "Cold fermentation in study number 2",
        "Token pruning in study number 3",
    }
    assert all("Graph colouring in study number" in title for title in titles(mail)[3:])
    text = text_of(mail)
    assert "> Near “Graph colouring in study number 1”, which you saved" in " ".join(text.split())
    assert max(len(line) for line in text.splitlines() if "https://" not in line) <= 72
    assert len(links(mail, "/mail/act/")) == 12


def test_both_parts_can_be_read_anywhere(community: Community, sink: Sink, clock: Clock) -> None:
    member(community, "dora")
    enter(community, 1, 2)
    clock.tomorrow()
    run(community)
    ((_, mail),) = sink.mails
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail.defects == [part.defects for part in mail.iter_parts() if part.defects]
    html = mail.get_body(("html",))
    assert html is not None
    page = Markup(html.get_content())
    assert page.loads == []
    assert all(href.startswith("https://papers.example.org/") for href in page.hrefs)
    content = html.get_content()
    assert "<b>no tags</b>" not in content
    assert "&lt;b&gt;no tags&lt;/b&gt; &amp; costs O(n2)" in content
    assert '<meta name="color-scheme" content="light dark">' in content
    assert "@media (prefers-color-scheme: dark)" in content
    assert "max-width:600px" in content
    assert "url(" not in content
    assert "@import" not in content


def test_nobody_gets_a_mail_or_a_paper_twice(community: Community, sink: Sink, clock: Clock) -> None:
    member(community, "dora")
    enter(community, 1, 2)
    clock.tomorrow()
    for _ in range(3):
        run(community)
    assert len(sink.mails) == 1
    enter(community, 3)
    clock.tomorrow()
    run(community)
    assert [titles(mail) for mail in sink.to("dora@example.org")][1] == ["Token pruning in study number 3"]


def test_nothing_new_sends_nothing_and_says_why(community: Community, sink: Sink, clock: Clock) -> None:
    member(community, "dora")
    run(community)  # from here on there are editions
    clock.tomorrow()
    lines = run(community)
    assert lines[1] == (
        "mail: 0 queued; nothing for 1: nothing new in the edition of 2026-06-29: "
        "Nobody submitted or picked a paper, and no source was asked for new ones."
    )
    assert sink.mails == []
    jobs = {job.name: job.outcome for job in community.mail.status().jobs}
    assert jobs["compose"].startswith("0 queued; nothing for 1: nothing new")
    assert run(community) == []


def test_missed_days_are_one_mail(community: Community, sink: Sink, clock: Clock) -> None:
    member(community, "dora")
    enter(community, 1)
    clock.tomorrow()
    enter(community, 2)
    clock.tomorrow(days=3, hour=9)
    run(community)
    enter(community, 3)
    run(community)
    assert len(sink.mails) <= 1
    clock.tomorrow(hour=6)
    run(community)
    assert titles(sink.mails[-1][1]) == ["Token pruning in study number 3"]


@pytest.mark.parametrize(
    ("frequency", "expected"),
    [
        ("daily", ["Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Mon"]),
        ("weekdays", ["Tue", "Wed", "Thu", "Fri", "Mon"]),
        ("weekly", ["Mon"]),
        ("never", []),
    ],
)
def test_mail_comes_as_often_as_it_was_asked_for(
    community: Community, sink: Sink, clock: Clock, frequency: str, expected: list[str]
) -> None:
    clock.now = clock.now.replace(hour=9)
    member(community, "dora", frequency, hour=8)
    for day in range(7):
        enter(community, day + 1)
        for hour in (7, 8):
            clock.tomorrow(hour, days=1 if hour == 7 else 0)
            run(community)
    mails = sink.to("dora@example.org")
    assert [f"{mail['Date'].datetime:%a}" for mail in mails] == expected
    assert all(mail["Date"].datetime.hour == 8 for mail in mails)
    # the days between two mails are not lost
    assert sum(len(titles(mail)) for mail in mails) == {"daily": 7, "weekdays": 7, "weekly": 7, "never": 0}[frequency]


def test_a_paper_that_was_joined_with_one_that_was_sent_is_not_sent(
    community: Community, sink: Sink, clock: Clock
) -> None:
    member(community, "dora")
    (first,) = enter(community, 1)
    clock.tomorrow()
    run(community)
    enter(community, 3)
    twin = Record(Paper("Another name of it", ids=Identifiers(doi="10.5555/twin")), "other", "t", "other:t")
    (second,) = community.library.add(twin).paper_ids
    community.editions.enter(second, "pick", "ada")
    clock.tomorrow()
    Scheduler(community).run()  # composed, not sent yet
    stored = community.library.paper(first).paper
    both = Identifiers(arxiv=stored.ids.arxiv, doi="10.5555/twin")
    community.library.add(Record(Paper(stored.title, authors=stored.authors, ids=both), "third", "x", "third:x"))
    assert community.library.resolve(second) == community.library.resolve(first)
    community.mail.deliver()
    assert titles(sink.mails[-1][1]) == ["Token pruning in study number 3"]


def test_whoever_leaves_before_it_is_sent_gets_nothing(community: Community, sink: Sink, clock: Clock) -> None:
    number = member(community, "dora")
    enter(community, 1)
    clock.tomorrow()
    Scheduler(community).run()
    community.mail.recipients.stop(f"reader {number}")
    assert dict(community.mail.deliver().counts) == {"skipped": 1}
    assert sink.mails == []


def test_papers_of_a_mail_that_never_arrived_come_with_the_next(community: Community, sink: Sink, clock: Clock) -> None:
    member(community, "dora", "weekly")
    member(community, "reject")
    enter(community, 1)
    clock.tomorrow()
    run(community)
    (dead,) = community.mail.queue.listed("dead")
    assert dead.recipient == "reader 2"
    assert community.mail.recipients.all_delivered("reader 2") == set()
    assert community.mail.resend([dead.id]) == 1
    assert len(community.mail.recipients.all_delivered("reader 2")) == 1


def test_what_a_mail_showed_is_an_impression(community: Community, sink: Sink, clock: Clock) -> None:
    number = member(community, "dora")
    (first,) = enter(community, 1)
    community.library.act("dora", first, "save")
    clock.tomorrow()
    community.library.add(paper(7, clock.now.date()))
    Scheduler(community).run()
    day = clock.now.date()
    assert community.library.catalogue.readers.shown_on(number, day) == []
    community.mail.deliver()
    shown = community.library.shown_on("dora", day)
    assert [stored.paper.title for stored in shown] == ["Graph colouring in study number 7"]


def test_the_hour_is_the_readers_own(community: Community, sink: Sink, clock: Clock) -> None:
    clock.now = clock.now.replace(hour=22, minute=30)
    member(community, "tokyo", hour=7, zone="Asia/Tokyo")
    member(community, "paris", hour=7, zone="Europe/Paris")
    enter(community, 1)
    sent = []
    start = clock.now.replace(hour=0, minute=0) + timedelta(days=1)
    for hour in range(24):
        clock.now = start + timedelta(hours=hour)
        run(community)
        sent += [(to.partition("@")[0], hour) for to, _ in sink.mails]
        sink.mails.clear()
    assert sent == [("paris", 5), ("tokyo", 22)]
    assert clock.now < datetime(2026, 7, 1, tzinfo=UTC)


def test_a_preview_sends_and_notes_nothing(community: Community, sink: Sink, clock: Clock) -> None:
    member(community, "dora")
    enter(community, 1)
    clock.tomorrow()
    community.editions.close_due(clock.now)
    (recipient,) = community.mail.recipients.due(clock.now, 10)
    letter = community.mail.digest().preview(recipient, clock.now)
    assert "Graph colouring in study number 1" in letter.text
    assert community.mail.queue.counts() == {}
    assert community.mail.recipients.all_delivered("reader 1") == set()


def test_after_days_away_the_mail_leads_to_the_best_of_them(community: Community, sink: Sink, clock: Clock) -> None:
    member(community, "dora")
    community.library.act("dora", enter(community, 1, 2)[0], "save")
    assert community.library.days_away("dora") == 0  # who never had a page was not away
    community.library.feed("dora")
    for days in (5, 3):
        clock.tomorrow(days=days)
        enter(community, 20 + days)
        clock.tomorrow()
        run(community)
    soon, late = (mail for _, mail in sink.mails[-2:])
    assert "days away" not in text_of(soon)
    assert "11 days away: the best of them" in text_of(late)
    assert links(late, "catch-up") == ["/catch-up?days=11"]
    html = late.get_body(("html",))
    assert html is not None and "/catch-up?days=11" in html.get_content()  # noqa: PT018
