from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from broadsheet.kit.reader_actions import ReaderAction
from tests.web.served import Served


def test_search(site: Served) -> None:
    found = site.client.get("/api/v1/search", params={"q": "token pruning", "k": 2}).json()
    assert len(found["results"]) == 2
    best = found["results"][0]
    assert best["paper"]["title"] == "Token pruning for dense retrieval, revised"
    assert best["matched"] == ["token", "pruning"]
    assert best["lexical"] + best["semantic"] == pytest.approx(1)
    assert [span["text"] for span in best["title"] if span["matched"]] == ["Token", "pruning"]
    second = site.client.get("/api/v1/search", params={"q": "token pruning", "k": 1, "offset": 1}).json()
    assert second["results"][0]["paper"]["id"] == found["results"][1]["paper"]["id"]


def test_search_among(site: Served) -> None:
    found = site.client.get("/api/v1/search", params={"q": "retrieval", "among": "2601.00001, 2512.00101"}).json()
    assert {r["paper"]["identifiers"]["arxiv"] for r in found["results"]} <= {"2601.00001", "2512.00101"}
    assert found["total"] == 2


def test_similar(site: Served) -> None:
    found = site.client.get("/api/v1/similar", params={"like": "2512.00101", "k": 2}).json()
    assert {r["paper"]["title"] for r in found["results"]} == {f"Coral reef acoustics number {n}" for n in (2, 3)}


def test_similar_but_for_something_else(site: Served) -> None:
    asked: dict[str, str | int] = {"like": "2512.00101", "but": "for cold fermentation, but not number 2", "k": 3}
    found = site.client.get("/api/v1/similar", params=asked).json()
    number = site.client.get("/api/v1/papers/2512.00101").json()["id"]
    assert found["query"] == f"like:{number} but for cold fermentation, but not number 2"
    assert found["notes"] == ["papers with “number 2” are left out"]
    assert found["liked"] == [number]
    titles = [result["paper"]["title"] for result in found["results"]]
    assert set(titles[:2]) == {"Cold fermentation chemistry number 1", "Cold fermentation chemistry number 3"}
    near, words = sorted(found["results"][0]["reasons"], key=lambda reason: reason["kind"])
    assert (near["kind"], words["kind"], words["terms"]) == ("near", "terms", ["cold", "fermentation"])
    assert near["weight"] + words["weight"] == pytest.approx(1)
    same = site.client.get("/api/v1/search", params={"q": found["query"], "k": 3}).json()
    assert [result["paper"]["id"] for result in same["results"]] == [r["paper"]["id"] for r in found["results"]]


def test_similar_in_one_aspect(site: Served) -> None:
    asked: dict[str, str | int] = {"like": "2512.00101", "k": 2, "aspect": "result"}
    found = site.client.get("/api/v1/similar", params=asked).json()
    assert {r["paper"]["title"] for r in found["results"]} == {f"Coral reef acoustics number {n}" for n in (2, 3)}
    for hit in found["results"]:
        [why] = hit["reasons"]
        assert why["kind"] == "aspect"
        assert why["text"] == f"its result: “{hit['paper']['abstract']}”"
    among = site.client.get("/api/v1/similar", params={**asked, "among": "2512.00103,2601.00002"}).json()
    assert among["total"] == 2
    assert among["results"][0]["paper"]["identifiers"] == {"arxiv": "2512.00103"}
    refused = site.client.get("/api/v1/similar", params={"like": "2512.00101", "aspect": "colour"})
    assert refused.status_code == 400
    assert "task, method, result" in refused.json()["error"]["message"]


def test_a_paper_and_its_versions(site: Served) -> None:
    paper = site.client.get("/api/v1/papers/2601.00001").json()
    assert paper["identifiers"] == {"arxiv": "2601.00001", "doi": "10.5555/late.1"}
    assert paper["authors"][0]["affiliations"] == ["Example Institute"]
    assert paper["submitted"] == "2026-01-05"
    by_doi = site.client.get("/api/v1/papers/10.5555/late.1").json()
    assert by_doi == paper
    versions = site.client.get("/api/v1/papers/2601.00002/versions").json()
    assert [v["content"]["title"] for v in versions] == ["Token pruning for dense retrieval"]


def test_addresses_in_the_api_are_safe_too(site: Served) -> None:
    paper = site.client.get("/api/v1/papers/inv-2").json()
    assert paper["urls"] == ["https://example.org/safe"]
    assert paper["pdf_url"] == ""


