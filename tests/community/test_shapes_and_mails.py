"""Whatever a title says: no header is broken out of, nobody is called in a chat, what was written is what arrives."""

from __future__ import annotations

import email.policy
import json
import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.community.accounts.credentials import account_name, full_name, mail_address
from broadsheet.community.accounts.passwords import checked_password
from broadsheet.community.mail import shapes
from broadsheet.community.mail.mime import address_of, compose, one_line, sender_address
from broadsheet.community.mail.shapes import SHAPES, Post, PostItem
from broadsheet.community.participation import line, paragraphs
from broadsheet.kit.errors import UsageError
from tests.clock import NOON
from tests.web.members import CHEAP

ANYTHING = st.text(st.characters(codec=None), max_size=300)
TEXT = st.text(max_size=400)
ITEMS = st.lists(st.builds(PostItem, ANYTHING, st.just("https://papers.example.org/paper/1"), ANYTHING), max_size=60)
POSTS = st.builds(Post, ANYTHING, st.just("https://papers.example.org/papers/date/2026-07-01"), ITEMS)
BREAKS = re.compile(r"[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=email.policy.default)


def made(subject: str, text: str = "Hello", html: str = "", **headers: str) -> EmailMessage:
    """A mail as it arrives."""
    content = compose(
        sender="Kelp <kelp@example.org>",
        to="ada@example.org",
        subject=subject,
        text=text,
        html=html,
        message_id="<1@example.org>",
        date=NOON,
        headers=headers,
    )
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) <= 998  # RFC 5322
    return parsed(content)


# --- mails ----------------------------------------------------------------------------------------------------------


@given(ANYTHING)
def test_no_subject_breaks_out_of_its_header(subject: str) -> None:
    mail = made(subject)
    assert mail.keys().count("Subject") == 1
    assert not {"Bcc", "Cc", "X-Evil"} & set(mail.keys())
    assert mail.get_content().strip() == "Hello"


@given(st.sampled_from(["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028"]), st.sampled_from(["Bcc: eve@x.org", "\r\n<b>"]))
def test_a_line_break_in_a_header_is_a_space(sign: str, what: str) -> None:
    mail = made(f"Kelp{sign}{what}", **{"Reply-To": f"ada@example.org{sign}{what}"})
    assert mail["Bcc"] is None
    assert sorted(mail.keys()) == sorted(set(mail.keys()))
    assert mail.get_content().strip() == "Hello"


@given(TEXT)
def test_what_was_written_arrives(text: str) -> None:
    sent = text.replace("\r\n", "\n").replace("\r", "\n")
    both = made("Kelp", text, "<p>" + text.replace("<", "&lt;") + "</p>")
    plain, html = both.get_body(("plain",)), both.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_payload(decode=True).decode().replace("\r\n", "\n").rstrip("\n") == sent.rstrip("\n")  # type: ignore[union-attr]
    assert html.get_content_type() == "text/html"
    assert both.defects == []


@given(TEXT, TEXT)
def test_the_same_mail_has_the_same_bytes(subject: str, text: str) -> None:
    """One that is tried again is the mail that was tried before."""
    one, other = (made(subject, text, "<p>x</p>").as_bytes() for _ in range(2))
    assert one == other


