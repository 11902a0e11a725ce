"""Every setting: what it takes at its bounds, what it refuses, and the line that says so."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import broadsheet
from broadsheet.kit.errors import SettingError
from broadsheet.settings import FILE_NAME, Settings, load
from broadsheet.settings.oidc import OidcProvider

GOOD: dict[str, tuple[Any, ...]] = {
    "server.host": ("127.0.0.1", "::1", "localhost"),
    "server.port": (0, 1, 8000, 65535),
    "server.title": ("x", "Zeitung für Rüben", "t" * 80),
    "server.token": ("auto", "off", "a" * 16, "A-b_" * 50),
    "server.api_calls": (0, 1000, 1_000_000),
    "contact.email": ("", "ada@example.org"),
    "contact.url": ("", "http://example.org", "https://example.org/~ada"),
    "arxiv.sets": ([], ["cs:cs:IR"], ["math", "stat:stat:ML"]),
    "arxiv.days": (1, 30, 3650),
    "arxiv.oai_url": ("http://localhost:1/oai", "https://example.org"),
    "arxiv.feed_url": ("http://localhost:1/atom",),
    "arxiv.api_url": ("http://localhost:1/query",),
    "crossref.url": ("http://localhost:1/works",),
    "datacite.url": ("http://localhost:1/dois",),
    "daily_papers.url": ("http://localhost:1", "https://papers.example.org"),
    "daily_papers.days": (1, 7, 365),
    "daily_papers.token": ("", "hf_abc", "x" * 500),
    "feed.recency": (0, 0.5, 1, 1.0),
    "feed.diversity": (0, 0.125, 1),
    "feed.exploration": (0.0, 1.0),
    "feed.size": (1, 20, 100),
    "search.semantic": (0, 0.2, 1),
    "search.snippet_words": (5, 40, 200),
    "index.vectors": ("auto", "scan", "ivf", "vamana"),
    "community.mode": ("private", "community"),
    "community.url": ("", "http://localhost:8000", "https://papers.example.org"),
    "community.sign_up": ("closed", "invitation", "open"),
    "community.invitations": (0, 5, 1000),
    "community.session_days": (1, 30, 365),
    "community.proxies": ([], ["127.0.0.1", "::1"], ["10.0.0.0/8", "2001:db8::/32"]),
    "edition.time_zone": ("UTC", "Europe/Paris", "America/New_York"),
    "edition.closes": ("00:00", "18:30", "23:59"),
    "edition.window": (1, 14, 3650),
    "edition.sources": ([], ["arxiv"]),
    "edition.bar": (0, 10, 1_000_000),
    "edition.size": (1, 30, 500),
    "edition.fields": ([], ["Machine learning = cs.LG, stat.ML"]),
    "edition.hub": ("", "https://hub.example.org/publish"),
    "oidc.providers": (
        [],
        [{"name": "ORCID", "issuer": "https://orcid.org", "client_id": "APP-1", "client_secret": "s"}],
    ),
    "trending.formula": ("vote-rate", "hacker-news", "reddit-hot", "lobsters", "vote-count"),
    "trending.few_voters": (0, 10, 10_000),
    "trending.days": (1, 5, 365),
    "discussion.comments_an_hour": (1, 20, 10_000),
    "discussion.annotations_an_hour": (1, 60, 10_000),
    "schedule.sync_hours": (0, 6, 24),
    "mail.host": ("", "smtp.example.org", "127.0.0.1", "::1"),
    "mail.port": (1, 25, 65535),
    "mail.security": ("starttls", "tls", "none"),
    "mail.user": ("", "ada@example.org", "u" * 320),
    "mail.password": ("", 'ein "Wort"', "p" * 1000),
    "mail.password_file": ("", "/etc/broadsheet/password", "~/.password"),
    "mail.sender": ("", "papers@example.org", "Zeitung für Rüben <papers@example.org>", "<a@b.org>"),
    "mail.reply_to": ("", "ada@example.org"),
    "mail.unsubscribe": ("", "leave@example.org"),
    "mail.timeout": (1, 30, 600),
    "mail.tries": (1, 8, 50),
    "mail.papers": (1, 10, 50),
    "mail.own_papers": (0, 5, 50),
    "mail.hour": (0, 7, 23),
    "mail.open_list": ("no", "yes"),
    "mail.webhooks": ("public", "any"),
    "submissions.a_day": (1, 10, 10_000),
}
ADDRESS = "address that begins with http:// or https://"
WRONG: dict[str, tuple[tuple[Any, ...], str]] = {
    "server.host": ((1, True, ["a"]), "a text"),
    "server.port": ((-1, 65536, 1.5, True, "1e9", [], "port"), "an integer from 0 to 65535"),
    "server.title": (("", "t" * 81, 5), "1 to 80 characters"),
    "server.token": (("short", "a" * 15, "a" * 201, "with space inside it", "schlüssel-aus-wörtern", 1), "auto, off"),
    "server.api_calls": ((-1, 1_000_001, 1.5, "many"), "an integer from 0 to 1000000"),
    "contact.email": (("nobody", "a@b@c", "Ada <ada@example.org>", "@", 1), "an e-mail address"),
    "contact.url": (("example.org", "ftp://example.org", "https://", "https://a b"), ADDRESS),
    "arxiv.sets": (("cs", [1], [["cs"]], 7, {"a": 1}), "a list of texts"),
    "arxiv.days": ((0, 3651, 0.5, "week", False), "an integer from 1 to 3650"),
    "arxiv.oai_url": (("", "file:///etc/passwd", 3), ADDRESS),
    "arxiv.feed_url": (("", "//rss.example.org"), ADDRESS),
    "arxiv.api_url": (("", "example"), ADDRESS),
    "crossref.url": (("", "mailto:a@b"), ADDRESS),
    "datacite.url": (("", "http:/one-slash"), ADDRESS),
    "daily_papers.url": (("", "example.org"), ADDRESS),
    "daily_papers.days": ((0, 366, "week"), "an integer from 1 to 365"),
    "daily_papers.token": (("a b", "x\n", "x" * 501, 1), "letters, digits and signs"),
    "feed.recency": ((-0.01, 1.01, "much", True, []), "a number from 0 to 1"),
    "feed.diversity": ((2, "nan"), "a number from 0 to 1"),
    "feed.exploration": (("inf", -1), "a number from 0 to 1"),
    "feed.size": ((0, 101, 2.5), "an integer from 1 to 100"),
    "search.semantic": ((1.5, "", "0,5"), "a number from 0 to 1"),
    "search.snippet_words": ((4, 201, "all"), "an integer from 5 to 200"),
    "index.vectors": (("", "AUTO", "hnsw", "scan ", 1), "one of auto, scan, ivf, vamana"),
    "community.mode": (("", "Community", "public", 1), "one of private, community"),
    "community.url": (("papers.example.org", "ftp://a.org", "https://a.org/path", "https://a.org?x=1", 1), ADDRESS),
    "community.sign_up": (("", "anyone", True), "one of closed, invitation, open"),
    "community.invitations": ((-1, 1001, 0.5, "few"), "an integer from 0 to 1000"),
    "community.session_days": ((0, 366, "week"), "an integer from 1 to 365"),
    "community.proxies": (("127.0.0.1", ["proxy"], [1], ["10.0.0.1/8"], [""]), "a list of IP addresses or networks"),
    "edition.time_zone": (("", "Paris", "../etc/passwd", 5), "a time zone"),
    "edition.closes": (("", "24:00", "6:00", "18:60", 18), "a time of day as 18:00"),
    "edition.window": ((0, 3651, "two weeks"), "an integer from 1 to 3650"),
    "edition.sources": (("arxiv", [1]), "a list of texts"),
    "edition.bar": ((-1, 1_000_001, "high"), "an integer from 0 to 1000000"),
    "edition.size": ((0, 501), "an integer from 1 to 500"),
    "edition.fields": (("cs.LG", [["cs.LG"]]), "a list of texts"),
    "edition.hub": (("hub.example.org", "ftp://hub.example.org", 1), ADDRESS),
    "oidc.providers": (
        ("orcid", ["orcid"], [{"name": "ORCID"}], [{"name": "A", "issuer": "ftp://a", "client_id": "1"}]),
        "provider",
    ),
    "trending.formula": (
        ("", "hot", "vote_rate", 1),
        "one of vote-rate, hacker-news, reddit-hot",
    ),
    "trending.few_voters": ((-1, 10_001, "few"), "an integer from 0 to 10000"),
    "trending.days": ((0, 366, 2.5), "an integer from 1 to 365"),
    "discussion.comments_an_hour": ((0, 10_001, "few"), "an integer from 1 to 10000"),
    "discussion.annotations_an_hour": ((0, 10_001, "few"), "an integer from 1 to 10000"),
    "schedule.sync_hours": ((-1, 25, "daily"), "an integer from 0 to 24"),
    "mail.host": (("https://smtp.example.org", "a b", "h" * 256, 1), "the name of a host"),
    "mail.port": ((0, 65536, "smtp"), "an integer from 1 to 65535"),
    "mail.security": (("", "ssl", True), "one of starttls, tls, none"),
    "mail.user": (("u" * 321, 1, []), "a text"),
    "mail.password": (("p" * 1001, 1), "a text"),
    "mail.password_file": (("p" * 4001, 1), "a path"),
    "mail.sender": (("papers", "Ada <ada>", "a@b.org, c@d.org", "A\nBcc: <a@b.org>", 1), "an e-mail address"),
    "mail.reply_to": (("nobody", "Ada <ada@example.org>", 1), "an e-mail address"),
    "mail.unsubscribe": (("nobody", "a@b c", 1), "an e-mail address"),
    "mail.timeout": ((0, 601, "long"), "an integer from 1 to 600"),
    "mail.tries": ((0, 51), "an integer from 1 to 50"),
    "mail.papers": ((0, 51), "an integer from 1 to 50"),
    "mail.own_papers": ((-1, 51), "an integer from 0 to 50"),
    "mail.hour": ((-1, 24, "morning"), "an integer from 0 to 23"),
    "mail.open_list": (("", "open", True), "one of no, yes"),
    "mail.webhooks": (("", "all", True), "one of public, any"),
    "submissions.a_day": ((0, 10_001, "few"), "an integer from 1 to 10000"),
}
KEYS = [f"{section.name}.{key.name}" for section in fields(Settings) for key in fields(getattr(Settings, section.name))]


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in KEYS:
        monkeypatch.delenv(variable(key), raising=False)


def variable(key: str) -> str:
    """The variable of a setting."""
    return "BROADSHEET_" + key.upper().replace(".", "__")


def toml(value: Any) -> str:
    """A value as TOML writes it, which is nearly JSON."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {toml(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def write(folder: Path, key: str, value: Any) -> Path:
    """A library folder whose file sets one key."""
    section, _, name = key.partition(".")
    (folder / FILE_NAME).write_text(f"[{section}]\n{name} = {toml(value)}\n", encoding="utf-8")
    return folder


