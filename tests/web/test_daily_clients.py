"""The clients of an existing service against ours: huggingface_hub, and its command `hf` as a process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import BadRequestError, HfHubHTTPError

from tests.web.daily import MONDAY, TUESDAY, WEDNESDAY, hf, newsstand, rows
from tests.web.served import Served

COMMUNITY = '[community]\nmode = "community"\n'


@pytest.fixture(scope="module", params=["private", "community"])
def stand(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The library with editions, in both modes."""
    folder = tmp_path_factory.mktemp("stand") / "library"
    with newsstand(folder, COMMUNITY if request.param == "community" else "") as running:
        yield running


@pytest.fixture(scope="module")
def api(stand: Served) -> HfApi:
    """The real client, pointed at our server."""
    return HfApi(endpoint=stand.url, token=False)


def ids(papers: Any) -> list[str]:
    return [paper.id for paper in papers]


# The ten assertions of the client's own tests ------------------------------------------------------------------------


def test_a_search_finds_a_title(api: HfApi) -> None:
    assert "Glacier maps in invented waters" in [paper.title for paper in api.list_papers(query="glacier maps")]


def test_the_limit_of_a_search_is_kept(api: HfApi) -> None:
    assert len(list(api.list_papers(query="invented waters", limit=2))) == 2
    assert len(list(api.list_papers(query="invented waters", limit=10))) == 6


def test_one_paper_with_what_is_linked(api: HfApi) -> None:
    paper = api.paper_info("2606.00001")
    assert (paper.id, paper.title) == ("2606.00001", "Coral attention in invented waters")
    assert paper.linked_models is not None
    assert [model.id for model in paper.linked_models] == ["invented/coral-base"]
    assert (paper.num_total_models, paper.linked_datasets, paper.num_total_datasets) == (1, [], 0)
    assert paper.linked_spaces == []
    assert paper.published_at == datetime(2026, 6, 20, tzinfo=UTC)
    assert (paper.upvotes, paper.github_stars) == (7, 40)
    assert paper.github_repo == "https://github.com/invented/coral"
    assert paper.project_page == "https://coral.example/"


def test_an_unknown_paper_is_404(api: HfApi) -> None:
    with pytest.raises(HfHubHTTPError) as error:
        api.paper_info("1234.56789")
    assert error.value.response.status_code == 404
    with pytest.raises(HfHubHTTPError) as error:
        api.read_paper("1234.56789")
    assert error.value.response.status_code == 404


def test_a_bad_date_is_a_bad_request(api: HfApi) -> None:
    with pytest.raises(BadRequestError, match="'2025-13-40' is no day; write it as 2026-11-28"):
        list(api.list_daily_papers(date="2025-13-40"))


def test_without_a_date_the_last_day_with_papers(api: HfApi) -> None:
    papers = list(api.list_daily_papers())
    assert ids(papers) == ["10.5555/harbour.4"]
    assert papers[0].submitted_at == datetime(2026, 7, 1, 10, 0, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "first", "last", "count"),
    [({"week": "2026-W27"}, date(2026, 6, 29), date(2026, 7, 5), 5),
     ({"month": "2026-06"}, date(2026, 6, 1), date(2026, 6, 30), 4)],
)  # fmt: skip
def test_a_week_and_a_month(api: HfApi, period: dict[str, str], first: date, last: date, count: int) -> None:
    papers = list(api.list_daily_papers(**period))  # type: ignore[arg-type]
    assert len(papers) == count
    for paper in papers:
        assert paper.submitted_at
        assert first <= paper.submitted_at.date() <= last
    days = [paper.submitted_at.date() for paper in papers if paper.submitted_at]
    assert days == sorted(days, reverse=True)


def test_the_papers_of_a_submitter(api: HfApi, stand: Served) -> None:
    papers = list(api.list_daily_papers(date=MONDAY.isoformat(), submitter="rita"))
    assert ids(papers) == ["2606.00001"]
    assert papers[0].submitted_by
    full_name = "Rita Reads" if stand.site.community.has_accounts else "rita"
    assert (papers[0].submitted_by.username, papers[0].submitted_by.fullname) == ("rita", full_name)
    assert ids(api.list_daily_papers(submitter="Rita")) == ["10.5555/harbour.4", "2606.00003", "2606.00001"]
    assert ids(api.list_daily_papers(submitter="rita", p=1, limit=2)) == ["2606.00001"]
    assert ids(api.list_daily_papers(submitter="nobody")) == []


def test_past_the_end_there_is_nothing(api: HfApi) -> None:
    assert list(api.list_daily_papers(p=100)) == []
    assert list(api.list_daily_papers(date="2026-06-30", p=1)) == []
    assert list(api.list_daily_papers(date="2020-01-01")) == []


