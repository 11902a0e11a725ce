"""search, similar, show, feed: answers for people and as JSON."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

import broadsheet
from broadsheet.pipeline.paper_json import library_json
from tests.cli.conftest import Cli, jsonl


def test_search_shows_title_reason_and_the_id_other_commands_take(cli: Cli) -> None:
    run = cli("search", "table", "search", "-k", "2")
    assert run.code == 0
    lines = run.out.splitlines()
    assert lines[0].startswith(" 1  Table search number ")
    assert lines[1].strip().endswith(("IMAGINE · 2020", "IMAGINE · 2016", "IMAGINE · 2022"))
    assert "and 1 more" in lines[1]
    assert any(line.startswith("    why: table, search (words ") for line in lines)
    assert sum(line.startswith(" ") and line[1].isdigit() for line in lines) == 2


def test_search_as_json_on_either_side_of_the_command(cli: Cli) -> None:
    after, before = (
        cli("search", "late interaction", "-k", "3", "--json"),
        cli("--json", "search", "late interaction", "-k3"),
    )
    first, second = after.json, before.json
    assert [hit["id"] for hit in first["results"]] == [hit["id"] for hit in second["results"]]
    hit = first["results"][0]
    assert (hit["rank"], hit["venue"], hit["sources"][0]["id"][:4]) == (1, "IMAGINE", "inv-")
    assert hit["title"].startswith("Late interaction number")
    assert hit["lexical"] + hit["semantic"] == pytest.approx(1.0, abs=1e-5)
    assert hit["matched"] == ["late", "interaction"]
    assert "late" in [text.lower() for text in hit["highlights"]]


def test_facets_are_filters_that_can_be_typed(cli: Cli) -> None:
    lines = cli("search", "title:search", "--facets").out.splitlines()
    years, venues, *_ = [line for line in lines if line.startswith("narrow: ")]
    assert "year:2022 (1) · year:2020 (1)" in years
    assert venues == "narrow: venue:IMAGINE (3)"
    assert "narrow:" not in cli("search", "title:search").out
    whole = cli("search", "title:search", "--facets", "--json").json
    assert [(v["kind"], v["count"]) for v in whole["facets"]["values"] if v["kind"] == "venue"] == [("venue", 3)]
    assert cli("search", "title:search venue:IMAGINE", "--json").json["total"] == 3
    assert (
        "counted among the nearest "
        in cli("search", "--facets", " ".join(f"imaginary{n} reader" for n in range(40))).out
    )


def test_offset_continues_where_the_page_before_ended(cli: Cli) -> None:
    whole = [hit["id"] for hit in cli("search", "imaginary readers", "-k", "6", "--json").json["results"]]
    page = cli("search", "imaginary readers", "-k", "3", "--offset", "3", "--json").json
    assert [hit["id"] for hit in page["results"]] == whole[3:]
    assert [hit["rank"] for hit in page["results"]] == [4, 5, 6]


def test_among_restricts_to_the_listed_ids_in_any_form(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("# mine\ninv-0\n\ninv-1  # and this\n", encoding="utf-8")
    page = cli("search", "imaginary readers", "--among", "ids.txt", "--json").json
    assert {hit["sources"][0]["id"] for hit in page["results"]} == {"inv-0", "inv-1"}
    like = cli("similar", "inv-6", "--among", "ids.txt", "--json").json
    assert like["results"][0]["sources"][0]["id"] == "inv-0"
    assert cli("search", "x", "--among", "absent.txt").code == 2


def test_similar_puts_papers_of_the_same_topic_first(cli: Cli) -> None:
    page = cli("similar", "inv-3", "--not", "inv-4", "-k", "2", "--json").json
    assert {hit["sources"][0]["id"] for hit in page["results"]} == {"inv-9", "inv-15"}
    run = cli("similar", "no-such-paper")
    assert run.code == 2
    assert "no-such-paper" in run.err


def test_what_is_near_papers_does_not_claim_to_match_words(cli: Cli) -> None:
    for command in (["similar", "inv-3"], ["search", "like:inv-3 but for query expansion"]):
        assert cli(*command).out.splitlines()[-1].startswith("the nearest of 17 papers (")
    assert cli("search", "imaginary table").out.splitlines()[-1].startswith("about 3 of 18 papers match (")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["-survey"], "-- -survey"),
        (["memory", "-survey"], "'memory -survey'"),
        (["table", "-late interaction"], "'table -late interaction'"),
        (["late interaction", "-survey"], "'\"late interaction\" -survey'"),
        (["-survey", "-k", "3"], "-k 3 -- -survey"),
        (["--json", "memory", "-survey"], "--json 'memory -survey'"),
    ],
)
def test_an_excluded_word_taken_for_an_option_gets_a_hint(cli: Cli, words: list[str], named: str) -> None:
    run = cli("search", *words)
    assert (run.code, run.out) == (2, "")
    assert run.err.endswith(f"broadsheet search {named}\n")
    assert run.err.count("\n") == 1
    assert cli("search", *shlex.split(named)).code == 0


def test_similar_in_one_aspect_quotes_the_sentence(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("inv-9\ninv-1\n", encoding="utf-8")
    page = cli("similar", "inv-3", "--aspect", "task", "--among", "ids.txt", "--json").json
    assert page["total"] == 2
    assert page["results"][0]["sources"][0]["id"] == "inv-9"
    [why] = page["results"][0]["reasons"]
    assert why["kind"] == "aspect"
    assert why["text"] == "its task: “We invent a study of news feeds.”"
    told = cli("similar", "inv-3", "--aspect", "task").out
    assert "    We invent a study of news feeds.\n    why: its task: the sentence above\n" in told
    refused = cli("similar", "inv-3", "--aspect", "colour")
    assert refused.code == 2
    assert "task, method, result" in refused.err


def test_show_in_every_form(cli: Cli) -> None:
    assert "Ada Exampled; Bo Sample" in cli("show", "inv-3").out
    data = cli("show", "inv-3", "--json").json
    assert (data["year"], data["abstract"][:17]) == (2018, "We invent a study")
    assert cli("show", "inv-3", "--bibtex").out.lstrip().startswith("@")
    assert cli("show", "inv-3", "--ris").out.startswith("TY  - ")
    assert json.loads(cli("show", "inv-3", "--csl").out)[0]["title"] == data["title"]
    assert cli("show", "inv-3", "--ris", "--json").json["format"] == "ris"
    assert cli("show", "inv-3", "--ris", "--csl").code == 2
    assert cli("show", "999").code == 2


def test_sources_tell_what_each_file_says(cli: Cli, tmp_path: Path) -> None:
    one = {"id": "s-1", "title": "Quiet rivers carry heavy stones", "doi": "10.1234/q", "authors": ["Ann Other"]}
    for name, more in (("mine", {"year": 2019}), ("theirs", {"year": 2020, "venue": "Rivers"})):
        (tmp_path / f"{name}.jsonl").write_text(jsonl([one | more]), encoding="utf-8")
        assert cli("add", f"{name}.jsonl").code == 0
    said = cli("show", "10.1234/q", "--sources", "--json").json
    assert [(each["source"], each["source_id"]) for each in said] == [
        ("jsonl:mine.jsonl", "s-1"),
        ("jsonl:theirs.jsonl", "s-1"),
    ]
    assert [(each["paper"]["year"], each["paper"].get("venue")) for each in said] == [(2019, None), (2020, "Rivers")]
    lines = cli("show", "10.1234/q", "--sources").out.splitlines()
    assert [line.split("  ")[0] for line in lines if line[0] != " "] == [
        "jsonl:mine.jsonl s-1",
        "jsonl:theirs.jsonl s-1",
    ]
    assert lines.count("  authors: Ann Other") == 2
    assert cli("show", "10.1234/q", "--sources", "--versions").code == 2


def test_versions_tell_what_a_paper_said_before(cli: Cli, tmp_path: Path) -> None:
    assert cli("show", "inv-3", "--versions", "--json").json == []
    changed = {
        "id": "inv-3",
        "title": "News feeds number 3 for imaginary readers",
        "abstract": "Rewritten.",
        "year": 2018,
    }
    (tmp_path / "papers.jsonl").write_text(jsonl([changed]), encoding="utf-8")
    assert cli("add", "papers.jsonl", "--json").json["updated"] == 1
    earlier = cli("show", "inv-3", "--versions", "--json").json
    assert len(earlier) == 1
    assert earlier[0]["paper"]["abstract"].startswith("We invent a study")


def test_the_feed_gives_reasons(cli: Cli) -> None:
    cold = cli("feed", "--json").json
    assert cold["cold"] is True
    cli("save", "inv-2")
    page = cli("feed", "-k", "5", "--json").json
    assert (page["reader"], page["cold"], len(page["items"])) == ("me", False, 5)
    assert [item["position"] for item in page["items"]] == [1, 2, 3, 4, 5]
    assert all(item["reasons"] for item in page["items"])
    assert "    why: " in cli("feed").out


def test_no_control_characters_reach_the_terminal(cli: Cli) -> None:
    title = "Zebra \x1b]0;owned\x07 study of striped terminals \u202egnp"
    assert cli("add", "-", stdin=jsonl([{"id": "z", "title": title}])).code == 0
    for command in (("search", "zebra"), ("show", "z"), ("save", "z"), ("feed",)):
        out = cli(*command).out
        assert not set("\x1b\x07\u202e") & set(out)


def test_a_missing_library_is_told_in_one_line(cli: Cli, tmp_path: Path) -> None:
    run = cli("search", "x", into=tmp_path / "nowhere")
    assert (run.code, run.out) == (2, "")
    assert "nowhere" in run.err
    assert run.err.count("\n") == 1
    assert not (tmp_path / "nowhere").exists()


def test_like_a_paper_but_for_something_else(cli: Cli) -> None:
    page = cli("search", "like:inv-3", "but", "table", "-k", "4", "--json").json
    same = cli("similar", "inv-3", "--but", "table", "-k", "4", "--json").json
    assert [hit["id"] for hit in page["results"]] == [hit["id"] for hit in same["results"]]
    assert page["liked"] == same["liked"]
    assert "inv-3" not in {hit["sources"][0]["id"] for hit in page["results"]}
    first = page["results"][0]
    assert {reason["kind"] for reason in first["reasons"]} == {"near", "terms"}
    assert sum(reason["weight"] for reason in first["reasons"]) == pytest.approx(1)
    lines = cli("similar", "inv-3", "--but", "table, but not search", "-k", "2").out.splitlines()
    assert lines[0] == "note: papers with “search” are left out"
    assert lines[1].startswith("like: ")
    assert any(line.startswith("    why: ") and "near the paper" in line for line in lines)


def test_the_command_line_gives_the_librarys_object_of_a_paper(cli: Cli, library: Path) -> None:
    shown = cli("show", "inv-3", "--json").json
    hits = cli("similar", "inv-4", "-k", "20", "--json").json["results"]
    (hit,) = [hit for hit in hits if hit["id"] == shown["id"]]
    assert {key: hit[key] for key in shown} == shown
    with broadsheet.open(library) as opened:
        assert shown == library_json(opened.paper("inv-3"))
