"""One paper as JSON: the command line, the API, exports and Python say the same."""

import json

from broadsheet.cli.output import jsonable
from broadsheet.cli.render import feed_json, page_json, paper_json
from broadsheet.kit.paper import Paper
from broadsheet.kit.paper_json import from_json, to_full_json, to_json
from broadsheet.pipeline.paper_json import library_json
from tests.web.served import PAPERS, Served

# What a search result says in a form of its own: the command line has text, the API has its matched stretches marked.
OF_SPANS = {"title", "snippet"}


def test_the_command_line_the_api_exports_and_python_give_one_object(site: Served) -> None:
    for number in site.library.search_ids("retrieval", 100).ids.tolist():
        stored = site.library.paper(number)
        ours = library_json(stored)
        assert site.client.get(f"/api/v1/papers/{number}").json() == ours
        exported = json.loads("".join(site.library.export([number], "jsonl")))
        assert exported == to_json(stored.paper)
        addresses = ("urls", "pdf_url")  # in the library's object they are those that a browser may follow
        full = {key: value for key, value in to_full_json(stored.paper).items() if key not in addresses}
        assert full.items() <= ours.items()


def test_a_search_says_the_same_on_the_command_line_and_in_the_api(site: Served) -> None:
    asked: dict[str, str | int] = {"q": "token pruning", "k": 3, "offset": 1}
    api = site.client.get("/api/v1/search", params=asked).json()
    line = json.loads(json.dumps(page_json(site.library.search("token pruning", 3, 1), 1)))
    assert api.keys() == line.keys()
    assert {k: v for k, v in api.items() if k not in ("results", "seconds")} == {
        k: v for k, v in line.items() if k not in ("results", "seconds")
    }
    assert [(one["rank"], two["rank"]) for one, two in zip(api["results"], line["results"], strict=True)] == [
        (2, 2), (3, 3),
    ]  # fmt: skip
    for one, two in zip(api["results"], line["results"], strict=True):
        paper = one.pop("paper")
        assert paper == library_json(site.library.paper(paper["id"]))
        assert {k: v for k, v in one.items() if k not in OF_SPANS} == {
            k: v for k, v in two.items() if k not in OF_SPANS | paper.keys()
        }
        assert {k: two[k] for k in paper} == paper
        assert two["snippet"] == "".join(span["text"] for span in one["snippet"])


def test_a_feed_and_a_collection_hold_the_object_that_a_search_gives(own: Served) -> None:
    numbers = own.library.search_ids("retrieval", 3).ids.tolist()
    for number in numbers:
        own.library.act("me", number, "save")
        own.library.collect("me", "Shelf", number)
    api = own.client.get("/api/v1/feed", params={"k": 5}).json()
    line = json.loads(json.dumps(feed_json(own.library.feed("me", 5))))
    assert api.keys() == line.keys()
    assert len(api["items"]) == len(line["items"]) > 0
    for one, two in zip(api["items"], line["items"], strict=True):
        paper = one.pop("paper")
        assert paper == library_json(own.library.paper(paper["id"]))
        assert {**paper, **one} == two
    assert own.client.get("/api/v1/collections").json() == {"Shelf": sorted(numbers)}  # put in at one moment
    held = [json.loads(json.dumps(jsonable(paper_json(own.library.paper(number))))) for number in numbers]
    assert held == [own.client.get(f"/api/v1/papers/{number}").json() for number in numbers]


def test_every_field_is_present_and_reads_back() -> None:
    for paper in (*PAPERS, Paper("Only a title")):
        assert from_json(to_full_json(paper)) == paper
    assert to_full_json(Paper("T")).keys() == set(Paper.__dataclass_fields__)
