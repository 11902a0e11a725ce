"""Arguments nobody should give and somebody will: numbers without end, names that are no text, places that are not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from broadsheet.cli import main, session
from tests.cli.conftest import Cli, jsonl, record

BIG = "9" * 30


@pytest.mark.parametrize(
    "arguments",
    [
        ("merges", "--undo", BIG),
        ("imports", "--undo", BIG),
        ("restore", BIG),
        ("quarantine", "--limit", BIG),
    ],
    ids=" ".join,
)
def test_a_number_no_database_holds_is_one_line(cli: Cli, arguments: tuple[str, ...]) -> None:
    refused = cli(*arguments)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == "broadsheet: a number of more than 18 digits names nothing here\n"


@pytest.mark.parametrize("command", ["show", "save", "delete", "similar", "hide", "unsave", "unhide"])
@pytest.mark.parametrize("number", [BIG, "0", "99", "no-such-id", "10.5555/none", "2601.99999"])
def test_an_unknown_paper_is_named(cli: Cli, command: str, number: str) -> None:
    refused = cli(command, number)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith(f"broadsheet: no paper {number!r} in this library")


@pytest.mark.parametrize("number", ["0", "7", "123456789012345678"])
@pytest.mark.parametrize(
    ("command", "thing"),
    [(("merges", "--undo"), "merge"), (("imports", "--undo"), "import"), (("restore",), "deletion")],
)
def test_an_unknown_number_is_named(cli: Cli, command: tuple[str, ...], thing: str, number: str) -> None:
    refused = cli(*command, number)
    assert refused.code == 2
    assert f"no {thing} has the number {number}; `broadsheet " in refused.err


def test_any_offset_and_any_count_are_answered(cli: Cli) -> None:
    beyond = cli("search", "interaction", "--offset", BIG)
    assert (beyond.code, beyond.out.splitlines()[0]) == (0, f"Nothing after the first {BIG}.")
    everything = cli("export", "--search", "interaction", "--format", "jsonl", "-k", BIG)
    assert everything.out == cli("export", "--search", "interaction", "--format", "jsonl").out
    assert "Late interaction number 0" in everything.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("search", "x", "-k", "0"), "'-k'"),
        (("search", "x", "-k", "1001"), "'-k'"),
        (("search", "x", "--offset", "-1"), "'--offset'"),
        (("feed", "-k", "many"), "'-k'"),
        (("rate", "1", "sideways"), "'up', 'down', 'none'"),
        (("export", "--all", "--format", "doc"), "'bibtex'"),
        (("serve", "--port", "70000"), "'--port'"),
        (("serve", "--port", "-1"), "'--port'"),
        (("reader", "tune", "me", "--recency", "2"), "'--recency'"),
        (("reader", "tune", "me", "--recency", "nan"), "'--recency'"),
        (("restore",), "ID..."),
        (("save",), "ID..."),
        (("tag", "1"), "NAME"),
        (("collection", "add", "x"), "ID..."),
        (("sync", "--seconds", "0"), "'--seconds'"),
        (("quarantine", "--limit", "0"), "'--limit'"),
        (("merges", "--undo", "x"), "'--undo'"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else "",
)
def test_an_impossible_value_names_its_option(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    refused = cli(*arguments)
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err
    assert "Traceback" not in refused.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("tag", "1", ""), "a tag needs a name"),
        (("tag", "1", "  "), "a tag needs a name"),
        (("collection", "add", "", "1"), "a collection needs a name"),
        (("reader", "create", ""), "the name of a reader has 1 to 200 characters, not 0"),
        (("reader", "create", "x" * 201), "the name of a reader has 1 to 200 characters, not 201"),
        (("collection", "show", "nowhere"), "no collection named 'nowhere'; known: none yet"),
        (("collection", "delete", "nowhere"), "no collection named 'nowhere'; known: none yet"),
        (("collection", "remove", "nowhere", "1"), "no collection named 'nowhere'; known: none yet"),
        (("export", "--tag", "nowhere"), "no tag named 'nowhere'; known: none yet"),
        (("add",), "nothing to add: name a file, --reading-list, or --ids with arXiv ids or DOIs"),
        (("search",), "nothing to search for: give a query, or --queries FILE"),
        (("show", "1", "--ris", "--csl"), "--ris and --csl are two answers: ask for one at a time"),
        (("search", "--queries", "q", "--run", "r", "word"), "--queries takes its queries from the file"),
        (("search", "--queries", "q"), "--queries needs --run FILE for the results"),
    ],
    ids=lambda one: " ".join(one)[:40] if isinstance(one, tuple) else "",
)
def test_a_request_that_makes_no_sense_is_told_in_one_line(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    refused = cli(*arguments)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith(f"broadsheet: {said}")
    assert refused.err.count("\n") == 1


def test_near_names_are_offered(cli: Cli) -> None:
    cli("collection", "add", "Reading group", "1")
    cli("tag", "1", "to read")
    assert "did you mean 'Reading group'?" in cli("collection", "show", "reading grup").err
    assert "did you mean 'to read'?" in cli("export", "--tag", "to-read").err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("folder", None, "is a folder; name the files in it"),
        ("missing.bib", b"", "no such file"),
        ("empty.bib", b" \n ", "is empty"),
        ("packed.bib", b"PK\x03\x04rest", "is packed (zip); unpack it first"),
        ("odd.xyz", b"nothing we know", "the format is not known"),
        ("a" * 300, b"", "cannot be read (File name too long)"),
    ],
    ids=lambda one: one[:12] if isinstance(one, str) else "",
)
def test_what_cannot_be_added(cli: Cli, tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    if content is None:
        (tmp_path / name).mkdir()
    elif content:
        (tmp_path / name).write_bytes(content)
    refused = cli("add", str(tmp_path / name))
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith(f"broadsheet: {tmp_path / name}: {said}")


def test_a_file_whose_name_is_no_text_is_told_and_the_rest_goes_in(cli: Cli, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jsonl"))
    try:
        odd.write_text(jsonl([record(90)]), encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    assert "its name is not UTF-8 and cannot be stored; rename it first" in cli("add", str(odd)).err
    (tmp_path / "good.jsonl").write_text(jsonl([{**record(91), "id": "good-91"}]), encoding="utf-8")
    both = cli("add", str(odd), str(tmp_path / "good.jsonl"))
    assert both.code == 1
    assert cli("show", "good-91").code == 0


def test_standard_input_is_not_named_by_where_it_is_kept(cli: Cli, tmp_path: Path) -> None:
    empty = cli("add", "-")
    assert (empty.code, empty.err) == (2, "broadsheet: stdin.jsonl: is empty\n")
    added = cli("add", "-", stdin=jsonl([{**record(92), "id": "in-92"}, {"title": ""}]))
    assert added.code == 1
    assert "1 quarantined" in added.out
    assert "stdin.jsonl:2" in cli("quarantine").out
    assert cli("show", "in-92", "--json").json["sources"] == [{"source": "jsonl:stdin.jsonl", "id": "in-92"}]


def test_the_same_file_again_changes_nothing(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "twice.jsonl").write_text(jsonl([{**record(n), "id": f"t-{n}"} for n in (93, 94)]), encoding="utf-8")
    first, again = (cli("add", str(tmp_path / "twice.jsonl"), "--json").json for _ in range(2))
    assert (first["read"], first["added"], again["read"], again["added"]) == (2, 2, 2, 0)
    assert again["unchanged"] == 2


def test_a_user_who_does_not_exist_is_a_plain_folder(cli: Cli) -> None:
    refused = cli("search", "x", into=Path("~no-such-user/papers"))
    assert refused.code == 2
    assert "~no-such-user/papers: no library here" in refused.err


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"BROADSHEET_LIBRARY": "~/mine"}, "HOME/mine"),
        ({"BROADSHEET_LIBRARY": "~no-such-user/x"}, "~no-such-user/x"),
        ({"BROADSHEET_LIBRARY": "", "XDG_DATA_HOME": "/data"}, "/data/broadsheet"),
        ({"XDG_DATA_HOME": ""}, "HOME/.local/share/broadsheet"),
    ],
    ids=str,
)
def test_where_the_library_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str], folder: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert session.default_library() == Path(folder.replace("HOME", str(tmp_path)))


def test_a_library_here_comes_before_the_users_own(built: Path, tmp_path: Path) -> None:
    (tmp_path / "library").symlink_to(built)
    assert session.default_library() == Path("library")


def test_two_libraries_are_apart(cli: Cli, library: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (tmp_path / "one.jsonl").write_text(jsonl([{**record(95), "id": "there-95"}]), encoding="utf-8")
    assert cli("add", str(tmp_path / "one.jsonl"), into=other).code == 0
    assert cli("save", "there-95", into=other).code == 0
    assert cli("show", "there-95", into=library).code == 2
    assert cli("export", "--saved", "--format", "jsonl", into=library).out == ""
    assert "number 95" in cli("export", "--saved", "--format", "jsonl", into=other).out


@pytest.mark.parametrize("under", ["a file", "a file/below"])
def test_no_library_can_be_made_of_a_file(cli: Cli, tmp_path: Path, under: str) -> None:
    (tmp_path / "a file").write_text("x", encoding="utf-8")
    (tmp_path / "p.jsonl").write_text(jsonl([record(96)]), encoding="utf-8")
    refused = cli("add", str(tmp_path / "p.jsonl"), into=tmp_path / under)
    assert (refused.code, refused.out) == (2, "")
    assert "no library can be here" in refused.err
    assert (tmp_path / "a file").read_text(encoding="utf-8") == "x"


def test_main_gives_the_code_of_what_a_command_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    for raised, code in ((MemoryError(), 2), (KeyboardInterrupt(), 130), (OSError(5, "broken disk"), 2)):

        def fail(*_: object, raised: BaseException = raised, **__: object) -> None:
            raise raised

        monkeypatch.setattr("broadsheet.cli.app", fail)
        assert main([]) == code
