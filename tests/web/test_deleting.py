"""Papers, collections and imports deleted on the pages and by the API, and brought back; joined papers parted."""

from __future__ import annotations

from dataclasses import replace

from broadsheet.kit.paper import Identifiers, Record
from tests.web.markup import Page
from tests.web.served import PAPERS, Served, notice

JSON = {"Content-Type": "application/json"}
BIBTEX = """@article{a, title={Salt marshes and the slow tide}, author={Reed, Joan}, year={2020}}
@article{b, title={Dune grass under the plough}, author={Reed, Joan}, year={2021}}"""


def test_deleting_asks_first_and_can_be_taken_back_once(own: Served) -> None:
    picked = [str(own.number(f"2512.0010{n}")) for n in (1, 2)]
    own.library.act("me", picked[0], "save")
    asked = own.post("/papers/act", pick=picked, action="delete", next="/search?q=coral")
    assert own.library.stats().papers == len(PAPERS)
    page = own.client.get(asked.headers["location"])
    assert Page(page.text).faults == []
    assert "Delete 2 papers?" in page.text
    assert "Coral reef acoustics number 2" in page.text

    done = own.post("/papers/delete", pick=picked, next="/search?q=coral")
    assert own.library.stats().papers == len(PAPERS) - 2
    assert own.client.get(f"/paper/{picked[0]}").status_code == 404
    assert "Deleted: 2 papers." in notice(own, done.headers["location"])
    assert 'action="/deleted/restore"' in own.client.get(done.headers["location"]).text
    listed = own.client.get("/deleted").text
    assert Page(listed).faults == []
    assert "Coral reef acoustics number 1 and 1 more" in listed

    [one] = own.library.deletions()
    back = own.post("/deleted/restore", deletion=str(one.id), next="/search?q=coral")
    assert back.headers["location"] == "/search?q=coral&done=restore&papers=2"
    assert set(own.library.state("me").saved) == {own.number("2512.00101")}
    assert own.client.get(f"/paper/{picked[0]}").status_code == 200  # the old number leads to the new one
    assert "Nothing is deleted." in own.client.get("/deleted").text
    assert "was restored already" in own.post("/deleted/restore", deletion=str(one.id)).text


def test_a_deleted_papers_own_page_is_left(own: Served) -> None:
    answer = own.post("/papers/delete", pick=["1"], next="/paper/1?by=task")
    assert answer.headers["location"].startswith("/?done=delete")


def test_what_was_deleted_is_forgotten_only_for_sure(own: Served) -> None:
    own.post("/papers/delete", pick=["1"])
    own.library.create_collection("me", "Reefs")
    own.post("/collections", what="delete", name="Reefs")
    assert own.client.get("/deleted").text.count('action="/deleted/restore"') == 2
    assert own.post("/deleted/purge").status_code == 400
    assert len(own.library.deletions()) == 2
    done = own.post("/deleted/purge", sure="yes")
    assert "forgotten for good" in notice(own, done.headers["location"])
    assert own.library.deletions() == []


def test_an_import_is_undone_and_what_was_deleted_stays_out(own: Served) -> None:
    own.post("/import", text=BIBTEX)
    page = own.client.get("/sources").text
    assert Page(page).faults == []
    first = own.library.imports()[0]
    assert (first.papers, f'name="import" value="{first.id}"' in page) == (2, True)
    answer = own.post("/imports/undo", **{"import": str(first.id)})
    assert "The import is undone: 2 papers taken out." in notice(own, answer.headers["location"])
    assert own.library.stats().papers == len(PAPERS)
    [gone] = [one for one in own.library.deletions() if not one.restored]
    own.post("/deleted/restore", deletion=str(gone.id))
    number = own.library.search("dune grass under the plough", 1).results[0].stored.id
    own.post("/papers/delete", pick=[str(number)])
    again = own.post("/import", text=BIBTEX)
    assert "out=1" in again.headers["location"]
    said = notice(own, again.headers["location"])
    assert "Read 2 records: 0 new, 1 here already" in said
    assert "1 stay out: they were deleted here." in said


def test_records_kept_apart_are_told_of(own: Served) -> None:
    own.post("/import", text="@article{x, title={Harbour lights in fog}, author={Poe, Ann}, year={1999}}")
    answer = own.post("/import", text="@article{x, title={Counting boats at dawn}, author={Quill, Bo}, year={2003}}")
    report = own.site.imported["me"]
    assert report is not None
    assert len(report.notes) == 1
    assert "1 kept apart from papers that their key or identifier named." in notice(own, answer.headers["location"])
    page = own.client.get("/sources").text
    assert Page(page).faults == []
    assert (
        "the key x is another work’s".replace("’", "&#39;") in page.partition('id="last"')[2].partition("</section>")[0]
    )


def test_joined_records_are_parted(own: Served) -> None:
    twin = replace(PAPERS[0], ids=Identifiers())
    own.library.add(Record(twin, "other", "o-1", "other:1"))
    [merge] = own.library.merges()
    page = own.client.get("/joined").text
    assert Page(page).faults == []
    assert f'name="merge" value="{merge.id}"' in page
    answer = own.post("/joined/undo", merge=str(merge.id))
    assert "Parted: “Late interaction with pruned" in notice(own, answer.headers["location"])
    assert own.library.stats().papers == len(PAPERS) + 1
    assert f'name="merge" value="{merge.id}"' not in own.client.get("/joined").text
    assert own.post("/joined/undo", merge=str(merge.id)).status_code == 400
    assert own.post("/joined/part").headers["location"] == "/joined?done=none"


def test_by_the_api(own: Served) -> None:
    client, api = own.client, "/api/v1"
    number = own.library.resolve("2601.00001")
    assert client.delete(f"{api}/papers/2601.00001").status_code == 415
    deletion = client.delete(f"{api}/papers/2601.00001", headers=JSON).json()["deletion"]
    [listed] = client.get(f"{api}/deletions").json()
    assert (listed["id"], listed["kind"], listed["papers"], listed["restored"]) == (deletion, "paper", 1, False)
    [restored] = client.post(f"{api}/deletions/{deletion}/restore", json={}).json()["papers"]
    assert own.library.resolve(number) == own.library.resolve("2601.00001") == restored
    assert client.post(f"{api}/deletions/{deletion}/restore", json={}).status_code == 400
    report = client.post(f"{api}/import", json={"text": BIBTEX}).json()
    assert (report["added"], report["deleted"], report["notes"]) == (2, 0, [])
    first = client.get(f"{api}/imports").json()[0]
    undone = client.post(f"{api}/imports/{first['id']}/undo", json={}).json()
    assert (undone["deleted"], undone["kept"]) == (2, 0)
    twin = replace(PAPERS[0], ids=Identifiers())
    own.library.add(Record(twin, "other", "o-1", "other:1"))
    [merge] = client.get(f"{api}/merges").json()
    assert merge["rule"] == "title"
    assert len(client.post(f"{api}/merges/{merge['id']}/undo", json={}).json()["papers"]) == 1
    assert client.get(f"{api}/merges").json()[0]["undone"] is True
    assert client.get(f"{api}/suspects").json() == []
    assert client.post(f"{api}/suspects/part", json={}).json() == {"papers": []}
