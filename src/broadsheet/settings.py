"""What an operator may set: `broadsheet.toml` in the library folder, and `BROADSHEET_SECTION__KEY` in the environment.

The environment wins over the file, the file over the defaults below. Every key is typed and known: a misspelt
key or an impossible value is a SettingError that names the place, the key and the nearest valid one.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

from broadsheet.kit.errors import SettingError

__all__ = ["FILE_NAME", "Kind", "Settings", "load"]

FILE_NAME = "broadsheet.toml"
_PREFIX = "BROADSHEET_"


class Kind(NamedTuple):
    """What a setting may be."""

    values: str  # for people: "0 to 1", "text"
    read: Callable[[Any], Any]  # a file's or a variable's value -> the setting's; ValueError says what is wanted


def _setting(default: Any, kind: Kind, about: str) -> Any:
    """A field with what it may be and what it is about."""
    return field(default=default, metadata={"kind": kind, "about": about})


def _number(value: Any, low: float, high: float, wanted: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(wanted)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError(wanted) from None
    if not low <= number <= high:
        raise ValueError(wanted)
    return number


def _integer(low: int, high: int) -> Kind:
    wanted = f"should be an integer from {low} to {high}"

    def read(value: Any) -> int:
        number = _number(value, low, high, wanted)
        if number != int(number):
            raise ValueError(wanted)
        return int(number)

    return Kind(f"{low} to {high}", read)


def _text(pattern: str, wanted: str, values: str = "text") -> Kind:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError(f"should be {wanted}")
        return value

    return Kind(values, read)


def _choice(*names: str) -> Kind:
    return _text("|".join(names), f"one of {', '.join(names)}", ", ".join(f"`{name}`" for name in names))


def _read_texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise ValueError("should be a list of texts")
    return tuple(value)


_TEXTS = Kind("list of texts", _read_texts)
_SHARE = Kind("0 to 1", lambda value: _number(value, 0, 1, "should be a number from 0 to 1"))
_HTTP = ("an address that begins with http:// or https://", "address")
_ADDRESS = _text(r"https?://\S+", *_HTTP)


@dataclass(frozen=True)
class Server:
    """The pages, the API and the feeds."""

    host: str = _setting("127.0.0.1", _text(r"(?s:.*)", "a text"), "The address to serve on; this machine's own only.")
    port: int = _setting(8000, _integer(0, 65535), "0 takes any free one.")
    title: str = _setting("Broadsheet", _text(r"(?s:.{1,80})", "1 to 80 characters"), "The name on the pages.")
    token: str = _setting(
        "auto",
        _text(r"auto|off|[A-Za-z0-9_-]{16,200}", "auto, off, or 16 to 200 letters, digits, - and _"),
        "What a browser needs to come in: `auto`, another at every start; `off`; or one of your own, 16 "
        "characters or more (letters, digits, `-`, `_`).",
    )


@dataclass(frozen=True)
class Contact:
    """Who runs this library; the network sources ask for it."""

    email: str = _setting("", _text(r"|[^@\s<>]+@[^@\s<>]+", "an e-mail address"), "An address of yours.")
    url: str = _setting("", _text(r"|https?://\S+", *_HTTP), "A page about you or your group.")


@dataclass(frozen=True)
class Arxiv:
    """What to harvest from arXiv, and where it answers."""

    sets: tuple[str, ...] = _setting(("cs:cs:IR", "cs:cs:LG"), _TEXTS, "The OAI-PMH sets to harvest.")
    days: int = _setting(7, _integer(1, 3650), "How far back the first harvest goes.")
    oai_url: str = _setting("https://oaipmh.arxiv.org/oai", _ADDRESS, "The OAI-PMH endpoint.")
    feed_url: str = _setting("https://rss.arxiv.org/atom", _ADDRESS, "The daily announcements.")
    api_url: str = _setting("https://export.arxiv.org/api/query", _ADDRESS, "Where single papers are looked up.")


@dataclass(frozen=True)
class Crossref:
    """Where DOIs are looked up first."""

    url: str = _setting("https://api.crossref.org/works", _ADDRESS, "The works endpoint.")


@dataclass(frozen=True)
class Datacite:
    """Where DOIs are looked up that Crossref does not know."""

    url: str = _setting("https://api.datacite.org/dois", _ADDRESS, "The DOIs endpoint.")


@dataclass(frozen=True)
class Feed:
    """The mix of a new reader's page; each reader may change it."""

    recency: float = _setting(0.25, _SHARE, "The weight of new papers.")
    diversity: float = _setting(0.3, _SHARE, "The weight of difference between the papers of a page.")
    exploration: float = _setting(0.05, _SHARE, "The share of the page outside the reader's interests.")
    size: int = _setting(20, _integer(1, 100), "Papers on a page.")


@dataclass(frozen=True)
class Search:
    """How a search joins words and meaning, and how much text a result shows."""

    # the best of 0.2, 0.3 and 0.4 on the development half of the benchmark's queries
    semantic: float = _setting(0.2, _SHARE, "The share of meaning; the rest is the words'.")
    snippet_words: int = _setting(40, _integer(5, 200), "Words of a snippet.")


@dataclass(frozen=True)
class Index:
    """How the indexes are kept."""

    vectors: str = _setting(
        "auto", _choice("auto", "scan", "ivf", "vamana"), "The vector index; `auto` chooses by the number of papers."
    )


