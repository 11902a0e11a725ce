"""Where settings come from and what is said of those that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet import settings
from broadsheet.kit.errors import SettingError


def load(folder: Path, text: str | bytes) -> settings.Settings:
    (folder / settings.FILE_NAME).write_bytes(text if isinstance(text, bytes) else text.encode())
    return settings.load(folder)


def test_defaults_where_nothing_is_said(tmp_path: Path) -> None:
    assert settings.load(tmp_path) == settings.load() == settings.Settings()
    assert load(tmp_path, "") == settings.Settings()
    assert load(tmp_path, "[server]\n[feed]\n") == settings.Settings()


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[server]\nport = 1\ntitle = "File"\n[arxiv]\nsets = ["a"]\n'
    monkeypatch.setenv("BROADSHEET_SERVER__PORT", "2")
    monkeypatch.setenv("BROADSHEET_ARXIV__SETS", '["b", "c"]')
    monkeypatch.setenv("BROADSHEET_FEED__RECENCY", "0.5")
    found = load(tmp_path, text)
    assert (found.server.port, found.server.title) == (2, "File")
    assert (found.arxiv.sets, found.feed.recency) == (("b", "c"), 0.5)


@pytest.mark.parametrize(
    ("text", "section", "key", "value"),
    [
        ("\ufeff[server]\nport = 9", "server", "port", 9),
        ("[server]\r\nport = 9\r\n", "server", "port", 9),
        ("server.port = 9", "server", "port", 9),
        ("[server]\nport = 9.0", "server", "port", 9),
        ('[server]\nport = "9"', "server", "port", 9),
        ("[feed]\nrecency = 1", "feed", "recency", 1.0),
        ("[feed]\nrecency = 0", "feed", "recency", 0.0),
        ('[index]\nvectors = "ivf"', "index", "vectors", "ivf"),
        ('[contact]\nemail = "a@b.example"', "contact", "email", "a@b.example"),
        ('[contact]\nurl = ""', "contact", "url", ""),
        ('[server]\ntoken = "off"', "server", "token", "off"),
        ('[server]\ntoken = "0123456789abcdef"', "server", "token", "0123456789abcdef"),
        ("[arxiv]\nsets = []", "arxiv", "sets", ()),
    ],
)
def test_what_may_be_said(tmp_path: Path, text: str, section: str, key: str, value: object) -> None:
    found = getattr(getattr(load(tmp_path, text), section), key)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[server]\nport = 65536", "port = 65536 cannot be used: should be an integer from 0 to 65535"),
        ("[server]\nport = -1", "port = -1 cannot be used"),
        ("[server]\nport = 1.5", "port = 1.5 cannot be used"),
        ("[server]\nport = true", "port = True cannot be used"),
        ("[server]\nport = [1]", "port = [1] cannot be used"),
        ("[server]\nport = inf", "port = inf cannot be used"),
        ("[server]\nport = nan", "port = nan cannot be used"),
        ("[server]\nport = 2026-01-01", "cannot be used"),
        ('[server]\nport = "many"', "port = 'many' cannot be used"),
        ('[server]\ntitle = ""', "should be 1 to 80 characters"),
        ("[server]\ntitle = 3", "should be 1 to 80 characters"),
        ('[server]\ntoken = "short"', "should be auto, off, or 16 to 200 letters, digits, - and _"),
        ('[server]\ntoken = "0123456789abcde é"', "should be auto, off"),
        ('[contact]\nemail = "nobody"', "should be an e-mail address"),
        ('[contact]\nurl = "ftp://x"', "should be an address that begins with http:// or https://"),
        ('[arxiv]\noai_url = ""', "should be an address that begins with http:// or https://"),
        ('[arxiv]\nsets = "cs"', "should be a list of texts"),
        ("[arxiv]\nsets = [1]", "should be a list of texts"),
        ("[feed]\nrecency = 1.01", "should be a number from 0 to 1"),
        ("[feed]\nrecency = nan", "should be a number from 0 to 1"),
        ("[feed]\nsize = 0", "should be an integer from 1 to 100"),
        ('[index]\nvectors = "best"', "should be one of auto, scan, ivf, vamana"),
        ("[servr]\nport = 1", "unknown section [servr]; did you mean 'server'?"),
        ("[xyzzy]", "unknown section [xyzzy]; known: server, contact, arxiv"),
        ("[server]\nprot = 1", "unknown key 'prot' in [server]; did you mean 'port'?"),
        ("[server]\nxyzzy = 1", "unknown key 'xyzzy' in [server]; known: host, port"),
        ("server = 1", "server = 1 should be a section: write [server] and keys below"),
        ("[[server]]\nport = 1", "should be a section: write [server] and keys below"),
        ("[server", "not valid TOML"),
        ("[server]\nport = 1\nport = 2", "not valid TOML"),
        (b"[server]\ntitle = '\xff'", "cannot be read"),
    ],
)
def test_what_may_not_be_said_names_file_key_and_wish(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(SettingError) as caught:
        load(tmp_path, text)
    assert str(caught.value).startswith(str(tmp_path / settings.FILE_NAME))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BROADSHEET_SERVR__PORT", "1", "names no section; did you mean 'server'?"),
        ("BROADSHEET_SERVER__PROT", "1", "names no key of [server]; did you mean 'port'?"),
        ("BROADSHEET_SERVER__PORT__X", "1", "names no key of [server]"),
        ("BROADSHEET_SERVER__PORT", "x", "[server] port = 'x' cannot be used"),
        ("BROADSHEET_SERVER__PORT", "", "[server] port = '' cannot be used"),
        ("BROADSHEET_ARXIV__SETS", "cs", "a list is written as JSON"),
        ("BROADSHEET_ARXIV__SETS", '"cs"', "should be a list of texts"),
        ("BROADSHEET_ARXIV__SETS", "[1]", "should be a list of texts"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingError) as caught:
        settings.load()
    assert name in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize("name", ["BROADSHEET_LIBRARY", "BROADSHEET", "BROADSHEET_X_Y", "XBROADSHEET_A__B"])
def test_other_variables_are_none_of_ours(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "anything")
    assert settings.load() == settings.Settings()


def test_a_variable_may_be_in_small_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("broadsheet_server__title", "Small")
    assert settings.load().server.title == "Small"
