"""What is derived of papers that change: in portions, again after a merge, and never for a paper that is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from broadsheet.catalogue import Catalogue, Event
from broadsheet.catalogue.community import paper_changes
from broadsheet.kit.errors import LibraryError
from broadsheet.kit.paper import Paper
from tests.catalogue.made import ARTICLE, BOTH, PREPRINT


def by_abstract(before: Paper, after: Paper) -> Sequence[str]:
    return ("text",) if before.abstract != after.abstract else ()


def revise(catalogue: Catalogue, text: str) -> None:
    catalogue.papers.add([replace(PREPRINT, paper=replace(PREPRINT.paper, abstract=text))])


def unseen(catalogue: Catalogue, reader: int = 1) -> list[tuple[int, tuple[str, ...]]]:
    return [(one.paper_id, one.what) for one in catalogue.community.paper_changes.unseen(reader)]


@pytest.fixture
def kept(two: Catalogue) -> Catalogue:
    """Ada has saved paper 1 and opened paper 2."""
    reader = two.readers.get("ada", create=True).id
    two.readers.log(reader, [Event("save", 1), Event("open", 2)])
    return two


def test_only_what_the_comparison_names_is_a_change(kept: Catalogue) -> None:
    table = kept.community.paper_changes
    revise(kept, "What arXiv says now.")
    kept.papers.add([replace(ARTICLE, paper=replace(ARTICLE.paper, citations=9))])
    assert unseen(kept) == []  # nothing is derived yet
    assert table.update(by_abstract) == kept.changes.last_seq()
    assert unseen(kept) == [(1, ("text",))]
    assert table.update(by_abstract) == kept.changes.last_seq()


def test_changes_are_derived_in_portions_and_taken_up_where_they_stopped(
    kept: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper_changes, "_PORTION", 1)
    for n in range(4):
        revise(kept, f"Version {n}.")
    stops = iter([False, True])
    table = kept.community.paper_changes
    assert table.update(by_abstract, lambda: next(stops)) == 1
    assert table.update(by_abstract) == kept.changes.last_seq()
    assert unseen(kept) == [(1, ("text",))]


def test_a_portion_that_is_cut_off_leaves_nothing_half(kept: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    revise(kept, "What arXiv says now.")

    def dies(*_: Paper) -> Sequence[str]:
        raise KeyboardInterrupt

    table = kept.community.paper_changes
    with pytest.raises(KeyboardInterrupt):
        table.update(dies)
    assert unseen(kept) == []
    table.update(by_abstract)
    assert unseen(kept) == [(1, ("text",))]


def test_a_full_disk_leaves_the_rows_as_they_are(kept: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    revise(kept, "What arXiv says now.")

    def full(*_: object) -> int:
        raise LibraryError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(paper_changes, "_step", full)
        assert kept.community.paper_changes.update(by_abstract) == 0
    assert kept.community.paper_changes.update(by_abstract) > 0


def test_seen_and_mailed_are_told_apart(kept: Catalogue) -> None:
    table = kept.community.paper_changes
    revise(kept, "What arXiv says now.")
    table.update(by_abstract)
    (one,) = table.unseen(1)
    assert (one.is_mailed, one.since < one.at) == (False, True)
    with kept.community.alerts._database.write() as connection:
        paper_changes.mark_mailed(connection, 1, [(1, one.at)], 7)
    assert [one.is_mailed for one in table.unseen(1)] == [True]
    revise(kept, "And now again.")
    table.update(by_abstract)
    (later,) = table.unseen(1)
    assert (later.is_mailed, later.since) == (False, one.since)
    table.note_seen(1, [later])
    assert table.unseen(1) == []
    assert table.unseen_of(1, 1) is None
    table.note_seen(1, [])


def test_a_merge_derives_the_survivor_again_and_keeps_who_has_seen_it(kept: Catalogue) -> None:
    table = kept.community.paper_changes
    revise(kept, "What arXiv says now.")
    table.update(by_abstract)
    table.note_seen(1, table.unseen(1))
    kept.papers.add([BOTH])
    table.update(by_abstract)
    assert [number for number, _ in unseen(kept)] in ([], [1])
    table.note_seen(1, table.unseen(1))
    (merge,) = kept.papers.merges()
    kept.papers.undo_merge(merge.id)
    table.update(by_abstract)
    assert {number for number, _ in unseen(kept)} <= {1, 3}


def test_a_deleted_paper_has_no_change_until_it_is_back(kept: Catalogue) -> None:
    table = kept.community.paper_changes
    revise(kept, "What arXiv says now.")
    table.update(by_abstract)
    deletion = kept.papers.delete(1)
    table.update(by_abstract)
    assert unseen(kept) == []
    (back,) = kept.papers.restore(deletion)
    table.update(by_abstract)
    assert unseen(kept) == [(back, ("text",))]


def test_a_paper_saved_after_it_changed_has_not_changed(two: Catalogue) -> None:
    reader = two.readers.get("ada", create=True).id
    revise(two, "What arXiv says now.")
    two.readers.log(reader, [Event("save", 1)])
    two.community.paper_changes.update(by_abstract)
    assert unseen(two) == []
    two.readers.log(reader, [Event("unsave", 1)])
    revise(two, "And now again.")
    two.community.paper_changes.update(by_abstract)
    assert unseen(two) == []  # it is kept no more


def test_several_changes_of_a_paper_are_one_entry_with_the_last_time(kept: Catalogue) -> None:
    revise(kept, "First.")
    revise(kept, "Second.")
    kept.community.paper_changes.update(by_abstract)
    (one,) = kept.community.paper_changes.unseen(1)
    last: datetime = kept.papers.versions(1)[-1][1]
    assert (one.at, one.what) == (last, ("text",))