_HOUR = _text(r"([01]\d|2[0-3]):[0-5]\d", "a time of day as 18:00", "HH:MM")


def _read_zone(value: Any) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, TypeError, ValueError, OSError):
        raise ValueError("should be a time zone such as Europe/Paris or UTC") from None
    return str(value)


_ZONE = Kind("time zone", _read_zone)


@dataclass(frozen=True)
class Community:
    """Whether one reader uses this library, or a community with accounts."""

    mode: str = _setting(
        "private", _choice("private", "community"), "`private`: one reader, no sign-in; `community`: accounts."
    )
    url: str = _setting(
        "", _text(r"|https?://[^\s/?#]+", *_HTTP), "The address by which people reach it, such as https://papers.org."
    )
    sign_up: str = _setting(
        "invitation",
        _choice("closed", "invitation", "open"),
        "Who may make an account; an open one confirms its address.",
    )
    invitations: int = _setting(5, _integer(0, 1000), "Invitations a new member has.")


@dataclass(frozen=True)
class Edition:
    """The edition of a day: when it closes and what enters it."""

    time_zone: str = _setting("UTC", _ZONE, "The zone in which a day begins and closes.")
    closes: str = _setting("23:59", _HOUR, "When a day closes; what comes later belongs to the next.")
    window: int = _setting(14, _integer(1, 3650), "Days after its first date within which a paper may be submitted.")
    sources: tuple[str, ...] = _setting((), _TEXTS, "Sources whose new papers enter by themselves; none: only people.")
    bar: int = _setting(0, _integer(0, 1_000_000), "Votes a paper from a source needs elsewhere to enter.")
    size: int = _setting(30, _integer(1, 500), "Papers from sources a day, the best first; submissions always enter.")
    fields: tuple[str, ...] = _setting(
        (), _TEXTS, 'Fields and their categories, as "Machine learning = cs.LG, stat.ML"; none: by main category.'
    )


@dataclass(frozen=True)
class Settings:
    """All settings of one library, frozen."""

    server: Server = Server()
    contact: Contact = Contact()
    arxiv: Arxiv = Arxiv()
    crossref: Crossref = Crossref()
    datacite: Datacite = Datacite()
    feed: Feed = Feed()
    search: Search = Search()
    index: Index = Index()
    community: Community = Community()
    edition: Edition = Edition()


def load(folder: Path | None = None) -> Settings:
    """The settings of the library in `folder`; the defaults and the environment alone without one.

    Raises SettingError for an unreadable file, an unknown key or a wrong value.
    """
    path = folder / FILE_NAME if folder else None
    table = _table(path) if path and path.is_file() else {}
    _known(table, path)
    variables = _variables(os.environ)
    for (section, key), name in variables.items():
        table.setdefault(section, {})[key] = _value(section, key, name)
    return Settings(**{name: _section(name, content, path, variables) for name, content in table.items()})


def _section(name: str, content: Mapping[str, Any], path: Path | None, variables: Mapping[tuple[str, str], str]) -> Any:
    """A section of what the file and the variables say. Raises SettingError: where, which key, what, what is wanted."""
    known, values = _keys()[name], {}
    for key, said in content.items():
        try:
            values[key] = known[key].metadata["kind"].read(said)
        except ValueError as error:
            place = variables.get((name, key)) or str(path or "settings")
            raise SettingError(f"{place}: [{name}] {key} = {said!r} cannot be used: {error}") from None
    return type(getattr(Settings, name))(**values)


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{path}: cannot be read ({error})") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{path}: not valid TOML: {error}") from None


def _keys() -> dict[str, dict[str, Field[Any]]]:
    """Section -> its keys."""
    return {
        section.name: {key.name: key for key in fields(getattr(Settings, section.name))} for section in fields(Settings)
    }


def _known(table: Mapping[str, Any], path: Path | None) -> None:
    sections = _keys()
    for section, content in table.items():
        if section not in sections:
            raise SettingError(f"{path}: unknown section [{section}]; {_nearest(section, sections)}")
        if not isinstance(content, dict):
            raise SettingError(f"{path}: {section} = {content!r} should be a section: write [{section}] and keys below")
        for key in content:
            if key not in sections[section]:
                raise SettingError(f"{path}: unknown key {key!r} in [{section}]; {_nearest(key, sections[section])}")


def _variables(environment: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """(section, key) -> variable, for every BROADSHEET_SECTION__KEY; others (BROADSHEET_LIBRARY) are not settings."""
    sections, found = _keys(), {}
    for name in environment:
        upper = name.upper()
        if not upper.startswith(_PREFIX) or "__" not in upper:
            continue
        section, _, key = upper.removeprefix(_PREFIX).lower().partition("__")
        if section not in sections:
            raise SettingError(f"environment: {name} names no section; {_nearest(section, sections)}")
        if key not in sections[section]:
            raise SettingError(f"environment: {name} names no key of [{section}]; {_nearest(key, sections[section])}")
        found[section, key] = name
    return found


def _value(section: str, key: str, name: str) -> object:
    """What the variable `name` says: text, from which numbers are read, or a list in JSON."""
    text = os.environ[name]
    if not isinstance(_keys()[section][key].default, tuple):
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise SettingError(f"environment: {name} = {text!r}: {error}; a list is written as JSON") from None


def _nearest(name: str, valid: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name.lower(), list(valid), n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(valid)}"