def get(settings: Settings, key: str) -> Any:
    """The value of a setting by its dotted name."""
    section, _, name = key.partition(".")
    return getattr(getattr(settings, section), name)


def cases(table: dict[str, Any]) -> list[tuple[str, Any]]:
    """(key, value) of a table."""
    return [(key, value) for key, values in table.items() for value in (values[0] if table is WRONG else values)]


def same(value: Any) -> Any:
    """A value as settings hold it."""
    if isinstance(value, list):
        return tuple(OidcProvider(**one) if isinstance(one, dict) else one for one in value)
    return value


def test_every_setting_is_tried_with_right_and_wrong_values() -> None:
    assert list(GOOD) == list(WRONG) == KEYS


@pytest.mark.parametrize(("key", "value"), cases(GOOD))
def test_a_right_value_is_taken_and_nothing_else_changes(tmp_path: Path, key: str, value: Any) -> None:
    settings = load(write(tmp_path, key, value))
    assert get(settings, key) == same(value)
    assert type(get(settings, key)) is type(get(Settings(), key))
    assert {other: get(settings, other) for other in KEYS if other != key} == {
        other: get(Settings(), other) for other in KEYS if other != key
    }


@pytest.mark.parametrize(("key", "value"), cases(GOOD))
def test_a_variable_says_the_same_as_the_file(monkeypatch: pytest.MonkeyPatch, key: str, value: Any) -> None:
    monkeypatch.setenv(variable(key), json.dumps(value) if isinstance(value, list) else str(value))
    assert get(load(), key) == same(value)


