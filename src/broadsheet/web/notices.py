"""Notices: the line that reports an action, with its undo. It is built from codes in the address, never from text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from broadsheet.kit.errors import UsageError
from broadsheet.kit.reader_actions import ReaderAction
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import IngestReport
from broadsheet.web.limits import shortened

__all__ = ["KEYS", "Notice", "counts_of", "notice", "plural"]

KEYS = frozenset(
    {"done", "was", "paper", "papers", "read", "added", "known", "bad", "out", "apart", "deletion", "left", "came"}
)
_STEERED = {"steer": "Changed.", "unsteer": "Undone."}
_TITLE = 90  # characters
_LEFT = 100  # papers that left the page, at most
_NAMED = 5  # of them named

_SENTENCES = {  # other codes -> sentence
    "nothing": "There is nothing to undo.",
    "none": "Nothing to change: it was so already.",
    "start": "Thank you. This page is now yours.",
    "tune": "Your page has new settings.",
    "replay": "Your past is being replayed.",
    "replaying": "Your past is being replayed already.",
    "start-draft": "Your page is drafted from two mixes from now on.",
    "stop-draft": "Your page is of one mix again.",
    "reset": "Everything this page knew about you is forgotten.",
    "collect": "Put into the collection: {what}.",
    "uncollect": "Taken out of the collection: {what}.",
    "create": "The collection is made.",
    "rename": "The collection has its new name.",
    "list-add": "Put into the collection: {what}.",
    "list-remove": "Taken out of the collection, and its remark with it: {what}. Its page puts it in again.",
    "list-up": "Moved up: {what}.",
    "list-down": "Moved down: {what}.",
    "list-place": "Moved: {what}.",
    "list-section": "In its section: {what}.",
    "list-remark": "The remark is kept.",
    "list-add-section": "The section is made.",
    "list-rename-section": "The section has its new heading.",
    "list-remove-section": "The section is removed; its papers stay, without one.",
    "list-section-up": "The section is moved up.",
    "list-section-down": "The section is moved down.",
    "list-share": "The collection is shared with the member.",
    "list-unshare": "The collection is no longer shared with the member.",
    "list-share-group": "The collection is shared with the group.",
    "list-unshare-group": "The collection is no longer shared with the group.",
    "list-open-link": "Everybody who has the link can read the collection now; an earlier link opens nothing any more.",
    "list-close-link": "The link opens nothing any more.",
    "uncreate": "The collection is deleted; its papers stay.",
    "recreate": "The collection is back.",
    "make-alert": "The alert is made: it finds papers that come from now on.",
    "change-alert": "The alert is changed.",
    "pause-alert": "The alert is paused.",
    "resume-alert": "The alert goes on.",
    "look-alert": "Noted: you have seen all that it found.",
    "delete-alert": "The alert is deleted.",
    "see-changes": "Noted: you have seen it.",
    "save-search": "The search is saved: what comes from now on is new in it.",
    "rename-search": "The search has its new name.",
    "delete-search": "The search is deleted.",
    "restore-search": "The search is back.",
    "takeout": "Your archive is being made.",
    "make-feed": "It has an address now.",
    "renew-feed": "It has another address; the one before opens nothing any more.",
    "revoke-feed": "Its address opens nothing any more.",
    "revoke-program": "The program is locked out.",
    "delete": "Deleted: {what}.",
    "restore": "Restored: {what}.",
    "purge": "What was deleted is forgotten for good.",
    "part": "Parted: {what}.",
    "quarantine": "Removed from quarantine.",
    "sync": "Looking for new papers.",
    "profile": "What others see of you is changed.",
    "password": "The new password is set, and every other browser is signed out.",
    "signed-out": "Signed out.",
    "revoked": "It is revoked.",
    "connected": "Your accounts are connected.",
    "disconnected": "Your accounts are no longer connected.",
    "connect": "The library is connected and being read.",
    "connect-sync": "Bringing your connections in step.",
    "disconnect": "The connection is ended and its key forgotten.",
    "role": "The account has its new role.",
    "suspend": "The account is suspended.",
    "unsuspend": "The account may come in again.",
    "busy": "A sync is running already.",
    "import": "Read {read} records: {added} new, {known} here already, all saved for you.",
    "pick": "In today’s edition: {what}.",
    "unpick": "Taken out of today’s edition: {what}.",
    "vote": "Your vote for {what} is counted.",
    "voter-yes": "Others see your name with your votes. Your account page changes that.",
    "voter-no": "Nobody but administrators sees who you voted for. Your account page changes that.",
    "bookmark": "Kept as your bookmark, and not counted: {what}.",
    "unvote": "You have no vote for {what} any more.",
    "submit": "In today’s edition, submitted by you: {what}.",
    "note": "Your submission is noted: {what}. Its page says why it is not in the daily.",
    "unsubmit": "Your submission is taken back: {what}.",
    "decide": "The decision is recorded.",
    "claim": "An administrator will decide whether this author is you.",
    "claimed": "A record says that this author is you: the claim is confirmed.",
    "unclaim": "The claim is taken back.",
    "organisation": "The organisation is changed.",
    "comment": "It is posted.",
    "group-make": "The group is made; invite its members.",
    "group-join": "You are in the group.",
    "group-decline": "The invitation is declined.",
    "group-leave": "You have left the group.",
    "group-delete": "The group is deleted.",
    "group-restore": "The group is back.",
    "group-rename": "The group is changed.",
    "group-invite": "The member is invited and sees it on the page of groups.",
    "group-uninvite": "The invitation is taken back.",
    "group-open-link": "Whoever has the link can join now; an earlier link leads nowhere any more.",
    "group-close-link": "The link leads nowhere any more.",
    "group-remove": "The member is no longer in the group.",
    "group-make-owner": "The member owns the group, too.",
    "group-make-member": "The owner is a member again.",
    "group-show": "From now on the group sees what you save and vote for.",
    "group-hide": "The group sees nothing any more of what you save and vote for.",
    "group-nominate": "Nominated: {what}.",
    "group-withdraw": "No longer nominated, and its votes are gone: {what}.",
    "group-vote": "Your vote in the group is for {what}.",
    "group-unvote": "You have no vote in the group any more for {what}.",
    "group-pick": "To be read together: {what}.",
    "group-unpick": "Without a day again: {what}.",
    "group-share": "The collection is shared with the group.",
    "group-unshare": "The collection is no longer shared with the group.",
    "keep-note": "Your note is kept; nobody else sees it.",
    "mark": "The passage is marked, for you alone.",
    "unmark": "The mark is taken off.",
    "edit-comment": "It is changed; what it was stays readable.",
    "delete-comment": "Its text is gone; its place in the thread stays.",
    "hide-comment": "The comment is hidden; the moderation log says why.",
    "unhide-comment": "The comment is shown again.",
    "report": "The curators will look at it. Thank you.",
    "reported": "You reported it already; the curators will look at it.",
    "hide-report": "It is hidden and its reports are closed.",
    "resolve-report": "The reports are closed.",
    "dismiss-report": "The reports are dismissed.",
    "mentions": "Noted: you have seen them.",
    "tag-paper": "The paper has the tag, for everybody.",
    "untag-paper": "The tag is taken off.",
    "link": "The link is added.",
    "unlink": "The link is taken off.",
    "unimport": "The import is undone: {what} taken out.",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """The report of an action; `undo` are the fields of the form that undoes it, empty if it cannot be undone."""

    text: str
    undo: Mapping[str, str] = field(default_factory=dict)
    detail_href: str = ""
    left: tuple[tuple[int, str], ...] = ()  # (number, title) of the papers that left the reader's page


def notice(library: Library, parameters: Mapping[str, str]) -> Notice | None:
    """The notice for a page's query parameters (`done`, `paper`, counts); None for none or an unknown code."""
    done, was = parameters.get("done", ""), parameters.get("was", "")
    subject, paper_count = _subject(library, parameters)
    if done == ReaderAction.DOWN and "left" in parameters:
        left = _left(library, parameters["left"])
        text = ReaderAction.DOWN.notice.format(what=subject)
        return Notice(f"{text} {_leaving(left)}", {"times": "1", "whole": "1"}, left=left)
    if done in _STEERED:
        left, came = (_left(library, parameters.get(part, "")) for part in ("left", "came"))
        return Notice(
            f"{_STEERED[done]} {_moving(left, came)}", {"steer": "undo"} if done == "steer" else {}, left=left
        )
    if action := _undoable_action(done):
        return Notice(action.notice.format(what=subject), {"times": str(paper_count)})
    if done == "undo":
        return Notice(f"Undone: {_undo_sentence(was, subject, paper_count)}")
    if done not in _SENTENCES:
        return None
    fields = {name: _count(parameters.get(name, "")) for name in ("read", "added", "known")}
    text = _SENTENCES[done].format(what=subject, **fields)
    if done == "import":
        return _import_notice(text, parameters)
    return Notice(text, {"deletion": parameters["deletion"]} if parameters.get("deletion") else {})


