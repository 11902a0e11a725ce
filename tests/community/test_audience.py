"""Whom a comment is for: everybody, a group, or its writer; what each may do with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from broadsheet.community import Community
from broadsheet.community.actor import VISITOR, Actor, Role
from broadsheet.community.comments import EVERYBODY, ME, Audience
from broadsheet.community.moderation import Target
from broadsheet.kit.errors import UnknownPaper, UsageError
from tests.catalogue.made import BOTH

Member = Callable[..., Actor]


class Room:
    """A group of ada, its owner, and bo, with what each said about paper 3 to everybody, to the group, to themself."""

    def __init__(self, community: Community, member: Member) -> None:
        self.community, self.comments = community, community.comments
        self.ada, self.bo, self.cy = (member(name) for name in ("ada", "bo", "cy"))
        self.curator = member("cleo", role=Role.curator)
        self.group = community.groups.create(self.ada, "room")
        community.groups.invite(self.ada, self.group, "bo")
        community.groups.accept(self.bo, self.group)
        self.to_group = Audience(self.group)
        self.public, self.inside, self.note = (
            self.comments.add(self.bo, 3, text, audience=to)
            for text, to in (("aloud", EVERYBODY), ("among us", self.to_group), ("to myself", ME))
        )

    def texts(self, actor: Actor, audience: Audience = EVERYBODY) -> list[str]:
        return [entry.comment.text for entry in self.comments.thread(actor, 3, audience)]


@pytest.fixture
def room(community: Community, member: Member) -> Room:
    return Room(community, member)


@pytest.mark.parametrize(("text", "audience"), [("", EVERYBODY), ("me", ME), ("group:12", Audience(12))])
def test_an_audience_has_a_name(text: str, audience: Audience) -> None:
    assert (Audience.named(text), str(audience)) == (audience, text)


@pytest.mark.parametrize(
    "text", ["Me", "group", "group:", "group:x", "group:-1", "group:" + "9" * 20, "everybody", "1"]
)
def test_what_names_no_audience_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="as an audience"):
        Audience.named(text)


def test_each_audience_has_a_thread_of_its_own(room: Room) -> None:
    for actor in (room.ada, room.bo, room.cy, room.curator, VISITOR):
        assert room.texts(actor) == ["aloud"]
    assert room.texts(room.ada, room.to_group) == room.texts(room.bo, room.to_group) == ["among us"]
    assert room.texts(room.bo, ME) == ["to myself"]
    assert room.texts(room.ada, ME) == room.texts(VISITOR, ME) == []
    for actor in (room.cy, room.curator, VISITOR):
        with pytest.raises(UsageError, match="no group"):
            room.texts(actor, room.to_group)


def test_a_comment_is_got_by_those_it_is_for(room: Room) -> None:
    readers = {room.public: "ada bo cy cleo", room.inside: "ada bo", room.note: "bo"}
    for number, names in readers.items():
        for actor in (room.ada, room.bo, room.cy, room.curator):
            if actor.reader in names.split():
                assert room.comments.get(actor, number).id == number
                assert room.comments.versions(actor, number) == []
                continue
            for ask in (room.comments.get, room.comments.versions):
                with pytest.raises(UsageError, match=f"there is no comment {number}"):
                    ask(actor, number)
    for number in (room.inside, room.note):
        with pytest.raises(UsageError, match="there is no comment"):
            room.comments.get(VISITOR, number)


def test_an_answer_has_the_audience_of_what_it_answers(room: Room) -> None:
    room.comments.add(room.ada, 3, "yes", room.inside)
    room.comments.add(room.ada, 3, "yes, whatever was asked for", room.inside, EVERYBODY)
    room.comments.add(room.bo, 3, "and more", room.note)
    room.comments.add(room.cy, 3, "agreed", room.public, ME)
    assert room.texts(VISITOR) == ["aloud", "agreed"]
    assert room.texts(room.bo, room.to_group) == ["among us", "yes", "yes, whatever was asked for"]
    assert room.texts(room.bo, ME) == ["to myself", "and more"]
    for number in (room.inside, room.note):
        with pytest.raises(UsageError, match=f"no comment {number} on this paper"):
            room.comments.add(room.cy, 3, "me too", number)
    with pytest.raises(UsageError, match="on this paper"):
        room.comments.add(room.ada, 1, "elsewhere", room.inside)


def test_who_is_not_in_the_group_says_nothing_there(room: Room) -> None:
    for actor, said in ((room.cy, "no group"), (room.curator, "no group"), (VISITOR, "sign in")):
        with pytest.raises(UsageError, match=said):
            room.comments.add(actor, 3, "hello", audience=room.to_group)
    with pytest.raises(UsageError, match="no group 99 of yours"):
        room.comments.add(room.ada, 3, "hello", audience=Audience(99))
    with pytest.raises(UnknownPaper):
        room.comments.add(room.ada, 99, "hello", audience=room.to_group)


def test_the_same_to_two_audiences_is_two_comments(room: Room) -> None:
    assert room.comments.add(room.bo, 3, "aloud", audience=room.to_group) != room.public
    assert room.comments.add(room.bo, 3, "among us", audience=room.to_group) == room.inside
    assert room.comments.add(room.bo, 3, "to myself", audience=ME) == room.note


def test_only_its_writer_changes_a_comment_and_owners_delete_in_their_group(room: Room) -> None:
    for number in (room.inside, room.note):
        room.comments.edit(room.bo, number, f"changed {number}")
        assert [one.text for one in room.comments.versions(room.bo, number)] in (["among us"], ["to myself"])
    with pytest.raises(UsageError, match="somebody else's"):
        room.comments.edit(room.ada, room.inside, "mine now")
    with pytest.raises(UsageError, match="there is no comment"):
        room.comments.delete(room.cy, room.inside)
    with pytest.raises(UsageError, match="somebody else's"):
        room.comments.delete(room.ada, room.public)
    own = room.comments.add(room.ada, 3, "of the owner", audience=room.to_group)
    with pytest.raises(UsageError, match="somebody else's"):
        room.comments.delete(room.bo, own)
    room.comments.delete(room.ada, room.inside)
    assert room.comments.get(room.bo, room.inside).deleted_at is not None


def test_nobody_hides_or_reports_what_is_not_for_everybody(room: Room) -> None:
    room.community.groups.invite(room.ada, room.group, "cleo")
    room.community.groups.accept(room.curator, room.group)
    for act in (room.comments.hide, room.comments.unhide):
        with pytest.raises(UsageError, match="said within a group"):
            act(room.curator, room.inside, "no")
    note = room.comments.add(room.curator, 3, "a curator's note", audience=ME)
    with pytest.raises(UsageError, match="nobody else sees it"):
        room.comments.hide(room.curator, note, "no")
    for number in (room.inside, room.note):
        with pytest.raises(UsageError, match=f"there is no comment {number}"):
            room.community.moderation.report(room.ada, Target("comment", number), "spam")
    assert room.community.moderation.log() == []


def test_counts_are_of_what_everybody_reads(room: Room) -> None:
    for actor in (room.ada, room.bo, room.cy, VISITOR):
        assert room.comments.counts(actor, [1, 3]) == {1: 0, 3: 1}
    from broadsheet.catalogue.community.comments import Author

    table = room.community.library.catalogue.community.comments
    assert [one.text for one in table.of_author(Author(account_id=room.bo.account_id))] == ["aloud"]


def test_a_mention_reaches_those_who_read_the_comment(room: Room) -> None:
    for audience in (room.to_group, ME, EVERYBODY):
        room.comments.add(room.ada, 3, f"@bo, @cy ({audience})", audience=audience)
    assert sorted(one.text for one, _ in room.comments.mentions(room.bo)) == [
        "@bo, @cy ()", f"@bo, @cy (group:{room.group})",
    ]  # fmt: skip
    assert [one.text for one, _ in room.comments.mentions(room.cy)] == ["@bo, @cy ()"]
    room.community.groups.remove(room.ada, room.group, "bo")
    assert [one.text for one, _ in room.comments.mentions(room.bo)] == ["@bo, @cy ()"]


def test_what_a_former_member_said_stays_for_the_group(room: Room) -> None:
    room.community.groups.leave(room.bo, room.group)
    assert room.texts(room.ada, room.to_group) == ["among us"]
    with pytest.raises(UsageError, match="there is no comment"):
        room.comments.edit(room.bo, room.inside, "taken back")


def test_when_papers_become_one_each_audience_has_both_threads(room: Room) -> None:
    for paper in (1, 2):
        for audience in (EVERYBODY, room.to_group, ME):
            room.comments.add(room.bo, paper, f"on {paper}", audience=audience)
    room.community.library.catalogue.papers.add([BOTH])
    for audience in (EVERYBODY, room.to_group, ME):
        thread = room.comments.thread(room.bo, 1, audience)
        assert sorted(entry.comment.text for entry in thread) == ["on 1", "on 2"]
    assert room.comments.counts(VISITOR, [1]) == {1: 2}


def test_when_a_member_leaves_with_their_words_the_group_loses_them(room: Room) -> None:
    belongings = room.community.library.catalogue.community.belongings
    reader = room.community.library.catalogue.readers.get("bo").id
    belongings.remove(reader, with_comments=True)
    [entry] = room.comments.thread(room.ada, 3, room.to_group)
    assert (entry.comment.text, entry.comment.author, entry.comment.account_id) == ("", "", None)
    assert room.community.library.catalogue.community.comments.get(room.note) is None
