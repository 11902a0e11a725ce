"""Submitting papers: which paper, what enters the daily, who may take it back or hide it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from broadsheet.community import Community
from broadsheet.community.actor import VISITOR, Actor, Role
from broadsheet.kit.errors import RateLimited, UnknownPaper, UsageError
from tests.catalogue.made import BOTH, record
from tests.community.people import query

Member = Callable[..., Actor]
NEW = record("News of kelp", "arxiv", "2607.00001", arxiv="2607.00001", submitted=date(2026, 6, 20))
OLD = record("Old news of kelp", "arxiv", "2605.00001", arxiv="2605.00001", submitted=date(2026, 5, 2))


def picture(colour: str = "red") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (8, 8), colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def new(community: Community) -> int:
    return community.library.catalogue.papers.add([NEW]).paper_ids[0]


def test_a_new_paper_enters_the_day_with_reason_and_picture(community: Community, member: Member, new: int) -> None:
    dora = member("dora")
    standing = community.submissions.submit(dora, new, "  Look:\x07 it\n works\u202e ", picture())
    assert standing.submission is not None
    assert (standing.submission.submitter, standing.submission.reason) == ("dora", "Look: it works")
    assert standing.entry is not None
    assert (standing.entry.via, standing.entry.by, standing.why_not) == ("submission", "dora", "")
    (entry,) = community.editions.edition(community.editions.today).entries
    assert (entry.printed.paper_id, entry.printed.said, entry.printed.picture_id) == (new, "Look: it works", 1)
    shown = community.submissions.picture(VISITOR, 1)
    assert shown is not None
    assert shown.media_type == "image/webp"


def test_a_paper_is_submitted_once(community: Community, member: Member, new: int) -> None:
    dora, emil = member("dora"), member("emil")
    first = community.submissions.submit(dora, new, "mine", picture())
    for actor in (dora, emil):
        again = community.submissions.submit(actor, new, "another", picture("blue"))
        assert (again.submission, again.may_submit) == (first.submission, False)
    assert query(community.library, "SELECT count(*), max(picture_id) FROM submissions") == [(1, 1)]
    assert query(community.library, "SELECT count(*) FROM pictures") == [(1,)]


def test_an_old_paper_is_noted_and_says_why_it_is_not_in_the_daily(community: Community, member: Member) -> None:
    (old,) = community.library.catalogue.papers.add([OLD]).paper_ids
    standing = community.submissions.submit(member("dora"), old, "a classic")
    assert standing.entry is None
    assert standing.why_not == (
        "It is of 2 May 2026; the daily takes papers of the last 14 days. It is here and can be found."
    )
    assert standing.submission is not None
    assert community.submissions.standing(member("emil"), 2).why_not.startswith("It is of 2024; ")


def test_what_was_known_is_found_and_not_looked_up(community: Community, member: Member) -> None:
    dora = member("dora")
    for text in ("2401.00003", " arXiv:2401.00003v2 ", "https://huggingface.co/papers/2401.00003", "10.1145/1"):
        assert community.submissions.find(dora, text) == (2 if "10.1145" in text else 3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://example.org/paper.pdf",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:8000/2401.00009",
        "file:///etc/passwd",
        "../../etc/passwd",
        "gopher://127.0.0.1/_x",
        "see arXiv:2401.00008 and arXiv:2401.00009",
    ],
)
def test_what_names_no_paper_is_refused_and_never_opened(
    community: Community, member: Member, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add_ids(*_: object, **__: object) -> None:
        raise AssertionError("it was looked up")

    monkeypatch.setattr(community.library, "add_ids", add_ids)
    with pytest.raises(UsageError, match=r"names no paper|more than one paper"):
        community.submissions.find(member("dora"), text)


def test_a_file_brings_its_papers(community: Community, member: Member, tmp_path: Path) -> None:
    dora = member("dora")
    file = tmp_path / "one.bib"
    file.write_text("@article{a, title={Waves in the deep}, author={Lee, Ada}, year={2026}}")
    assert community.submissions.find_in_file(dora, file) == [4]
    assert community.submissions.find_in_file(dora, file) == [4]
    file.write_text("".join(f"@article{{a{n}, title={{Waves {n} of the deep}}, year={{2026}}}}\n" for n in range(21)))
    with pytest.raises(UsageError, match="more than 20 records"):
        community.submissions.find_in_file(dora, file)
    assert community.library.catalogue.papers.count() == 4


def test_what_was_deleted_comes_back_by_a_curator_only(community: Community, member: Member, tmp_path: Path) -> None:
    file = tmp_path / "one.bib"
    file.write_text("@article{a, title={Waves in the deep}, author={Lee, Ada}, year={2026}}")
    dora = member("dora")
    (paper,) = community.submissions.find_in_file(dora, file)
    community.library.delete(paper)
    with pytest.raises(UsageError, match="were deleted here"):
        community.submissions.find_in_file(dora, file)
    assert community.submissions.find_in_file(member("cleo", role=Role.curator), file) == [5]


def test_who_may_not_submit(community: Community, member: Member, new: int) -> None:
    with pytest.raises(UsageError, match="sign in"):
        community.submissions.submit(VISITOR, new)
    with pytest.raises(UsageError, match="sign in"):
        community.submissions.find(VISITOR, "2401.00003")
    with pytest.raises(UnknownPaper):
        community.submissions.submit(member("dora"), 99)
    with pytest.raises(UsageError, match="at most 500 characters"):
        community.submissions.submit(member("emil"), new, "x" * 501)
    with pytest.raises(UsageError, match="SVG"):
        community.submissions.submit(member("finn"), new, "", b"<svg/>")
    assert query(community.library, "SELECT count(*) FROM submissions") == [(0,)]


def test_a_member_submits_so_many_a_day(community: Community, member: Member) -> None:
    seas = ("red", "dead", "black", "white", "green", "north", "inland", "far", "near")
    titles = [f"Kelp of the {sea} sea" for sea in seas]
    ids = community.library.catalogue.papers.add(
        [record(title, "jsonl:a", str(n), year=2026) for n, title in enumerate([*titles, "Sand", "Mud", "Silt"])]
    ).paper_ids
    dora = member("dora")
    for paper in ids[:10]:
        community.submissions.submit(dora, paper)
    with pytest.raises(RateLimited, match="too often"):
        community.submissions.submit(dora, ids[10])
    assert community.submissions.submit(member("emil"), ids[10]).entry is not None


def test_ones_own_is_taken_back_while_the_day_is_open(community: Community, member: Member, new: int) -> None:
    dora, emil = member("dora"), member("emil")
    community.submissions.submit(dora, new, "", picture())
    with pytest.raises(UsageError, match="only who submitted it"):
        community.submissions.withdraw(emil, 1)
    assert community.submissions.withdraw(dora, 1) == new
    assert community.editions.row_of(new) is None
    assert query(community.library, "SELECT count(*) FROM pictures") == [(0,)]
    with pytest.raises(UsageError, match="there is no submission 1"):
        community.submissions.withdraw(dora, 1)


def test_what_is_printed_stays(community: Community, member: Member, new: int) -> None:
    from datetime import timedelta

    dora = member("dora")
    community.submissions.submit(dora, new)
    community.editions.close_due(community.library.now() + timedelta(days=2))
    with pytest.raises(UsageError, match="what is printed stays"):
        community.submissions.withdraw(dora, 1)
    assert not community.submissions.standing(dora, new).may_withdraw


def test_a_curator_hides_and_shows_again(community: Community, member: Member, new: int) -> None:
    dora, cleo = member("dora"), member("cleo", role=Role.curator)
    community.submissions.submit(dora, new, "buy kelp", picture())
    with pytest.raises(UsageError, match="only a curator"):
        community.submissions.hide(dora, 1, "no")
    with pytest.raises(UsageError, match="give a reason"):
        community.submissions.hide(cleo, 1, " ")
    community.submissions.hide(cleo, 1, "advertising")
    assert community.editions.row_of(new) is None
    assert community.submissions.picture(dora, 1) is None
    assert community.submissions.picture(cleo, 1) is not None
    with pytest.raises(UsageError, match="hidden the submission of this paper: advertising"):
        community.submissions.submit(member("emil"), new)
    community.submissions.unhide(cleo, 1, "a mistake")
    assert community.editions.row_of(new) is not None
    acts = [("cleo", "hide", "submission 1", "advertising"), ("cleo", "unhide", "submission 1", "a mistake")]
    for log in (
        "SELECT actor, act, target, reason FROM moderation_log",
        "SELECT actor, act, target, detail FROM audit_log",
    ):
        assert query(community.library, log) == acts


def test_a_submission_follows_its_paper(community: Community, member: Member) -> None:
    community.submissions.submit(member("dora"), 2, "of the article")
    community.library.catalogue.papers.add([BOTH])
    standing = community.submissions.standing(VISITOR, 1)
    assert standing.submission is not None
    assert standing.submission.reason == "of the article"