@pytest.mark.parametrize(("key", "value"), cases(WRONG))
def test_a_wrong_value_is_named_with_its_place_and_what_is_wanted(tmp_path: Path, key: str, value: Any) -> None:
    with pytest.raises(SettingError) as caught:
        load(write(tmp_path, key, value))
    section, _, name = key.partition(".")
    said = str(caught.value)
    assert said.startswith(f"{tmp_path / FILE_NAME}: [{section}] {name} = {value!r} cannot be used: should be ")
    assert WRONG[key][1] in said
    assert "\n" not in said


@pytest.mark.parametrize("key", KEYS)
def test_the_variable_wins_and_is_blamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    first, last = GOOD[key][0], GOOD[key][-1]
    monkeypatch.setenv(variable(key), json.dumps(last) if isinstance(last, list) else str(last))
    assert get(load(write(tmp_path, key, first)), key) == same(last)
    wrong = next((value for value in WRONG[key][0] if isinstance(value, str)), None)
    if wrong is not None:
        monkeypatch.setenv(variable(key), wrong)
        with pytest.raises(SettingError, match=variable(key)):
            load(write(tmp_path, key, first))


@pytest.mark.parametrize("key", KEYS)
def test_a_wrong_file_is_forgiven_where_a_variable_says_it_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    right = GOOD[key][-1]
    monkeypatch.setenv(variable(key), json.dumps(right) if isinstance(right, list) else str(right))
    assert get(load(write(tmp_path, key, WRONG[key][0][0])), key) == same(right)