@given(ANYTHING, st.integers(1, 120))
def test_a_line_is_one_line(text: str, longest: int) -> None:
    cut = one_line(text, longest)
    assert len(cut) <= longest
    assert not BREAKS.search(cut)
    assert cut == one_line(cut, longest)
    assert not re.search("[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", cut)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Ada@Example.ORG", "Ada@example.org"),  # who has the mailbox decides what its capitals mean
        (" ada@example.org ", "ada@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("a.b+c'd@x.io", "a.b+c'd@x.io"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_an_address_as_mail_is_sent_to_it(text: str, address: str) -> None:
    assert address_of(text) == address
    assert address_of(address) == address


@given(st.text(alphabet="ab@.<>,;:\"' \r\n\\é+-_", max_size=30))
def test_what_is_taken_for_an_address_is_one(text: str) -> None:
    try:
        address = address_of(text)
    except UsageError:
        return
    assert re.fullmatch(r"[^@\s<>,;:\"\\]+@[a-z0-9.-]+", address)
    assert (
        parsed(compose(sender=address, to=address, subject="x", text="y", message_id="<1@x>", date=NOON))["To"]
        == address
    )


@pytest.mark.parametrize(
    ("sender", "name", "address"),
    [
        ("kelp@example.org", "", "kelp@example.org"),
        ("Daily Kelp <kelp@Example.org>", "Daily Kelp", "kelp@example.org"),
        ('"Kelp, daily" <kelp@example.org>', "Kelp, daily", "kelp@example.org"),
        ("Zeitung für Rüben <a@b.org>", "Zeitung für Rüben", "a@b.org"),
    ],
)
def test_the_sender(sender: str, name: str, address: str) -> None:
    assert sender_address(sender) == (name, address)


# --- chats ----------------------------------------------------------------------------------------------------------


@given(POSTS)
def test_a_post_is_within_the_limits_of_slack(post: Post) -> None:
    body = SHAPES["slack"](post)
    assert len(body["blocks"]) <= shapes.SLACK_BLOCKS
    assert [block["type"] for block in body["blocks"]] == ["header", *["section"] * (len(body["blocks"]) - 1)]
    assert 0 <= len(body["blocks"][0]["text"]["text"]) <= shapes.SLACK_HEADER
    sections = [block["text"]["text"] for block in body["blocks"][1:]]
    assert all(0 < len(text) <= shapes.SLACK_SECTION for text in sections)
    assert (body["unfurl_links"], body["unfurl_media"]) == (False, False)
    for text in sections[:-1]:  # <…> is Slack's own markup: there is one address of ours, and nobody is called
        assert re.findall(r"<[^|>]*", text) == ["<https://papers.example.org/paper/1"]
    assert "<" not in body["text"]
    json.dumps(body)


@given(POSTS)
def test_a_post_is_within_the_limits_of_mattermost(post: Post) -> None:
    text = SHAPES["mattermost"](post)["text"]
    assert len(text) <= shapes.MATTERMOST
    assert text.startswith("#### [")
    assert not re.search(r"@(?!\u200b)", text)
    assert not re.search(r"(?<!\\)`", text)
    heads = [line for line in text.split("\n") if re.match(r"\d+\. ", line)]
    assert all(line.endswith("](https://papers.example.org/paper/1)**") for line in heads)


@given(POSTS)
def test_a_post_is_within_the_limits_of_discord(post: Post) -> None:
    body = SHAPES["discord"](post)
    assert len(body["content"]) <= 2000
    assert len(body["embeds"]) <= shapes.DISCORD_EMBEDS
    assert body["allowed_mentions"] == {"parse": []}
    assert all(len(one["title"]) <= shapes.DISCORD_TITLE for one in body["embeds"])
    assert sum(len(one["title"]) + len(one["description"]) for one in body["embeds"]) <= 6000


# --- what people call themselves ------------------------------------------------------------------------------------


@given(ANYTHING)
def test_a_name_is_taken_in_its_one_spelling_or_refused(text: str) -> None:
    for check, form in ((account_name, r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?"), (mail_address, r"[!-~]+@[a-z0-9.-]+")):
        try:
            name = check(text)
        except UsageError:
            continue
        assert re.fullmatch(form, name)
        assert check(name) == check(f" {name.upper()} ") == name


@given(ANYTHING)
def test_a_full_name_is_printable_and_short(text: str) -> None:
    try:
        name = full_name(text)
    except UsageError:
        return
    assert len(name) <= 80
    assert name == "" or name.isprintable()
    assert full_name(name) == name == name.strip()


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_a_password_is_itself_and_no_other(one: str, other: str) -> None:
    try:
        stored = CHEAP.hash(checked_password(one))
    except UsageError:
        return
    assert CHEAP.verify(stored, one)
    if not CHEAP.verify(stored, other):
        assert one != other
    assert not CHEAP.verify("", one)
    assert not CHEAP.verify(stored, one + "x")
    assert one.encode("utf-8", "replace").hex() not in stored.encode().hex()


@pytest.mark.parametrize(
    ("password", "others", "said"),
    [
        ("short", (), "10 to 500 characters"),
        ("x" * 501, (), "10 to 500 characters"),
        ("aaaaaaaaaaaa", (), "at least 5 different characters"),
        ("abababababab", (), "at least 5 different characters"),
        ("rita-the-reader", ("Rita-The-Reader",), "neither your name nor your address"),
        ("rita@example.org", ("rita", "RITA@example.org"), "neither your name nor your address"),
    ],
)
def test_what_is_no_password(password: str, others: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        checked_password(password, *others)


# --- what people write ----------------------------------------------------------------------------------------------


@given(ANYTHING)
def test_a_text_keeps_its_paragraphs_and_loses_what_cannot_be_read(text: str) -> None:
    try:
        kept = paragraphs(text, 1000)
    except UsageError:
        assert not re.sub(r"[^\w]", "", text, flags=re.ASCII).strip("_")
        return
    assert kept == paragraphs(kept, 1000)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2060-\u206f]", kept)
    assert "\n\n\n" not in kept
    assert not kept.startswith("\n")
    assert kept == kept.rstrip()


@given(ANYTHING, st.integers(0, 40))
def test_a_line_that_is_too_long_is_refused_and_any_other_kept(text: str, most: int) -> None:
    try:
        kept = line(text, most, "a title")
    except UsageError as error:
        assert f"a title has at most {most} characters" in str(error)  # noqa: PT017
        return
    assert len(kept) <= most
    assert "\n" not in kept
    assert kept == line(kept, most, "a title")


def test_dates_of_mails_are_as_programs_read_them() -> None:
    assert made("x")["Date"].datetime == datetime(2026, 7, 1, 12, tzinfo=UTC)
