"""How mails tell of alerts and changes: whole markup, nothing twice, nothing hostile; a preview sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from broadsheet.catalogue.community.mail_recipients import Recipient
from broadsheet.community import Community
from broadsheet.community.mail.shapes import SHAPES, Post, PostItem
from broadsheet.community.scheduler import Scheduler
from broadsheet.kit.paper import Paper, Person, Record
from tests.community.chat import Chat, chatting
from tests.community.mailing import Clock, mailing, member, paper, text_of
from tests.community.relay import Sink, relay
from tests.community.test_digest import Markup

HOSTILE = 'A <script>alert(1)</script> "title" & \u202eso\u2028on {{ 7 * 7 }}\n.\nBcc: x@example.org'


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
    with mailing(tmp_path, sink, clock, 'webhooks = "any"\nown_papers = 0') as made:
        made.library.add(paper(1, clock().date()))
        member(made, "dora")
        yield made
        assert made.library.catalogue.check() == []


def add(community: Community, *titles: str) -> list[int]:
    records = [Record(Paper(title, "Invented.", (Person("Bo Sample"),)), "invented", title) for title in titles]
    return list(community.library.add(*records).paper_ids)


def run(community: Community) -> None:
    Scheduler(community, sync_hours=0).run()
    community.mail.deliver()


def html_of(mail: EmailMessage) -> str:
    body = mail.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def test_what_strangers_wrote_stays_text_in_mail(community: Community, sink: Sink) -> None:
    community.alerts.make("dora", "author", "Bo Sample", HOSTILE[:90], mail="once")
    add(community, HOSTILE)
    run(community)
    (mail,) = sink.to("dora@example.org")
    assert mail["Bcc"] is None
    markup = Markup(html_of(mail))
    assert markup.loads == []
    assert "<script>" not in html_of(mail)
    assert "\u202e" not in mail.as_string()
    assert "49" not in text_of(mail).split("Invented")[0]
    assert all(href.startswith("https://papers.example.org/") for href in markup.hrefs)


def test_formulas_and_long_titles_are_readable_on_a_line(community: Community, sink: Sink) -> None:
    community.alerts.make("dora", "author", "Bo Sample", "Bo", mail="once")
    add(community, "On $O(n^2)$ " + "very " * 200 + "long")
    run(community)
    (mail,) = sink.to("dora@example.org")
    assert max(map(len, text_of(mail).splitlines())) < 300
    assert "…" in text_of(mail)


def test_many_alerts_are_one_mail_with_a_section_each(community: Community, sink: Sink) -> None:
    for n in range(25):
        community.alerts.make("dora", "author", "Bo Sample", f"Alert {n:02}", mail="once")
    add(community, "One", "Two")
    run(community)
    (mail,) = sink.to("dora@example.org")
    text = text_of(mail)
    assert text.count(": 2 papers") == 25
    assert text.count("\n1. ") + text.count("\n2. ") == 2  # each paper once
    assert "Also found by Alert 01" in text
    assert len(mail.as_bytes()) < 100_000


def test_a_preview_shows_what_waits_and_sends_and_notes_nothing(community: Community, sink: Sink, clock: Clock) -> None:
    community.alerts.make("dora", "author", "Bo Sample", "Bo")
    clock.now += timedelta(hours=1)
    add(community, "One")
    community.alerts.run()
    preference = community.mail.subscriptions.of_reader("dora")
    recipient = Recipient("reader", 1, "dora", "dora@example.org", preference, None)
    letters = [community.mail.digest().preview(recipient, clock()) for _ in range(2)]
    assert [letter.text.count("Bo: 1 paper") for letter in letters] == [1, 1]
    assert sink.mails == []
    clock.tomorrow(hour=7)
    run(community)
    assert len(sink.mails) == 1


def test_a_paper_of_the_day_is_counted_and_not_shown_again(community: Community, sink: Sink, clock: Clock) -> None:
    run(community)
    community.alerts.make("dora", "author", "Bo Sample", "Bo")
    (number,) = add(community, "Picked and found")
    community.editions.enter(number, "pick", "ada")
    clock.tomorrow(hour=7)
    run(community)
    text = text_of(sink.to("dora@example.org")[-1])
    assert text.count("Picked and found") == 1
    assert "Bo: 1 paper" in text
    assert "It stands above in this mail." in text


def test_a_paper_that_was_joined_with_one_mailed_before_comes_no_more(community: Community, sink: Sink) -> None:
    community.alerts.make("dora", "author", "Bo Sample", "Bo", mail="once")
    (first,) = add(community, "A study of joined kelp")
    run(community)
    again = Record(Paper("A study of joined kelp", "Invented.", (Person("Bo Sample"),)), "elsewhere", "k")
    assert community.library.add(again).paper_ids == (first,)
    run(community)
    assert len(sink.mails) == 1


def test_a_mail_of_an_alert_that_is_deleted_meanwhile_is_not_sent(community: Community, sink: Sink) -> None:
    community.alerts.make("dora", "author", "Bo Sample", "Bo", mail="once")
    add(community, "One")
    Scheduler(community, sync_hours=0).run()
    community.alerts.delete("dora", "Bo")
    assert dict(community.mail.deliver().counts) == {"skipped": 1}
    assert sink.mails == []


def test_a_post_of_an_alert_that_is_deleted_or_of_a_shape_there_is_none_of_is_not_sent(community: Community) -> None:
    with chatting() as chat:
        for name in ("deleted", "damaged"):
            community.alerts.make("dora", "author", "Bo Sample", name, mail="no", hook_url=chat.url)
        add(community, "One")
        Scheduler(community, sync_hours=0).run()
        community.alerts.delete("dora", "deleted")
        table = community.library.catalogue.community.alerts
        (alert,) = table.of_reader(1)
        table.change(alert, hook_shape="telegram")  # as an archive from elsewhere may bring it
        assert dict(community.mail.deliver().counts) == {"skipped": 2}
        assert chat.told == []


def test_a_chat_that_hangs_up_is_not_told_twice(community: Community, clock: Clock) -> None:
    with chatting() as chat:
        community.alerts.make("dora", "author", "Bo Sample", "Bo", mail="no", hook_url=chat.url)
        add(community, "One")
        chat.answers[:] = [0]
        run(community)
        clock.now += timedelta(hours=12)
        run(community)
        assert len(chat.told) == 1


def test_a_post_as_json_has_limits() -> None:
    item = PostItem("title " * 200, "https://papers.example.org/paper/1", "author " * 200)
    told = SHAPES["json"](Post("Bo: 1 paper\r\nx", "https://papers.example.org/alerts/1", [item] * 3))
    assert told["title"] == "Bo: 1 paper x"
    assert [len(one["title"]) <= 250 and len(one["line"]) <= 300 for one in told["items"]] == [True] * 3


def test_a_change_is_told_with_the_alert_in_one_digest(community: Community, sink: Sink, clock: Clock) -> None:
    run(community)
    community.alerts.make("dora", "author", "Bo Sample", "Bo")
    community.library.act("dora", 1, "save")
    clock.now += timedelta(hours=1)
    source, name, _, first = community.library.records("1")[0]
    long = replace(first, abstract=first.abstract + " More of it." * 400)
    community.library.add(Record(long, source, name))
    add(community, "One")
    clock.tomorrow(hour=7)
    run(community)
    (mail,) = sink.to("dora@example.org")
    text = text_of(mail)
    assert text.index("Bo: 1 paper") < text.index("Changed since you read it")
    assert "{+More of it." in " ".join(text.split())
    assert len(text) < 6000
    assert Markup(html_of(mail)).loads == []


@pytest.fixture
def chat() -> Iterator[Chat]:
    with chatting() as running:
        yield running


def test_alerts_of_one_reader_are_told_that_reader_alone(community: Community, sink: Sink, chat: Chat) -> None:
    member(community, "otto", frequency="never")
    community.alerts.make("dora", "author", "Bo Sample", "Of Dora", mail="once", hook_url=chat.url)
    community.alerts.make("otto", "author", "Bo Sample", "Of Otto", mail="once")
    add(community, "One")
    run(community)
    subjects = {to: mail["Subject"] for to, mail in sink.mails}
    assert subjects == {
        "dora@example.org": "Daily kelp: Of Dora: 1 paper",
        "otto@example.org": "Daily kelp: Of Otto: 1 paper",
    }
    assert [told["title"] for told in chat.told] == ["Of Dora: 1 paper"]