@pytest.mark.parametrize(
    ("section", "key", "meant"),
    [
        ("server", "hots", "host"),
        ("server", "Titel", "title"),
        ("contact", "mail", "email"),
        ("arxiv", "day", "days"),
        ("arxiv", "oai-url", "oai_url"),
        ("feed", "recensy", "recency"),
        ("feed", "diverse", "diversity"),
        ("search", "snippet_word", "snippet_words"),
        ("search", "semantics", "semantic"),
        ("index", "vector", "vectors"),
    ],
)
def test_a_misspelt_key_gets_the_nearest_one(tmp_path: Path, section: str, key: str, meant: str) -> None:
    (tmp_path / FILE_NAME).write_text(f'[{section}]\n"{key}" = 1\n', encoding="utf-8")
    with pytest.raises(SettingError) as caught:
        load(tmp_path)
    assert str(caught.value).endswith(f"unknown key {key!r} in [{section}]; did you mean {meant!r}?")


def test_a_key_like_no_other_gets_all_of_them(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("[feed]\nzzzz = 1\n", encoding="utf-8")
    with pytest.raises(SettingError, match=r"\[feed\]; known: recency, diversity, exploration, size$"):
        load(tmp_path)


@pytest.mark.parametrize("text", ['["cs"', "cs", "[1,]", ""])
def test_a_list_that_is_no_json_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("BROADSHEET_ARXIV__SETS", text)
    with pytest.raises(SettingError, match=r"BROADSHEET_ARXIV__SETS = .*a list is written as JSON"):
        load()


@pytest.mark.parametrize("text", ['"cs"', "7", "null", "[1]", '{"a": "b"}'])
def test_json_that_is_no_list_of_texts_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("BROADSHEET_ARXIV__SETS", text)
    with pytest.raises(SettingError, match=r"BROADSHEET_ARXIV__SETS: \[arxiv\] sets = .* a list of texts"):
        load()


def test_a_mark_at_the_beginning_of_the_file_is_no_key(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("\ufeff[feed]\nsize = 3\n", encoding="utf-8")
    assert load(tmp_path).feed.size == 3
    (tmp_path / FILE_NAME).write_text("", encoding="utf-8")
    assert load(tmp_path) == Settings()


def test_settings_govern_the_page_of_a_new_reader_only(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    with broadsheet.open(folder) as library:
        library.tune("me", recency=0.75)
    (folder / FILE_NAME).write_text("[feed]\nrecency = 0.5\ndiversity = 1\n", encoding="utf-8")
    with broadsheet.open(folder) as library:
        library.create_reader("ada")
        assert (library.tuning("me").recency, library.tuning("me").diversity) == (0.75, 1.0)
        assert (library.tuning("ada").recency, library.tuning("ada").exploration) == (0.5, 0.05)


def test_a_wrong_file_leaves_no_catalogue_open_and_makes_none(tmp_path: Path) -> None:
    write(tmp_path, "feed.size", 0)
    with pytest.raises(SettingError):
        broadsheet.open(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