def _import_notice(text: str, parameters: Mapping[str, str]) -> Notice:
    """The result of an import, with a link to the details if there are any."""
    counts = [
        (_count(parameters.get("bad", "")), "could not be read.", "/sources#quarantine"),
        (_count(parameters.get("out", "")), "stay out: they were deleted here.", "/deleted"),
        (
            _count(parameters.get("apart", "")),
            "kept apart from papers that their key or identifier named.",
            "/sources#last",
        ),
    ]
    counts = [entry for entry in counts if entry[0] != "0"]
    text = " ".join([text, *(f"{count} {meaning}" for count, meaning, _ in counts)])
    return Notice(text, detail_href=counts[0][2] if counts else "")


def _left(library: Library, numbers: str) -> tuple[tuple[int, str], ...]:
    """(number, title) of the papers with these numbers, joined by dots; what is no number is passed over."""
    ids = [int(text) for text in numbers.split(".") if text.isascii() and text.isdigit() and len(text) < 18]
    return tuple((stored.id, shortened(stored.paper.title, _TITLE)) for stored in library.papers(ids[:_LEFT]))


def _leaving(left: Sequence[tuple[int, str]]) -> str:
    """What left the page, as a sentence."""
    if not left:
        return "No other paper leaves your page."
    titles = ", ".join(f"“{title}”" for _, title in left[:_NAMED])
    more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
    return f"{plural(len(left))} {'leaves' if len(left) == 1 else 'leave'} your page with it: {titles}{more}."