def test_actions_feed_and_undo(own: Served) -> None:
    post = own.client.post
    assert own.client.get("/api/v1/feed").json()["cold"] is True
    assert post("/api/v1/papers/2512.00101/actions", json={"action": "save"}).json() == {"done": True, "left": []}
    feed = own.client.get("/api/v1/feed", params={"k": 3}).json()
    assert feed["cold"] is False
    assert [item["position"] for item in feed["items"]] == [1, 2, 3]
    number = own.number("2512.00101")
    assert any(reason["paper_id"] == number for reason in feed["items"][0]["reasons"])
    assert post("/api/v1/papers/1/actions", json={"action": "tag", "value": "later"}).status_code == 200
    kept = own.client.get("/api/v1/library").json()
    assert list(kept["saved"]) == [str(number)]
    assert kept["tags"] == {"later": [1]}
    assert post("/api/v1/undo", json={}).json() == {"action": "tag", "paper_id": 1}
    assert post("/api/v1/undo", json={}).json() == {"action": "save", "paper_id": number}
    assert post("/api/v1/undo", json={}).json() == {"action": None, "paper_id": None}


def test_collections(own: Served) -> None:
    path = "/api/v1/collections/Reading%20group"
    number = own.number("2601.00001")
    assert own.client.post(path, json={"paper": "arXiv:2601.00001v2"}).status_code == 200
    assert own.client.get("/api/v1/library").json()["collections"] == {"Reading group": [number]}
    json_type = {"Content-Type": "application/json"}
    assert own.client.delete(f"{path}/papers/2601.00001", headers=json_type).status_code == 200
    assert own.client.delete(path, headers=json_type).status_code == 200
    assert own.client.get("/api/v1/library").json()["collections"] == {}


def test_tuning_keeps_what_is_left_out(own: Served) -> None:
    mix = own.client.post("/api/v1/tuning", json={"recency": 0.5}).json()
    assert mix == {"recency": 0.5, "diversity": 0.3, "exploration": 0.05}
    assert own.client.get("/api/v1/tuning").json() == mix


def test_import(own: Served) -> None:
    report = own.client.post("/api/v1/import", json={"text": "2601.00001"}).json()
    assert report["paper_ids"] == [own.number("2601.00001")]


def test_looking_after(site: Served) -> None:
    stats = site.client.get("/api/v1/stats").json()
    assert (stats["papers"], stats["indexed"]) == (13, 13)
    assert site.client.get("/api/v1/quarantine").json() == []
    assert "arxiv" in [source["name"] for source in site.client.get("/api/v1/sources").json()]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/papers/9999", 404),
        ("/api/v1/papers/9999/versions", 404),
        ("/api/v1/similar?like=9999", 404),
        ("/api/v1/similar?like=9999&but=x", 404),
        ("/api/v1/similar", 400),
        ("/api/v1/search?q=a&k=101", 400),
        ("/api/v1/search?q=a&k=x", 400),
        ("/api/v1/search?q=a&offset=-1", 400),
        ("/api/v1/nothing", 404),
    ],
)
def test_failures_have_one_shape(site: Served, path: str, status: int) -> None:
    answer = site.client.get(path)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert list(answer.json()["error"]) == ["message"]


def test_only_json_changes_anything(own: Served) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        body = '{"action": "save"}'
        answer = own.client.post("/api/v1/papers/1/actions", content=body, headers={"Content-Type": kind})
        assert answer.status_code in (400, 415)
        assert own.client.post("/api/v1/undo", content="", headers={"Content-Type": kind}).status_code == 415
    assert dict(own.library.state("me").saved) == {}


@pytest.mark.parametrize(
    "body",
    [
        '{"action": "explode"}',
        '{"action": "save", "extra": 1}',
        "{",
        "[]",
        '{"action": "tag"}',
        '{"action":"save","position":-1}',
    ],
)
def test_bad_bodies_are_told(own: Served, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = own.client.post("/api/v1/papers/1/actions", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_the_description_is_complete(site: Served) -> None:
    described = site.client.get("/api/v1/openapi.json").json()
    assert all(path.startswith("/api/") for path in described["paths"])
    assert "/api/v1/search" in described["paths"]
    page = unescape(site.client.get("/api").text)
    assert all(path in page for path in described["paths"])


def test_actions_are_those_of_the_table(site: Served) -> None:
    schemas = site.client.get("/api/v1/openapi.json").json()["components"]["schemas"]
    assert schemas["ActionIn"]["properties"]["action"] == {"$ref": "#/components/schemas/ReaderAction"}
    assert schemas["ReaderAction"]["enum"] == [action.value for action in ReaderAction]
    assert schemas["ReaderAction"]["type"] == "string"


def test_every_route_is_documented(site: Served) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    told = {
        (method, path)
        for row in rows
        for methods, path in re.findall(r"((?:`?[A-Z]+`?,? )+)(/[^`\s]*)`", row)
        for method in re.findall(r"[A-Z]+", methods)
    }
    routes = site.client.get("/api/v1/openapi.json").json()["paths"]
    assert told == {
        (method.upper(), path.removeprefix("/api/v1")) for path, methods in routes.items() for method in methods
    }
