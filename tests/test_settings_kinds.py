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
from tests.settings_values import GOOD, WRONG

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
    with pytest.raises(SettingError, match=r"\[feed\]; known: recency, diversity, exploration, size, interleave$"):
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
