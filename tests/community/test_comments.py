"""Comments: threads, versions, deletion, hiding, mentions, and notes where there are no accounts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import broadsheet
from broadsheet.community import Community
from broadsheet.community.actor import VISITOR, Actor, Role
from broadsheet.community.comments import MENTION
from broadsheet.community.moderation import Target
from broadsheet.kit.errors import RateLimited, UnknownPaper, UsageError
from tests.catalogue.made import ARTICLE, BOTH, PREPRINT
from tests.clock import ticking
from tests.community.people import change, query

Member = Callable[..., Actor]


def thread(community: Community, actor: Actor = VISITOR, paper: int = 3) -> list[tuple[int, int, int | None]]:
    """(number, depth, what it answers) of each comment."""
    return [
        (entry.comment.id, entry.depth, entry.answers.id if entry.answers else None)
        for entry in community.comments.thread(actor, paper)
    ]


def test_answers_stand_below_what_they_answer_to_a_depth_of_four(community: Community, member: Member) -> None:
    dora, emil = member("dora"), member("emil")
    say = community.comments.add
    assert [say(dora, 3, "one"), say(emil, 3, "two"), say(emil, 3, "to one", 1)] == [1, 2, 3]
    for answered in (3, 4, 5, 6):
        say(dora, 3, f"deeper than {answered}", answered)
    say(dora, 3, "again to one", 1)
    assert thread(community) == [
        (1, 0, None), (3, 1, 1), (4, 2, 3), (5, 3, 4), (6, 3, 5), (7, 3, 6), (8, 1, 1), (2, 0, None),
    ]  # fmt: skip
    assert community.comments.counts(VISITOR, [1, 3]) == {1: 0, 3: 8}
    first = community.comments.thread(VISITOR, 3)[0].comment
    assert (first.author, first.text, first.account_id, first.note_of) == ("dora", "one", dora.account_id, None)


def test_what_cannot_be_said(community: Community, member: Member) -> None:
    dora = member("dora")
    say = community.comments.add
    with pytest.raises(UsageError, match="sign in to take part"):
        say(VISITOR, 3, "hello")
    with pytest.raises(UnknownPaper):
        say(dora, 99, "hello")
    for empty in ("", " \n\t ", "\x00\x01", "\u202e"):
        with pytest.raises(UsageError, match="no text in it"):
            say(dora, 3, empty)
    with pytest.raises(UsageError, match="10,001 characters; at most 10,000"):
        say(dora, 3, "x" * 10_001)
    say(dora, 1, "elsewhere")
    for parent in (1, 99):
        with pytest.raises(UsageError, match=f"no comment {parent} on this paper"):
            say(dora, 3, "to what is not here", parent)
    assert thread(community) == []


def test_control_characters_and_reversals_are_taken_out(community: Community, member: Member) -> None:
    number = community.comments.add(member("dora"), 3, "\r\na\x00b\x1bc\u202ed\ufeff\r\n\r\n\r\n\r\n\tcode\ud800\r\n")
    assert community.comments.get(VISITOR, number).text == "abcd\n\n\tcode?"


def test_a_form_sent_twice_is_one_comment(community: Community, member: Member) -> None:
    dora, emil = member("dora"), member("emil")
    say = community.comments.add
    assert [say(dora, 3, "same"), say(dora, 3, "same"), say(emil, 3, "same"), say(dora, 1, "same")] == [1, 1, 2, 3]
    community.comments.delete(dora, 1)
    assert say(dora, 3, "same") == 4


def test_an_edit_keeps_what_it_was_for_everybody(community: Community, member: Member) -> None:
    dora, emil = member("dora"), member("emil")
    number = community.comments.add(dora, 3, "frist")
    community.comments.edit(dora, number, "first")
    community.comments.edit(dora, number, "first")
    community.comments.edit(dora, number, "first!")
    assert [(one.n, one.text) for one in community.comments.versions(VISITOR, number)] == [(1, "frist"), (2, "first")]
    comment = community.comments.get(emil, number)
    assert comment.text == "first!"
    assert comment.edited_at is not None
    assert comment.edited_at > comment.at
    with pytest.raises(UsageError, match="somebody else's"):
        community.comments.edit(emil, number, "mine")
    with pytest.raises(UsageError, match="somebody else's"):
        community.comments.delete(emil, number)
    with pytest.raises(UsageError, match="no comment 9"):
        community.comments.edit(dora, 9, "nothing")
    admin = member("amos", role=Role.admin)
    with pytest.raises(UsageError, match="somebody else's"):
        community.comments.edit(admin, number, "an administrator puts no words into mouths")


def test_a_deleted_comment_loses_its_words_and_keeps_its_place(community: Community, member: Member) -> None:
    dora, emil = member("dora"), member("emil")
    number = community.comments.add(dora, 3, "a secret, @emil")
    community.comments.edit(dora, number, "less of a secret, @emil")
    community.comments.add(emil, 3, "an answer", number)
    community.comments.delete(dora, number)
    assert thread(community) == [(1, 0, None), (2, 1, 1)]
    assert community.comments.counts(VISITOR, [3]) == {3: 1}
    assert community.comments.mentions(emil) == []
    assert query(community.library, "SELECT text FROM comments UNION ALL SELECT text FROM comment_versions") == [
        ("",),
        ("an answer",),
    ]
    with pytest.raises(UsageError, match="gone"):
        community.comments.versions(emil, number)
    with pytest.raises(UsageError, match="is deleted"):
        community.comments.edit(dora, number, "back")
    with pytest.raises(UsageError, match="gone"):
        community.comments.add(emil, 3, "another answer", number)


def test_a_curator_hides_with_a_reason_and_everybody_can_read_why(community: Community, member: Member) -> None:
    dora, emil, cleo = member("dora"), member("emil"), member("cleo", role=Role.curator)
    comments = community.comments
    number = comments.add(dora, 3, "buy kelp")
    with pytest.raises(UsageError, match="only a curator"):
        comments.hide(emil, number, "spam")
    with pytest.raises(UsageError, match="give a reason"):
        comments.hide(cleo, number, " ")
    comments.hide(cleo, number, "spam")
    comments.hide(cleo, number, "again")
    hidden = comments.get(VISITOR, number)
    assert hidden.hidden_reason == "spam"
    readable = [comments.is_readable(actor, hidden) for actor in (VISITOR, emil, dora, cleo)]
    assert readable == [False, False, True, True]
    with pytest.raises(UsageError, match="gone"):
        comments.versions(emil, number)
    assert comments.versions(cleo, number) == []
    assert comments.counts(VISITOR, [3]) == {3: 0}
    comments.unhide(cleo, number, "it was about kelp")
    assert comments.is_readable(VISITOR, comments.get(VISITOR, number))
    expected = [("cleo", "hide", "comment 1", "spam"), ("cleo", "unhide", "comment 1", "it was about kelp")]
    assert query(community.library, "SELECT actor, act, target, reason FROM moderation_log") == expected
    assert query(community.library, "SELECT actor, act, target, detail FROM audit_log") == expected


def test_who_is_mentioned_sees_it(community: Community, member: Member) -> None:
    dora, emil = member("dora"), member("emil")
    comments = community.comments
    number = comments.add(dora, 3, "see @Emil, @dora and @nobody; mail emil@example.org")
    assert comments.mentioned([number]) == {number: frozenset({"emil"})}
    assert [(comment.id, seen) for comment, seen in comments.mentions(emil)] == [(number, False)]
    assert (comments.unseen_mentions(emil), comments.unseen_mentions(dora), comments.unseen_mentions(VISITOR)) == (
        1, 0, 0,
    )  # fmt: skip
    comments.edit(dora, number, "see no @one")
    assert comments.unseen_mentions(emil) == 0
    comments.edit(dora, number, "see @emil")
    comments.see_mentions(emil, number)
    assert [(comment.id, seen) for comment, seen in comments.mentions(emil)] == [(number, True)]
    again = comments.add(dora, 3, "@emil!")
    assert comments.unseen_mentions(emil) == 1
    comments.hide(member("cleo", role=Role.curator), again, "shouting")
    assert comments.unseen_mentions(emil) == 0


def test_one_comment_tells_ten_members_at_most(community: Community, member: Member) -> None:
    crowd = [member(f"m{n:02}") for n in range(12)]
    community.comments.add(member("dora"), 3, " ".join(f"@{one.reader}" for one in crowd))
    assert [community.comments.unseen_mentions(one) for one in crowd] == [1] * 10 + [0] * 2


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@ada", ["ada"]),
        ("(@ada-l)", ["ada-l"]),
        ("@ada. @bo_b!", ["ada", "bo_b"]),
        ("a@ada.org https://x.org/@ada @@ada @a", []),
        ("@" + "a" * 31, []),
    ],
)
def test_what_reads_as_a_mention(text: str, names: list[str]) -> None:
    assert MENTION.findall(text) == names


def test_a_member_has_so_many_comments_an_hour(community: Community, member: Member) -> None:
    dora, emil = member("dora"), member("emil")
    for n in range(20):
        community.comments.add(dora, 3, f"number {n}")
    with pytest.raises(RateLimited, match="Come back in 60 minutes"):
        community.comments.add(dora, 3, "one more")
    with pytest.raises(RateLimited):
        community.comments.edit(dora, 1, "or by editing")
    assert community.comments.add(emil, 3, "others are free to speak") == 21


def test_who_is_suspended_only_reads(community: Community, member: Member) -> None:
    dora = member("dora")
    number = community.comments.add(dora, 3, "before")
    change(community.library, "UPDATE accounts SET suspended_at = '2026-07-01'")
    for act in (
        lambda: community.comments.add(dora, 3, "after"),
        lambda: community.comments.edit(dora, number, "after"),
        lambda: community.comments.delete(dora, number),
        lambda: community.annotations.add_tag(dora, 3, "kelp"),
    ):
        with pytest.raises(UsageError, match="suspended"):
            act()
    assert len(community.comments.thread(dora, 3)) == 1


def test_what_a_member_said_stays_without_a_name_when_they_leave(community: Community, member: Member) -> None:
    dora, emil = member("dora"), member("emil")
    community.comments.add(dora, 3, "a word")
    community.annotations.add_tag(dora, 3, "kelp")
    community.annotations.add_link(dora, 3, "code", "https://example.org/kelp")
    community.moderation.report(dora, Target("paper", 3), "not a paper")
    community.library.catalogue.community.belongings.remove(
        community.library.catalogue.readers.get("dora").id, with_comments=False
    )
    (entry,) = community.comments.thread(emil, 3)
    assert (entry.comment.author, entry.comment.account_id, entry.comment.text) == ("", None, "a word")
    assert community.annotations.tags(3)[0].by == community.annotations.links(3)[0].by == ""
    with pytest.raises(UsageError, match="somebody else's"):
        community.comments.edit(emil, 1, "mine now")


def test_merged_papers_have_one_thread(community: Community, member: Member) -> None:
    dora = member("dora")
    community.comments.add(dora, 1, "on the preprint")
    community.comments.add(dora, 2, "on the article")
    community.comments.add(dora, 2, "an answer", 2)
    community.library.catalogue.papers.add([BOTH])
    assert thread(community, paper=1) == [(1, 0, None), (2, 0, None), (3, 1, 2)]
    assert community.comments.add(dora, 2, "by the old number") == 4


def test_without_accounts_comments_are_notes_that_stay_with_their_reader(tmp_path: Path) -> None:
    me, other = Actor(Role.admin, "me"), Actor(Role.admin, "other")
    with broadsheet.open(tmp_path, clock=ticking()) as library:
        library.catalogue.papers.add([PREPRINT, ARTICLE])
        comments = Community(library).comments
        assert comments.thread(me, 1) == []
        number = comments.add(me, 1, "read section 3, @other")
        comments.edit(me, number, "read section 4")
        assert (len(comments.thread(me, 1)), comments.counts(me, [1])) == (1, {1: 1})
        assert [text.text for text in comments.versions(me, number)] == ["read section 3, @other"]
        for stranger in (other, VISITOR, Actor(Role.admin, "me2", 1)):
            assert (comments.thread(stranger, 1), comments.counts(stranger, [1])) == ([], {1: 0})
            with pytest.raises(UsageError, match="no comment 1"):
                comments.get(stranger, number)
        with pytest.raises(UsageError, match="nothing to hide"):
            comments.hide(me, number, "why")
        with pytest.raises(UsageError, match="no comment 1 on this paper"):
            comments.add(other, 1, "an answer", number)
        tables, reader = library.catalogue.community, library.catalogue.readers.get("me").id
        assert tables.comments.counts([1]) == {}  # what everybody sees
        own = tables.belongings.all(reader)
        assert [row["text"] for row in own["comments"]] == ["read section 4"]
        assert [row["text"] for row in own["comment_versions"]] == ["read section 3, @other"]
        assert "comments" not in tables.belongings.all(library.catalogue.readers.get("other").id)
        library.delete_reader("me")
        assert query(library, "SELECT count(*) FROM comments") == [(0,)]
