"""What the commands print: lines of reports made by hand, and everything that is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import broadsheet
from broadsheet.cli.output import jsonable
from broadsheet.cli.render import mix_report_lines
from broadsheet.cli.replay import _lines
from broadsheet.pipeline.feed.mix_report import MixReport
from broadsheet.pipeline.feed.off_policy import Estimate, Support
from broadsheet.pipeline.feed.replay_report import Bin, Calibration, Measured, RankingResult, ReplayReport
from tests.cli.conftest import Cli

NOTHING = ReplayReport("ada", 0, 0, None, None, 0, 0, 0, 0, (), (), None, {}, None, ())
SOME = replace(
    NOTHING,
    saves=1234,
    days=99,
    first=date(2025, 1, 2),
    last=date(2026, 3, 4),
    steps=20,
    papers=87_361,
    left_out=12,
    by_date=3,
    rankings=(RankingResult("page", "Your page", Measured(0.456, 0.4, 0.5149), Measured(0.1234, 0.1, 0.15)),),
    calibration=Calibration(400, 66, 0.16639, 0.14351, (Bin(80, 0.051, Measured(0.25, 0.166, 0.358)),)),
    says=("It says something.",),
    seconds=11.52,
)
EVEN = Estimate(0.5, 0.25, 0.75)
MIXES = MixReport(
    *(30, 600, 45),
    mix={"ips": EVEN, "snips": EVEN, "dr": EVEN},
    other={"ips": EVEN, "snips": EVEN, "dr": EVEN},
    difference={"ips": EVEN, "snips": EVEN, "dr": Estimate(0.1, -0.1, 0.3)},
    support=Support(600, 0, 0.1, 123.4),
)


def test_a_whole_report_in_lines() -> None:
    assert list(_lines(SOME)) == [
        "ada: 1,234 saves on 99 days, 2025-01-02 to 2026-03-04, by 20 models among up to 87,361 papers, 11.5 seconds",
        "12 saves are left out: nothing was known before, or too few papers were there.",
        "3 saves are older than the papers here: found among what was published by then.",
        "",
        "RANKING    AMONG THE FIRST 50  NDCG OF THE FIRST 20",
        "Your page  46% [40%, 51%]      0.123 [0.100, 0.150]",
        "",
        "It says something.",
        "",
        "Probabilities of the first papers: Brier score 0.166, of their mean alone 0.144 (66 of 400 were saved)",
        "SAID  SAVED           PAPERS",
        "5%    25% [17%, 36%]  80",
    ]


def test_a_report_of_nothing_says_what_it_takes() -> None:
    assert list(_lines(NOTHING)) == [
        "ada: nothing to judge: rankings need saves at two times at least, among more than 50 papers"
    ]
    assert json.loads(json.dumps(jsonable(NOTHING), allow_nan=False))["saves"] == 0


@pytest.mark.parametrize(
    ("low", "high", "last"),
    [
        (-0.1, 0.3, "No difference is shown: the interval of dr holds 0. More pages, or more exploration, would tell."),
        (0.1, 0.3, "The other mix would have brought more."),
        (-0.3, -0.1, "The other mix would have brought less."),
    ],
)
def test_two_mixes_in_lines(low: float, high: float, last: str) -> None:
    difference = {**MIXES.difference, "dr": Estimate((low + high) / 2, low, high)}
    lines = list(mix_report_lines(replace(MIXES, difference=difference)))
    assert lines[0] == "30 pages with 600 papers, of which 45 were wanted; wanted a page:"
    assert lines[1].startswith("as it is      ips 0.50 [0.25, 0.75]  snips 0.50 [0.25, 0.75]  dr ")
    assert lines[4] == "weight        123 of 600 papers (effective sample size)"
    assert lines[5:] == [last]


def test_what_makes_estimates_doubtful_stands_before_what_they_say() -> None:
    support = Support(600, 40, 0.004, 7.9)
    lines = list(mix_report_lines(replace(MIXES, support=support, warnings=support.warnings)))
    careful = [line.removeprefix("careful: ") for line in lines if line.startswith("careful: ")]
    assert [line.split(" ")[0] for line in careful] == ["40", "the", "the"]
    assert careful[1].startswith("the smallest propensity is 0.004: such a paper counts as 250 do")
    assert careful[2] == "the estimates rest on about 8 papers: too few to rely on"
    assert lines[-1].startswith("No difference is shown")
    data = jsonable(replace(MIXES, support=support, warnings=support.warnings))
    assert (data["support"]["never"], len(data["warnings"])) == (40, 3)


REFUSED = [
    (("replay", "--steps", "0"), "steps"),
    (("replay", "--steps", "101"), "steps"),
    (("replay", "--seed", "-1"), "seed"),
    (("replay", "--diversity", "1.5"), "diversity"),
    (("replay", "--since", "2026-13-01"), "--since wants a date such as 2026-01-31, not '2026-13-01'"),
    (("replay",), "nothing to replay: me saved no paper"),
    (("replay", "run", "--reader", "nobody"), "nobody"),
    (("replay", "interleave", "start"), "the other mix is your own"),
    (("replay", "interleave", "start", "--exploration", "-1"), "exploration"),
    (("replay", "interleave", "start", "--ranking", "fame"), "ranking"),
    (("replay", "interleave", "start", "--reader", "nobody", "--recency", "1"), "nobody"),
    (("replay", "interleave", "stop"), "no draft of me is running; `broadsheet replay interleave start` starts one"),
    (("replay", "interleave", "show", "--reader", "nobody"), "nobody"),
    (("reader", "compare", "me"), "--recency, --diversity, --exploration or --ranking"),
    (("reader", "compare", "me", "--ranking", "words"), "no page of me is in the log with its propensities yet"),
    (("reader", "compare", "me", "--ranking", "fame"), "ranking"),
]


@pytest.mark.parametrize(
    ("arguments", "says"), REFUSED, ids=lambda one: " ".join(one) if isinstance(one, tuple) else ""
)
def test_what_is_refused_says_why_and_changes_nothing(cli: Cli, arguments: tuple[str, ...], says: str) -> None:
    refused = cli(*arguments)
    assert (refused.code, refused.out) == (2, "")
    assert says in refused.err
    assert "Traceback" not in refused.err


def test_one_save_is_nothing_to_judge(cli: Cli) -> None:
    assert cli("save", "inv-1").code == 0
    run = cli("replay")
    assert (run.code, run.out) == (
        0,
        "me: nothing to judge: rankings need saves at two times at least, among more than 50 papers\n"
        "1 save is left out: nothing was known before, or too few papers were there.\n",
    )
    assert cli("replay", "--json").json["rankings"] == []


def test_drafts_are_of_one_reader(cli: Cli) -> None:
    assert cli("reader", "create", "ann").code == 0
    started = cli("replay", "interleave", "start", "--reader", "ann", "--diversity", "1", "--json")
    assert started.json == {"reader": "ann", "other": {"diversity": 1.0}}
    assert cli("replay", "interleave", "--json").json == {"reader": "me", "verdict": None}
    mine = cli("replay", "interleave", "show", "--reader", "ann", "--json").json
    assert (mine["draft"]["other"], mine["draft"]["stopped_at"], mine["verdict"]["pages"]) == (
        {"diversity": 1.0},
        None,
        0,
    )
    assert cli("replay", "interleave", "stop", "--reader", "ann").out == "pages of ann are of one mix again\n"
    assert cli("replay", "interleave", "show", "--reader", "ann").out.startswith("No page was drafted yet")


def test_the_settings_draft_everybodys_pages(cli: Cli, library: Path) -> None:
    (library / "broadsheet.toml").write_text('[feed]\ninterleave = "recency=0.9"\n', encoding="utf-8")
    assert cli("save", "inv-1").code == 0
    shown = cli("feed", "-k", "4", "--json").json
    assert shown["policy"].startswith("draft site taste")
    assert "team" not in json.dumps(shown)
    told = cli("replay", "interleave", "show", "--all", "--json").json
    assert (told["draft"], told["verdict"]["pages"], told["verdict"]["even"]) == (None, 1, 1)
    with broadsheet.open(library, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC)) as opened:
        who = opened.catalogue.readers.get("me").id
        teams = {one.policy.rpartition(" ")[2] for one in opened.catalogue.readers.whole_log(who) if one.position}
    assert teams == {"own", "other"}
    (library / "broadsheet.toml").write_text('[feed]\ninterleave = "fame=1"\n', encoding="utf-8")
    refused = cli("feed")
    assert refused.code == 2
    assert "weights such as recency=0.6" in refused.err
