"""save, rate, hide, tag, undo and readers: what a reader does is remembered, and taken back one at a time."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Cli


def shown(cli: Cli) -> set[str]:
    return {item["sources"][0]["id"] for item in cli("feed", "-k", "100", "--json").json["items"]}


def saved(cli: Cli, *options: str) -> set[str]:
    text = cli("export", "--saved", "--format", "jsonl", *options).out
    return {f"inv-{n}" for n in range(18) if f"number {n} " in text}


def test_saving_several_and_taking_one_back(cli: Cli) -> None:
    run = cli("save", "inv-1", "inv-2", "--json")
    assert (run.code, run.json) == (0, {"reader": "me", "action": "save", "value": "", "done": ["inv-1", "inv-2"]})
    assert saved(cli) == {"inv-1", "inv-2"}
    assert cli("unsave", "inv-1").out == "no longer saved: inv-1\n"
    assert saved(cli) == {"inv-2"}


def test_an_unknown_paper_among_others_is_told_and_the_rest_is_done(cli: Cli) -> None:
    run = cli("save", "inv-1", "inv-999")
    assert run.code == 1
    assert "inv-999" in run.err
    assert saved(cli) == {"inv-1"}
    alone = cli("save", "inv-999")
    assert (alone.code, alone.out) == (2, "")


def test_undo_walks_back_one_action_at_a_time(cli: Cli) -> None:
    cli("save", "inv-1")
    cli("rate", "inv-2", "up")
    first = cli("undo", "--json").json["undone"]
    assert first["action"] == "up"
    assert cli("undo").out.startswith("undone: save of paper ")
    assert saved(cli) == set()
    assert cli("undo", "--json").json == {"undone": None}


def test_hidden_papers_leave_the_feed_and_come_back(cli: Cli) -> None:
    assert "inv-4" in shown(cli)
    assert cli("hide", "inv-4").code == 0
    assert "inv-4" not in shown(cli)
    cli("unhide", "inv-4")
    assert "inv-4" in shown(cli)


def test_ratings(cli: Cli) -> None:
    assert cli("rate", "inv-2", "up").out == "rated up: inv-2\n"
    assert cli("rate", "inv-2", "down").code == 0
    assert cli("rate", "inv-2", "none", "--json").json["action"] == "unrate"
    assert cli("rate", "inv-2", "sideways").code == 2


def test_tags(cli: Cli) -> None:
    assert cli("tag", "inv-2", "thesis").out == "thesis on: inv-2\n"
    assert "number 2 " in cli("export", "--tag", "thesis", "--format", "jsonl").out
    wrong = cli("export", "--tag", "tesis")
    assert wrong.code == 2
    assert "did you mean 'thesis'?" in wrong.err
    assert cli("tag", "inv-2", "thesis", "--remove").code == 0
    assert cli("export", "--tag", "thesis", "--format", "jsonl").out == ""


def test_readers_are_apart(cli: Cli) -> None:
    assert cli("reader", "create", "eve").code == 0
    assert cli("reader", "create", "eve").code == 2
    cli("save", "inv-3", "--reader", "eve")
    assert saved(cli, "--reader", "eve") == {"inv-3"}
    assert saved(cli) == set()
    assert "eve" in [one["name"] for one in cli("reader", "list", "--json").json]
    assert cli("reader", "list").out.split()[:2] == ["NAME", "SINCE"]
    refused = cli("reader", "delete", "eve")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert cli("reader", "delete", "eve", "--yes").out == "deleted: eve\n"
    gone = cli("save", "inv-3", "--reader", "eve")
    assert gone.code == 2
    assert "eve" in gone.err


def test_tuning(cli: Cli) -> None:
    cli("save", "inv-1")
    before = cli("reader", "tune", "me", "--json").json
    assert (before["recency"], before["diversity"], before["exploration"]) == (0.25, 0.3, 0.05)
    after = cli("reader", "tune", "me", "--recency", "0.5", "--json").json
    assert (after["recency"], after["diversity"]) == (0.5, 0.3)
    assert cli("reader", "tune", "me", "--recency", "2").code == 2


BIBTEX = "@article{invented, title={A wholly invented bibliography of retrieval}, author={Example, Ada}, year={2021}}\n"


@pytest.mark.parametrize("given", ["file", "-"])
def test_importing_saves_what_it_adds(cli: Cli, given: str) -> None:
    with open("refs.bib", "w", encoding="utf-8") as out:
        out.write(BIBTEX)
    run = cli("reader", "import", "refs.bib" if given == "file" else "-", "--json", stdin=BIBTEX)
    assert (run.code, run.json["added"]) == (0, 1)
    assert "wholly invented bibliography" in cli("export", "--saved").out
