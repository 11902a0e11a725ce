"""What alerts tell: by a real relay and a real server on loopback, each paper once, however often a run is cut off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from broadsheet.catalogue.community.alerts import NewHit
from broadsheet.catalogue.community.mail_queue import NewDelivery
from broadsheet.community import Community
from broadsheet.community.mail import told
from broadsheet.community.mail.alert_mail import AlertMails
from broadsheet.community.mail.digest import Digest
from broadsheet.community.mail.incoming import receive
from broadsheet.community.mail.news import Content
from broadsheet.community.scheduler import Scheduler
from tests.community.chat import Chat, chatting
from tests.community.mailing import Clock, links, mailing, member, paper, text_of
from tests.community.relay import Sink, relay


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with relay() as running:
        yield running


@pytest.fixture(scope="module")
def chat() -> Iterator[Chat]:
    with chatting() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def community(tmp_path: Path, sink: Sink, chat: Chat, clock: Clock) -> Iterator[Community]:
    sink.mails.clear()
    chat.told.clear()
    with mailing(tmp_path, sink, clock, 'webhooks = "any"\nown_papers = 0') as made:
        add(made, 1, 2)
        yield made
        assert made.library.catalogue.check() == []


def add(community: Community, *numbers: int) -> list[int]:
    return list(community.library.add(*(paper(n, community.library.now().date()) for n in numbers)).paper_ids)


def run(community: Community) -> list[str]:
    """Do all that is due and send it."""
    lines = Scheduler(community, sync_hours=0).run()
    community.mail.deliver()
    return lines


def titles(text: str) -> list[str]:
    return re.findall(r"(?m)^\d+\. (.*)$", text)


def test_at_once_means_with_the_next_look_and_once(community: Community, sink: Sink) -> None:
    member(community, "dora", frequency="never")
    community.alerts.make("dora", "author", "Bo Sample", "Bo", mail="once")
    run(community)
    add(community, 3, 4)
    assert run(community) == ["alerts: 2 papers found", "mail: 1 queued"]
    run(community)
    (mail,) = sink.to("dora@example.org")
    text = text_of(mail)
    assert mail["Subject"] == "Daily kelp: Bo: 2 papers"
    assert sorted(titles(text)) == ["Coral acoustics in study number 4", "Token pruning in study number 3"]
    assert "You asked Daily kelp to tell you of this at once, at dora@example.org." in " ".join(text.split())
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    add(community, 5)
    run(community)
    assert [titles(text_of(one)) for one in sink.to("dora@example.org")][1:] == [["Sparse coding in study number 5"]]


def test_daily_and_weekly_come_at_the_readers_hour_once_a_day_or_week(
    community: Community, sink: Sink, clock: Clock
) -> None:
    member(community, "dora", frequency="never", hour=7)
    community.alerts.make("dora", "author", "Bo Sample", "every day", mail="daily")
    community.alerts.make("dora", "author", "Bo Sample", "every week", mail="weekly")
    sent = []
    clock.now += timedelta(days=4)
    for day in range(5):  # from Friday, 3 July, to Tuesday
        add(community, 10 + day)
        for hour in (6, 8):
            clock.now = clock.now.replace(hour=hour)
            run(community)
        sent.append(len(sink.mails))
        clock.tomorrow(hour=0)
    daily = [mail for _, mail in sink.mails if "every day" in mail["Subject"]]
    weekly = [mail for _, mail in sink.mails if "every week" in mail["Subject"]]
    assert [len(titles(text_of(mail))) for mail in daily] == [1] * 5
    assert [len(titles(text_of(mail))) for mail in weekly] == [4]
    assert sent == [1, 2, 3, 5, 6]


def test_a_clock_that_jumps_sends_nothing_twice(community: Community, sink: Sink, clock: Clock) -> None:
    member(community, "dora", frequency="never")
    community.alerts.make("dora", "author", "Bo Sample", "Bo", mail="daily")
    add(community, 3)
    run(community)
    for jump in (timedelta(days=30), timedelta(days=-60), timedelta(days=30)):
        clock.now += jump
        run(community)
    add(community, 4)
    for _ in range(2):  # it is found, and mailed at the next hour that the reader chose
        clock.tomorrow(hour=7)
        run(community)
    assert [titles(text_of(mail)) for _, mail in sink.mails] == [
        ["Token pruning in study number 3"],
        ["Coral acoustics in study number 4"],
    ]


def test_the_digest_has_a_section_and_shows_no_paper_twice(community: Community, sink: Sink, clock: Clock) -> None:
    member(community, "dora")
    for name in ("Bo", "also Bo"):
        community.alerts.make("dora", "author", "Bo Sample", name)
    run(community)  # nothing yet: today's mail is passed over
    add(community, 3)
    clock.tomorrow(hour=7)
    run(community)
    run(community)
    (mail,) = sink.to("dora@example.org")
    text = text_of(mail)
    assert titles(text) == ["Token pruning in study number 3"]
    assert "Bo: 1 paper" in text
    assert "Also found by also Bo" in text
    clock.tomorrow(hour=7)
    run(community)
    assert len(sink.mails) == 1


def test_ten_thousand_papers_are_one_mail_and_one_post_with_a_count(
    community: Community, sink: Sink, chat: Chat
) -> None:
    member(community, "dora", frequency="never")
    alert = community.alerts.make("dora", "author", "Bo Sample", "Bo", mail="once", hook_url=chat.url)
    ids = add(community, *range(20, 40))
    table = community.library.catalogue.community.alerts
    hits = [NewHit(number, near=500) for number in [*ids, *range(1000, 10_980)]]  # most are deleted meanwhile
    seq = community.library.catalogue.changes.last_seq()
    assert table.record(alert, seq, hits)
    run(community)
    (mail,) = sink.to("dora@example.org")
    assert "Bo: 10,000 papers" in text_of(mail)
    assert len(mail.as_bytes()) < 60_000
    (told_,) = chat.told
    assert told_["title"] == "Bo: 10,000 papers"
    community.alerts.delete("dora", "Bo")


def test_papers_that_are_gone_bring_no_mail(community: Community, sink: Sink) -> None:
    member(community, "dora", frequency="never")
    community.alerts.make("dora", "author", "Bo Sample", "Bo", mail="once")
    (number,) = add(community, 3)
    Scheduler(community, sync_hours=0).run()
    community.library.delete(number)
    assert dict(community.mail.deliver().counts) == {"skipped": 1}
    assert sink.mails == []


def test_one_click_ends_the_mail_of_alerts_and_nothing_else(community: Community, sink: Sink) -> None:
    member(community, "dora")
    community.alerts.make("dora", "author", "Bo Sample", "Bo", mail="once")
    community.alerts.make("dora", "author", "Bo Sample", "in the digest")
    add(community, 3)
    run(community)
    mail = next(mail for mail in sink.to("dora@example.org") if "Bo" in mail["Subject"])
    (path,) = links(mail, "/mail/unsubscribe/")
    token = path.rpartition("/")[2]
    back = f"From: x@example.org\nSubject: unsubscribe {token}\n\n".encode()
    assert [one.kind for one in receive(community.mail, back)] == ["unsubscribe"]
    assert {one.name: one.mail for one in community.alerts.all("dora")} == {"Bo": "no", "in the digest": "digest"}
    assert community.mail.subscriptions.of_reader("dora").frequency == "daily"
    sink.mails.clear()
    add(community, 4)
    run(community)
    assert sink.mails == []
    community.alerts.change("dora", "Bo", mail="once")
    add(community, 5)
    run(community)
    assert [titles(text_of(one)) for _, one in sink.mails] == [["Sparse coding in study number 5"]]


def test_a_mail_that_does_not_arrive_gives_its_papers_back(community: Community, sink: Sink) -> None:
    member(community, "reject", frequency="never")
    community.alerts.make("reject", "author", "Bo Sample", "Bo", mail="once")
    add(community, 3)
    run(community)
    assert len(community.mail.queue.listed("dead")) == 1
    assert run(community) == []  # it is not tried again by itself
    waiting = community.library.catalogue.community.alert_mail.unmailed(1, "once")
    assert [one.count for one in waiting] == [1]


@pytest.mark.parametrize("place", ["found", "queued", "digest"])
def test_a_run_cut_off_anywhere_mails_each_paper_once(
    community: Community, sink: Sink, clock: Clock, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    member(community, "dora")
    community.alerts.make("dora", "author", "Bo Sample", "Bo", mail="digest" if place == "digest" else "once")
    run(community)
    add(community, 3)
    clock.tomorrow(hour=7)
    with monkeypatch.context() as patch:

        def dies(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        if place == "found":  # after the hits are stored, before a mail is made of them
            patch.setattr(AlertMails, "compose_due", dies)
        elif place == "queued":  # in the transaction that queues it
            patch.setattr("broadsheet.catalogue.community.alert_mail.mark_mailed", dies)
        else:
            patch.setattr(Digest, "compose_due", dies)
        with pytest.raises(KeyboardInterrupt):
            Scheduler(community, sync_hours=0).run()
    for _ in range(3):
        run(community)
    assert [titles(text_of(mail)) for _, mail in sink.mails] == [["Token pruning in study number 3"]]


def test_a_webhook_gets_what_was_found_once_in_its_shape(
    community: Community, sink: Sink, chat: Chat, clock: Clock
) -> None:
    member(community, "dora", frequency="never")
    community.alerts.make("dora", "author", "Bo Sample", "Bo", mail="no", hook_url=chat.url)
    (number,) = add(community, 3)
    chat.answers[:] = [503]
    assert "webhooks: 1 queued" in run(community)
    clock.now += timedelta(minutes=20)
    run(community)
    (told_,) = chat.told
    assert told_["title"] == "Bo: 1 paper"
    assert told_["items"][0]["url"] == f"https://papers.example.org/paper/{number}"
    community.alerts.change("dora", "Bo", hook_url="")
    add(community, 4)
    community.alerts.change("dora", "Bo", hook_url=chat.url, hook_shape="slack")
    add(community, 5)
    run(community)
    assert len(chat.told) == 2
    assert "blocks" in chat.told[1]


def test_a_webhook_at_a_private_address_is_refused(tmp_path: Path, sink: Sink, clock: Clock, chat: Chat) -> None:
    with mailing(tmp_path, sink, clock) as community:
        add(community, 1)
        member(community, "dora", frequency="never")
        for name, url in (("own", chat.url), ("cloud", "http://169.254.169.254/latest")):
            community.alerts.make("dora", "author", "Bo Sample", name, mail="no", hook_url=url)
        add(community, 3)
        run(community)
        assert [one.error.partition(": ")[2] for one in community.mail.queue.listed("dead")] == [
            "not a public address; refused"
        ] * 2


def test_a_reader_who_left_or_has_no_confirmed_address_gets_no_mail(community: Community, sink: Sink) -> None:
    member(community, "dora", frequency="never")
    member(community, "otto", frequency="never")
    for name in ("dora", "otto"):
        community.alerts.make(name, "author", "Bo Sample", "Bo", mail="once")
    add(community, 3)
    Scheduler(community, sync_hours=0).run()
    accounts = community.library.catalogue.community.accounts
    community.library.delete_reader("dora")
    account = accounts.named("otto")
    assert account is not None
    assert dict(community.mail.deliver().counts) == {"sent": 1}
    assert [to for to, _ in sink.mails] == ["otto@example.org"]


def test_mails_queued_by_an_earlier_version_are_read(community: Community) -> None:
    content = Content.from_text('{"first":"","last":"","papers":[[1,"why"]],"own":[]}')
    assert not content.told
    gathered = told.Gathered((told.Found(1, "Bo", 3, (4, 5)),), ((6, "2026-06-29T06:00:00+00:00"),), 2)
    again = Content.from_text(Content("", "", (), (), gathered).to_text())
    assert (again.told.alerts, again.told.changes, again.told.more_changes) == (gathered.alerts, gathered.changes, 2)


def test_the_queue_takes_a_mail_once(community: Community) -> None:
    table = community.library.catalogue.community.alert_mail
    one = NewDelivery("reader 1", "alerts 7", "alerts", "dora@example.org", "<x@y>", "{}")
    assert [table.queue_mail(one, ()) for _ in range(2)] == [True, False]