def test_a_day_in_its_order(api: HfApi, stand: Served) -> None:
    community = stand.site.community
    for day in (MONDAY, TUESDAY, WEDNESDAY):
        printed = [entry.paper_id for entry in community.editions.edition(day).entries]
        papers = list(api.list_daily_papers(date=day.isoformat()))
        assert [paper.__dict__["broadsheet"]["id"] for paper in papers] == printed
        assert ids(api.list_daily_papers(date=f"{day.year}-{day.month}-{day.day}")) == ids(papers)
    parts = [ids(api.list_daily_papers(date="2026-06-29", p=p, limit=1)) for p in range(3)]
    assert [len(part) for part in parts] == [1, 1, 0]


def test_by_trend(api: HfApi, stand: Served) -> None:
    papers = list(api.list_daily_papers(sort="trending"))
    assert set(ids(papers)) == {"2606.00001", "2606.00002", "2606.00003", "2606.00004", "10.5555/harbour.4"}
    scores = [paper.__dict__["broadsheet"]["trend"]["score"] for paper in papers]
    assert scores == sorted(scores, reverse=True)
    assert all(paper.__dict__["broadsheet"]["trend"]["parts"] for paper in papers)


def test_all_fields_of_a_listed_paper(api: HfApi, stand: Served) -> None:
    (paper,) = api.list_daily_papers(date="2026-06-29", submitter="rita")
    assert paper.title == "Coral attention in invented waters"
    assert (paper.ai_summary, paper.ai_keywords) == ("A sentence by somebody else.", ["coral", "attention"])
    assert (paper.github_repo, paper.github_stars) == ("https://github.com/invented/coral", 40)
    assert (paper.project_page, paper.upvotes, paper.comments) == ("https://coral.example/", 7, 0)
    assert paper.organization
    assert (paper.organization.name, paper.organization.fullname) == ("invented-institute", "Invented Institute")
    assert paper.authors
    assert [author.name for author in paper.authors] == ["Ada Lee", "Author 0"]
    others = {one.id: one for one in api.list_daily_papers(week="2026-W27")}
    if stand.site.community.has_accounts:
        assert (others["2606.00002"].upvotes, others["2606.00003"].comments) == (2, 1)
    assert (others["2606.00003"].github_stars, others["2606.00003"].organization) == (None, None)


# The command line ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["ls", "--date", "2026-06-30"], {"2606.00003", "2606.00004"}),
        (["ls", "--week", "2026-W27"], {"2606.00001", "2606.00002", "2606.00003", "2606.00004", "10.5555/harbour.4"}),
        (["ls", "--month", "2026-06"], {"2606.00001", "2606.00002", "2606.00003", "2606.00004"}),
        (["ls", "--submitter", "otto"], {"2606.00002", "2606.00004"}),
        (["ls", "--sort", "trending", "--limit", "100"],
         {"2606.00001", "2606.00002", "2606.00003", "2606.00004", "10.5555/harbour.4"}),
        (["ls"], {"10.5555/harbour.4"}),
        (["search", "glacier maps", "--limit", "1"], {"2606.00003"}),
    ],
)  # fmt: skip
def test_lists_of_the_command(stand: Served, tmp_path: Path, words: list[str], expected: set[str]) -> None:
    listed = rows(hf(stand.url, tmp_path, *words, "--format", "json"))
    assert {row["id"] for row in listed} == expected
    assert all(row["title"].endswith("in invented waters") for row in listed)


def test_one_paper_by_the_command(stand: Served, tmp_path: Path) -> None:
    info = rows(hf(stand.url, tmp_path, "info", "2606.00001", "--format", "json"))
    assert (info["id"], info["title"]) == ("2606.00001", "Coral attention in invented waters")
    text = hf(stand.url, tmp_path, "read", "2606.00001")
    assert text.returncode == 0
    assert "Coral attention in invented waters" in text.stdout
    assert "7 votes · 0 comments · 40 stars" in text.stdout
    for words in (["info", "1234.56789"], ["read", "1234.56789"]):
        unknown = hf(stand.url, tmp_path, *words)
        assert unknown.returncode == 1
        assert "Paper '1234.56789' not found" in unknown.stdout + unknown.stderr
    bad = hf(stand.url, tmp_path, "ls", "--date", "2025-13-40")
    assert bad.returncode != 0
    assert "'2025-13-40' is no day" in bad.stdout + bad.stderr


def test_the_start_token_is_the_client_s_token(tmp_path: Path) -> None:
    token = "a-start-token-of-ours"
    with newsstand(tmp_path / "library", token=token) as stand:
        listed = rows(hf(stand.url, tmp_path, "ls", "--format", "json", token=token))
        assert [row["id"] for row in listed] == ["10.5555/harbour.4"]
        refused = hf(stand.url, tmp_path, "ls", token="another-token-altogether")
        assert refused.returncode != 0
        assert ids(HfApi(endpoint=stand.url, token=token).list_papers(query="glacier", limit=1)) == ["2606.00003"]