def _moving(left: Sequence[tuple[int, str]], came: Sequence[tuple[int, str]]) -> str:
    """What leaves the page and what comes, as a sentence."""
    if not left and not came:
        return "Nothing moves on your page."
    parts = []
    for papers, one, many in ((left, "leaves", "leave"), (came, "comes", "come")):
        titles = ", ".join(f"“{title}”" for _, title in papers[:_NAMED])
        more = f" and {len(papers) - _NAMED} more" if len(papers) > _NAMED else ""
        named = f": {titles}{more}" if papers else ""
        parts.append(f"{plural(len(papers))} {one if len(papers) == 1 else many}{named}")
    return "; ".join(parts) + "."


def _undo_sentence(was: str, subject: str, paper_count: int) -> str:
    action = _undoable_action(was)
    if action is None:
        return f"the last action on {subject}."
    if paper_count == 1:
        return action.undone.format(what=subject)
    sentence = action.notice.format(what=subject)
    return sentence[0].lower() + sentence[1:]


def _undoable_action(name: str) -> ReaderAction | None:
    return next((action for action in ReaderAction if action == name and action.can_be_undone), None)


def plural(number: int, noun: str = "paper") -> str:
    """A number with its noun: 1 paper, 2,000 papers."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _subject(library: Library, parameters: Mapping[str, str]) -> tuple[str, int]:
    """The papers of the action in words, and their number."""
    count = parameters.get("papers", "")
    if count.isascii() and count.isdigit() and len(count) < 10:
        return plural(int(count)), int(count)
    return f"“{_title(library, parameters.get('paper', ''))}”", 1


def _count(text: str) -> str:
    return f"{int(text):,}" if text.isascii() and text.isdigit() and len(text) < 10 else "0"


def _title(library: Library, number: str) -> str:
    if not (number.isascii() and number.isdigit() and len(number) < 18):
        return "this paper"
    try:
        return shortened(library.paper(int(number)).paper.title, _TITLE)
    except UsageError:
        return "this paper"


def counts_of(report: IngestReport) -> dict[str, str]:
    """The codes that say what an import did."""
    known = report.read - report.added - report.quarantined - report.deleted
    return {
        "read": str(report.read),
        "added": str(report.added),
        "known": str(max(known, 0)),
        "bad": str(report.quarantined),
        "out": str(report.deleted),
        "apart": str(len(report.notes)),
    }
