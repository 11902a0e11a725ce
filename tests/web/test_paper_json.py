"""One paper as JSON: the command line, the API, exports and Python say the same."""

import json

from broadsheet.kit.paper import Paper
from broadsheet.kit.paper_json import from_json, to_full_json, to_json
from broadsheet.pipeline.paper_json import library_json
from tests.web.served import PAPERS, Served


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


def test_every_field_is_present_and_reads_back() -> None:
    for paper in (*PAPERS, Paper("Only a title")):
        assert from_json(to_full_json(paper)) == paper
    assert to_full_json(Paper("T")).keys() == set(Paper.__dataclass_fields__)
