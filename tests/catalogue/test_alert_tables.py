"""The tables of alerts: how far each has looked, what it found once, and what was told of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from broadsheet.catalogue import Catalogue
from broadsheet.catalogue.community.alerts import MOST_ALERTS, Alert, NewHit
from broadsheet.catalogue.community.mail_queue import NewDelivery
from broadsheet.catalogue.community.mail_recipients import Preference
from broadsheet.kit.errors import UsageError
from tests.catalogue.made import BOTH, PREPRINT


def made(catalogue: Catalogue, name: str = "one", reader: str = "ada", **values: Any) -> Alert:
    table, number = catalogue.community.alerts, catalogue.readers.get(reader, create=True).id
    row = {"kind": "author", "target": "ada-example", "mail": "once"} | values
    found = table.get(table.add(number, name=name, first_paper=0, after_seq=0, **row))
    assert found is not None
    return found


def again(catalogue: Catalogue, alert: Alert) -> Alert:
    found = catalogue.community.alerts.get(alert.id)
    assert found is not None
    return found


def mail(edition: str) -> NewDelivery:
    return NewDelivery("reader 1", edition, "alerts", "ada@example.org", f"<{edition}@x>", "{}")


def test_what_is_found_is_stored_with_how_far_it_looked_or_not_at_all(two: Catalogue) -> None:
    table, alert = two.community.alerts, made(two)
    assert table.record(alert, 2, [NewHit(1, 900), NewHit(2, None, 1)])
    now = again(two, alert)
    assert (now.after_seq, now.found, now.unseen) == (2, 2, 2)
    assert not table.record(alert, 3, [NewHit(1)])  # it stood elsewhere when this began
    assert table.record(now, 3, [NewHit(2), NewHit(1)])  # both are known
    assert [(hit.paper_id, hit.near, hit.cited_paper) for hit in table.hits(alert.id)] == [(2, None, 1), (1, 900, 0)]
    assert table.known(alert.id, [1, 2, 3]) == {1, 2}
    assert table.due(3) == []
    assert [one.id for one in table.due(4)] == [alert.id]


def test_hits_are_read_in_pages_and_over_all_alerts(two: Catalogue) -> None:
    table, one, other = two.community.alerts, made(two), made(two, "two")
    table.record(one, 1, [NewHit(1)])
    table.record(other, 1, [NewHit(1), NewHit(2)])
    assert [hit.paper_id for hit in table.hits(other.id, 1, 1)] == [1]
    assert [(hit.alert_id, hit.paper_id) for hit in table.hits_of_reader(1)] == [(2, 2), (2, 1), (1, 1)]
    assert (table.unseen(1), table.unseen(99)) == (3, 0)
    table.look(other.id)
    assert [hit.is_new for hit in table.hits_of_reader(1)] == [False, False, True]
    table.look(other.id)
    table.delete(one.id)
    assert (table.unseen(1), table.get(one.id)) == (0, None)


def test_the_changes_between_two_looks_are_papers_added_or_changed(two: Catalogue) -> None:
    table = two.community.alerts
    assert sorted(table.changed(0, 2)) == [1, 2]
    two.papers.delete(2)
    last = two.changes.last_seq()
    assert table.changed(2, last) == []
    assert table.changed(last, last) == []


def test_a_restored_paper_is_known_by_its_first_number(two: Catalogue) -> None:
    (new,) = two.papers.restore(two.papers.delete(2))
    table = two.community.alerts
    assert table.first_numbers([1, new]) == {new: 2}
    (newer,) = two.papers.restore(two.papers.delete(new))
    assert table.first_numbers([newer])[newer] <= new


def test_an_alert_paused_looks_at_nothing_and_goes_on_where_it_is_told(two: Catalogue) -> None:
    table, alert = two.community.alerts, made(two)
    table.pause(alert.id)
    assert table.due(9) == []
    table.note_trouble(alert.id, "x" * 1000)
    assert len(again(two, alert).trouble) == 300
    table.resume(alert.id, 2)
    now = again(two, alert)
    assert (now.paused_at, now.after_seq, now.trouble) == (None, 2, "")


def test_names_are_a_readers_own_and_there_is_an_end(two: Catalogue) -> None:
    made(two)
    made(two, reader="bo")
    with pytest.raises(UsageError, match="already"):
        made(two)
    alert = made(two, "two")
    with pytest.raises(UsageError, match="already"):
        two.community.alerts.change(alert, name="one")
    two.community.alerts.change(alert, name="two")  # its own
    for n in range(MOST_ALERTS - 2):
        made(two, f"more {n}")
    with pytest.raises(UsageError, match="at most"):
        made(two, "too many")


def test_a_mail_brings_what_waited_and_a_later_one_the_rest(two: Catalogue) -> None:
    alert, table = made(two), two.community.alert_mail
    two.community.alerts.record(alert, 1, [NewHit(1, 100), NewHit(2, 900)])
    (waiting,) = table.unmailed(1, "once")
    assert (waiting.name, waiting.count, table.unmailed(1, "daily")) == ("one", 2, [])
    assert [hit.paper_id for hit in table.best_unmailed(alert.id, 5)] == [2, 1]
    assert table.queue_mail(mail("alerts 2"), [waiting])
    assert not table.queue_mail(mail("alerts 2"), [waiting])
    assert table.unmailed(1, "once") == []
    (delivery,) = two.community.mail_queue.due()
    assert table.of_delivery(delivery.id, [1, 2, 3]) == {(alert.id, 1), (alert.id, 2)}
    two.community.mail_recipients.give_back(delivery)
    assert [one.count for one in table.unmailed(1, "once")] == [2]


def test_what_comes_while_a_mail_is_made_waits_for_the_next(two: Catalogue) -> None:
    alert, alerts, table = made(two), two.community.alerts, two.community.alert_mail
    alerts.record(alert, 1, [NewHit(1)])
    (waiting,) = table.unmailed(1, "once")
    alerts.record(again(two, alert), 2, [NewHit(2)])
    table.queue_mail(mail("alerts 1"), [waiting])
    assert [hit.paper_id for hit in table.best_unmailed(alert.id, 5)] == [2]


def test_what_was_found_before_a_way_was_chosen_is_not_told_by_it(two: Catalogue) -> None:
    alert, alerts, table = made(two, mail="no"), two.community.alerts, two.community.alert_mail
    alerts.record(alert, 1, [NewHit(1)])
    alerts.change(again(two, alert), mail="once", hook_url="https://chat.example.org/", hook_shape="json")
    assert (table.unmailed(1, "once"), table.unposted()) == ([], [])
    alerts.record(again(two, alert), 2, [NewHit(2)])
    assert [one.count for one in table.unmailed(1, "once")] == [1]
    assert table.unposted() == [(alert.id, 1, 2)]
    assert alerts.has_hooks()
    alerts.change(again(two, alert), mail="no")
    alerts.change(again(two, alert), mail="weekly")
    assert table.unmailed(1, "weekly") == []
    assert alerts.stop_mail(1)
    assert not alerts.stop_mail(1)
    assert again(two, alert).mail == "no"


def test_a_post_is_queued_once_with_what_waited(two: Catalogue) -> None:
    alert, table = made(two, hook_url="https://chat.example.org/", hook_shape="json"), two.community.alert_mail
    two.community.alerts.record(alert, 1, [NewHit(1), NewHit(2)])
    ((number, count, last),) = table.unposted()
    assert (number, count, table.best_unposted(alert.id, 1)) == (alert.id, 2, [2])
    post = NewDelivery(f"alert {number}", f"hits {last}", "post", "alert", "", "{}")
    assert [table.queue_post(post, number, last) for _ in range(2)] == [True, False]
    assert table.unposted() == []


def test_who_is_told_needs_an_address(two: Catalogue) -> None:
    alert, table = made(two), two.community.alert_mail
    two.community.alerts.record(alert, 1, [NewHit(1)])
    assert (table.to_tell("once"), table.reader_to_tell(1)) == ([], None)
    two.community.mail_recipients.set_preference(1, _preference("ada@example.org"), None)
    (told,) = table.to_tell("once")
    assert (told.reader, told.address, told.hour, told.time_zone) == ("ada", "ada@example.org", 7, "UTC")
    assert table.to_tell("daily") == []
    assert table.reader_to_tell(1) == told


def _preference(address: str) -> Any:
    return Preference("never", 7, "UTC", address)


def test_two_papers_that_become_one_were_found_once_and_mailed_once(two: Catalogue) -> None:
    alert, table = made(two), two.community.alert_mail
    two.community.alerts.record(alert, 1, [NewHit(1)])
    (waiting,) = table.unmailed(1, "once")
    table.queue_mail(mail("alerts 1"), [waiting])
    two.community.alerts.record(again(two, alert), 2, [NewHit(2)])
    two.papers.add([BOTH])
    assert [hit.paper_id for hit in two.community.alerts.hits(alert.id)] == [1]
    assert table.unmailed(1, "once") == []
    (merge,) = two.papers.merges()
    two.papers.undo_merge(merge.id)
    assert again(two, alert).found == 1


def test_records_that_list_what_they_cite_are_told_from_the_others(two: Catalogue) -> None:
    paper = replace(PREPRINT.paper, title="Another work on kelp", ids=type(PREPRINT.paper.ids)())
    listed = replace(PREPRINT, paper=replace(paper, extra={"references": ["10.5555/a"]}), source_id="listed")
    (number,) = two.papers.add([listed]).paper_ids
    table = two.community.alerts
    assert (table.citing(0), table.citing(number), table.citing(0, number - 1)) == ([number], [], [])


def test_a_reader_who_leaves_takes_alerts_and_marks_along(two: Catalogue) -> None:
    alert = made(two)
    made(two, reader="bo")
    two.community.alerts.record(alert, 1, [NewHit(1)])
    everything = two.community.belongings.all(1)
    assert [row["name"] for row in everything["alerts"]] == ["one"]
    assert [row["paper_id"] for row in everything["alert_papers"]] == [1]
    two.community.belongings.remove(1, with_comments=False)
    assert two.community.alerts.get(alert.id) is None
    assert two.community.alerts.hits(alert.id) == []
    assert len(two.community.alerts.of_reader(2)) == 1
