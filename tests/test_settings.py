"""Settings: defaults, precedence, and one clear line for every mistake."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from broadsheet.kit.errors import SettingError
from broadsheet.settings import load


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BROADSHEET_SERVER__PORT", "BROADSHEET_LIBRARY"):
        monkeypatch.delenv(name, raising=False)


def write(folder: Path, text: str) -> Path:
    (folder / "broadsheet.toml").write_text(text, encoding="utf-8")
    return folder


def test_defaults_need_no_file(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8000)
    assert settings.arxiv.sets == ("cs:cs:IR", "cs:cs:LG")
    assert (settings.feed.recency, settings.feed.diversity, settings.feed.exploration) == (0.25, 0.3, 0.05)
    assert load() == settings


def test_file_overrides_defaults_and_keeps_the_rest(tmp_path: Path) -> None:
    settings = load(write(tmp_path, '[arxiv]\nsets = ["math:math:NA"]\n[search]\nsemantic = 0.5\n'))
    assert settings.arxiv.sets == ("math:math:NA",)
    assert (settings.arxiv.days, settings.search.semantic) == (7, 0.5)


def test_environment_overrides_the_file_key_by_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROADSHEET_SERVER__PORT", "8123")
    monkeypatch.setenv("BROADSHEET_LIBRARY", "/elsewhere")  # not a setting
    settings = load(write(tmp_path, '[server]\nport = 9000\ntitle = "Ours"\n'))
    assert (settings.server.port, settings.server.title) == (8123, "Ours")


def test_a_list_in_the_environment_is_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("broadsheet_arxiv__sets", '["stat:stat:ML"]')
    assert load(write(tmp_path, '[arxiv]\nsets = ["math:math:NA"]\n')).arxiv.sets == ("stat:stat:ML",)


def test_settings_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        load().server.port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[server]\nprot = 1\n", r"broadsheet\.toml: unknown key 'prot' in \[server\]; did you mean 'port'\?"),
        ("[serve]\nport = 1\n", r"broadsheet\.toml: unknown section \[serve\]; did you mean 'server'\?"),
        ("[zzzz]\n", r"unknown section \[zzzz\]; known: server, contact"),
        ("server = 3\n", r"server = 3 should be a section"),
        ('[server]\nport = "x"\n', r"broadsheet\.toml: \[server\] port = 'x' cannot be used: .*integer"),
        ("[server]\nport = 70000\n", r"\[server\] port = 70000 cannot be used: .*65535"),
        ("[search]\nsemantic = 1.5\n", r"\[search\] semantic = 1\.5 cannot be used"),
        ('[arxiv]\noai_url = "file:///etc/passwd"\n', r"\[arxiv\] oai_url = 'file:///etc/passwd' cannot be used"),
        ('[contact]\nemail = "nobody"\n', r"\[contact\] email = 'nobody' cannot be used"),
        ("[server\n", r"broadsheet\.toml: not valid TOML: .*line 1"),
    ],
)
def test_a_mistake_in_the_file_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SettingError, match=says) as caught:
        load(write(tmp_path, text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("BROADSHEET_SERVER__PRT", "1", r"BROADSHEET_SERVER__PRT names no key of \[server\]; did you mean 'port'\?"),
        ("BROADSHEET_SEVER__PORT", "1", r"BROADSHEET_SEVER__PORT names no section; did you mean 'server'\?"),
        ("BROADSHEET_SERVER__PORT", "many", r"BROADSHEET_SERVER__PORT: \[server\] port = 'many' cannot be used"),
        ("BROADSHEET_ARXIV__SETS", "cs", r"(?i)environment|BROADSHEET_ARXIV__SETS"),
    ],
)
def test_a_mistake_in_the_environment_is_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingError, match=says) as caught:
        load()
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "broadsheet.toml").write_bytes(b"\xff\xfe\x00[")
    with pytest.raises(SettingError, match=r"broadsheet\.toml: cannot be read"):
        load(tmp_path)
