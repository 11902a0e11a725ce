"""The Reader API: two programs' calls, word for word as they send them, over a real server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from broadsheet.community.searches import SearchTerms
from broadsheet.kit.paper import Paper, Record
from tests.clock import NOON
from tests.web.members import Town, post, town
from tests.web.served import Served, served

LONG = "tag:google.com,2005:reader/item/"
STATE = "user/-/state/com.google/"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
FIRST = 0x5F << 44  # the item of paper 0


@pytest.fixture
def shelf(stocked: Path, tmp_path: Path) -> Iterator[Served]:
    """A private library behind a start token, whose reader follows a search, a tag and a collection."""
    shutil.copytree(stocked, tmp_path / "library")
    with served(tmp_path / "library", token="a-start-token-of-mine") as running:
        running.site.community.searches.save("me", "Reefs & more", SearchTerms("coral reef"))
        running.library.act("me", "2601.00002", "tag", "to read")
        running.library.collect("me", "Games", "2512.00111")
        yield running


def password(shelf: Served | Town, reader: str = "me") -> str:
    return shelf.site.community.programs.create(reader, "a program")


def client(shelf: Served | Town, auth: str = "") -> httpx.Client:
    headers = {"Authorization": f"GoogleLogin auth={auth}"} if auth else {}
    return httpx.Client(base_url=f"{shelf.url}/api/greader", headers=headers, trust_env=False)


def signed_in(shelf: Served | Town, reader: str = "me") -> httpx.Client:
    with client(shelf) as stranger:
        login = {"Email": reader, "Passwd": password(shelf, reader)}
        answer = stranger.post("/accounts/ClientLogin", data=login)
    return client(shelf, dict(line.split("=") for line in answer.text.splitlines())["Auth"])


def ids(answer: httpx.Response) -> list[int]:
    return [int(one["itemId"] if "itemId" in one else one["id"]) - FIRST for one in answer.json()["itemRefs"]]


def titles(answer: httpx.Response) -> list[str]:
    return [one["title"] for one in answer.json()["items"]]


def test_a_desktop_program_as_netnewswire_calls(shelf: Served) -> None:
    """Sign in by form; tags; subscriptions; unread ids; items by short hexadecimal ids; states back by padded ones."""
    reef = shelf.number("2512.00101")
    with client(shelf) as http:
        body = f"Email=me&Passwd={password(shelf)}"
        login = http.post("/accounts/ClientLogin", content=body, headers=FORM)
        parts = dict(line.split("=") for line in login.text.splitlines())
        assert set(parts) == {"SID", "LSID", "Auth"}
        http.headers["Authorization"] = f"GoogleLogin auth={parts['Auth']}"
        token = http.get("/reader/api/0/token").text
        assert len(token) == 57
        tags = http.get("/reader/api/0/tag/list?output=json").json()["tags"]
        assert [one["id"] for one in tags] == [f"{STATE}starred", *(f"user/-/label/{name}" for name in FOLDERS)]
        listed = http.get("/reader/api/0/subscription/list?output=json").json()["subscriptions"]
        assert [one["title"] for one in listed] == ["Broadsheet for me", "“Reefs & more”", "tagged “to read”", "Games"]
        assert [one["categories"][0]["label"] for one in listed] == list(FOLDERS)
        assert [one["id"] for one in listed][:3] == ["feed/page", "feed/search%3A1", "feed/tag%3Ato%20read"]
        query = f"ot={NOON.timestamp() - 90 * 86400}&n=10000&output=json&xt={STATE}read&s={STATE}reading-list"
        unread = ids(http.get(f"/reader/api/0/stream/items/ids?{query}"))
        assert reef in unread
        assert shelf.number("2601.00002") not in unread or shelf.number("2601.00002") in ids(
            http.get("/reader/api/0/stream/items/ids?s=feed/page&n=100")
        )
        body = f"T={token}&output=json&" + "&".join(f"i={FIRST + one:x}" for one in unread)
        whole = http.post("/reader/api/0/stream/items/contents", content=body, headers=FORM)
        assert [one["id"] for one in whole.json()["items"]] == [f"{LONG}{FIRST + one:016x}" for one in unread]
        item = next(one for one in whole.json()["items"] if one["title"] == "Coral reef acoustics number 1")
        assert item["alternate"][0]["href"] == f"{shelf.url}/paper/{reef}"
        assert "reports outcome 1" in item["summary"]["content"]
        assert item["origin"]["streamId"] in ("feed/page", "feed/search%3A1")
        assert isinstance(item["published"], int)
        body = f"T={token}&i={FIRST + reef:016x}&a={STATE}starred"
        assert http.post("/reader/api/0/edit-tag", content=body, headers=FORM).text == "OK"
        assert list(shelf.library.state("me").saved) == [reef]
        assert http.post("/reader/api/0/edit-tag", content=body, headers=FORM).text == "OK"  # sent again
        both = "&".join(f"i={FIRST + one:016x}" for one in unread[:2])
        http.post("/reader/api/0/edit-tag", content=f"T={token}&{both}&a={STATE}read", headers=FORM)
        still = ids(
            http.get(f"/reader/api/0/stream/items/ids?s={STATE}reading-list&n=10000&xt={STATE}read&output=json")
        )
        assert set(still) == set(unread) - set(unread[:2])
        starred = http.get(f"/reader/api/0/stream/items/ids?s={STATE}starred&n=10000&output=json")
        assert ids(starred) == [reef]
        http.post("/reader/api/0/edit-tag", content=f"T={token}&i={FIRST + reef:016x}&r={STATE}starred", headers=FORM)
        assert shelf.library.state("me").saved == {}
    log = shelf.library.catalogue.readers.whole_log(shelf.library.reader("me").id)
    assert [(one.kind, one.policy) for one in log[-4:]] == [
        ("save", "program"), ("impression", "program"), ("impression", "program"), ("unsave", "program"),
    ]  # fmt: skip
    assert shelf.library.state("me").opened == {}  # read together: seen, not opened


FOLDERS = ("Your page", "Saved searches", "Tags", "Collections")


def test_a_phone_program_as_readrops_calls(shelf: Served) -> None:
    """Sign in by a multipart form; everything at once without an end; states back by long ids."""
    with client(shelf) as http:
        login = http.post("/accounts/ClientLogin", files={"Email": (None, "me"), "Passwd": (None, password(shelf))})
        auth = next(line for line in login.text.splitlines() if line.startswith("Auth=")).removeprefix("Auth=")
        http.headers["Authorization"] = f"GoogleLogin auth={auth}"
        assert http.get("/reader/api/0/user-info").json()["userName"] == "me"
        token, most = http.get("/reader/api/0/token").text, 2**31 - 1
        path = f"/reader/api/0/stream/contents/{STATE}reading-list?xt={STATE}read&xt={STATE}starred&n={most}"
        items = http.get(path).json()["items"]
        assert {"id", "published", "title", "summary", "alternate", "categories", "origin", "author"} <= items[0].keys()
        assert http.get(f"/reader/api/0/stream/contents/{STATE}starred?n={most}").json()["items"] == []
        one = next(item for item in items if item["title"] == "Coral reef acoustics number 2")
        data = {"T": token, "a": f"{STATE}read", "i": [one["id"]]}
        assert http.post("/reader/api/0/edit-tag", data=data).text == "OK"
        assert list(shelf.library.state("me").opened) == [shelf.number("2512.00102")]  # alone: opened
        ids_path = "/reader/api/0/stream/items/ids"
        read = http.get(f"{ids_path}?xt={STATE}unread&s={STATE}reading-list&n=2500")
        assert shelf.number("2512.00102") in ids(read)
        unread = http.get(f"{ids_path}?xt={STATE}read&s={STATE}reading-list&n=2500")
        assert not set(ids(unread)) & set(ids(read))
        http.post("/reader/api/0/edit-tag", data={"T": token, "r": f"{STATE}read", "i": [one["id"]]})
        assert shelf.number("2512.00102") in ids(http.get(f"{ids_path}?xt={STATE}read&s={STATE}reading-list&n=2500"))
        later = int(NOON.timestamp()) + 60
        assert http.get(f"/reader/api/0/stream/contents/{STATE}reading-list?n=2500&ot={later}").json()["items"] == []
        refused = http.post("/reader/api/0/subscription/edit", data={"T": token, "s": "feed/https://x.org", "ac": "x"})
        assert refused.status_code == 400
        stale = http.post("/reader/api/0/edit-tag", data={"T": "stale", "a": f"{STATE}read", "i": [one["id"]]})
        assert (stale.status_code, stale.headers["x-reader-google-bad-token"]) == (401, "true")


def test_streams_are_paged_ordered_and_counted(shelf: Served) -> None:
    with signed_in(shelf) as http:
        every = "/reader/api/0/stream/items/ids?s=feed/search%253A1&output=json"
        whole = ids(http.get(f"{every}&n=10"))
        assert whole == [shelf.number(f"2512.0010{n}") for n in (3, 2, 1)]
        first = http.get(f"{every}&n=2").json()
        assert first["continuation"] == "2"
        rest = http.get(f"{every}&n=2&c=2")
        assert [*(int(one["id"]) - FIRST for one in first["itemRefs"]), *ids(rest)] == whole
        assert "continuation" not in rest.json()
        assert ids(http.get(f"{every}&n=10&r=o")) == whole[::-1]
        assert ids(http.get(f"{every}&n=10&nt=1")) == []
        assert titles(http.get("/reader/api/0/stream/contents/feed/search:1?n=1")) == ["Coral reef acoustics number 3"]
        assert titles(http.get("/reader/api/0/stream/contents/user/1/label/Collections")) == [
            "Graph colouring games number 1"
        ]

        def count(name: str) -> int:
            counts = http.get("/reader/api/0/unread-count?output=json").json()["unreadcounts"]
            return int(next(one["count"] for one in counts if one["id"] == name))

        assert count("feed/search%3A1") == 3
        assert count("user/-/label/Saved searches") == 3
        data = {"s": "feed/search:1", "ts": str(int(NOON.timestamp() * 1e6) - 1)}
        http.post("/reader/api/0/mark-all-as-read", data=data)  # before they came in
        assert count("feed/search%3A1") == 3
        http.post("/reader/api/0/mark-all-as-read", data={"s": "feed/search:1"})
        assert count("feed/search%3A1") == 0
        assert count("user/-/state/com.google/reading-list") > 0


def test_labels_of_items_are_tags_and_what_is_gone_is_passed_over(shelf: Served) -> None:
    reef = shelf.number("2512.00101")
    with signed_in(shelf) as http:
        data = {"i": [str(FIRST + reef), str(FIRST + 999), "rubbish", "-1"], "a": "user/-/label/to read"}
        assert http.post("/reader/api/0/edit-tag", data=data).text == "OK"
        assert shelf.library.state("me").tags["to read"] == {reef, shelf.number("2601.00002")}
        http.post("/reader/api/0/edit-tag", data={"i": str(FIRST + reef), "r": "user/-/label/to read"})
        assert reef not in shelf.library.state("me").tags["to read"]
        assert http.get("/reader/api/0/stream/contents/feed/nothing").status_code == 400
        assert http.get(f"/reader/api/0/stream/items/ids?s={STATE}broadcast").json()["itemRefs"] == []
        assert http.post("/reader/api/0/edit-tag", data={"a": f"{STATE}like", "i": "1"}).text == "OK"
        odd = http.get("/reader/api/0/stream/items/ids?n=-5&c=x&ot=nan&nt=1e999&r=zz&s=feed/page")
        assert odd.status_code == 200


def test_a_new_paper_comes_in_after_the_last_look_and_a_ranked_one_stays(shelf: Served) -> None:
    with signed_in(shelf) as http:
        before = http.get("/reader/api/0/stream/items/ids?s=feed/page&n=100").json()["itemRefs"]
        found = ids(http.get("/reader/api/0/stream/items/ids?s=feed/search:1"))
        night = Paper(title="Coral reef acoustics at night", abstract="This invented study of coral reefs is new.")
        shelf.library.add(Record(night, "invented", "inv-night", "invented:night"))
        now = ids(http.get("/reader/api/0/stream/items/ids?s=feed/search:1"))
        assert set(now) - set(found) == {shelf.library.newest}
        top = int(before[0]["id"])
        http.post("/reader/api/0/edit-tag", data={"i": str(top), "a": f"{STATE}starred"})  # leaves the page by it
        assert top - FIRST not in {item.stored.id for item in shelf.library.feed("me", 30, log=False).items}
        assert top in [int(one["id"]) for one in after_star(http)]


def after_star(http: httpx.Client) -> list[dict[str, Any]]:
    refs: list[dict[str, Any]] = http.get("/reader/api/0/stream/items/ids?s=feed/page&n=100").json()["itemRefs"]
    return refs


def test_only_a_programs_password_opens_it(shelf: Served) -> None:
    secret = password(shelf)
    with client(shelf) as http:
        wrong = [("me", "wrong"), ("me", ""), ("other", secret), ("", secret), ("me", "a-start-token-of-mine")]
        for name, tried in wrong:
            answer = http.post("/accounts/ClientLogin", data={"Email": name, "Passwd": tried})
            assert (answer.status_code, answer.text) == (401, "Error=BadAuthentication\n")
        assert http.post("/accounts/ClientLogin", data={"Email": " ME ", "Passwd": secret.upper()}).status_code == 200
        for path in ("token", "user-info", "subscription/list", "tag/list", "unread-count", "stream/items/ids"):
            assert http.get(f"/reader/api/0/{path}").status_code == 401
        cookie = httpx.Client(base_url=shelf.url, cookies=shelf.client.cookies, trust_env=False)
        with cookie as browser:
            browser.get("/", params={"token": "a-start-token-of-mine"})
            assert browser.get("/reader/api/0/token").status_code == 401
        assert http.get("/reader/api/0/token", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
        plain = secret.replace("-", "")
        good = {"Authorization": f"GoogleLogin auth={plain}"}
        assert http.get("/reader/api/0/token", headers=good).status_code == 200
        assert httpx.get(f"{shelf.url}/reader/api/0/token", headers=good, trust_env=False).status_code == 200
        assert httpx.get(f"{shelf.url}/library", headers=good, trust_env=False).status_code == 401
        shelf.client.get("/", params={"token": "a-start-token-of-mine"})
        number = str(shelf.site.community.programs.all("me")[0].id)
        assert shelf.post("/exchange/programs/revoke", program=number).status_code == 303
        assert http.get("/reader/api/0/token", headers=good).status_code == 401
        last = [http.post("/accounts/ClientLogin", data={"Email": "me", "Passwd": "x"}).status_code for _ in range(60)]
        assert last[-1] == 429


def test_the_page_makes_a_password_that_is_shown_once(shelf: Served) -> None:
    shelf.client.get("/", params={"token": "a-start-token-of-mine"})
    made = shelf.post("/exchange/programs", name="NetNewsWire <phone>").text
    secret = made.partition("shown only now: <code>")[2].partition("</code>")[0]
    assert len(secret) == 23
    assert f"{shelf.url}/api/greader" in made
    again = shelf.client.get("/exchange").text
    assert secret not in again
    assert "NetNewsWire &lt;phone&gt;" in again
    assert shelf.site.community.programs.sign_in("me", secret, "127.0.0.1") == secret.replace("-", "")
    assert secret.replace("-", "") not in (shelf.library.path / "catalogue.db").read_bytes().decode("latin-1")
    assert shelf.post("/exchange/programs", name=" ").status_code == 400


def test_calls_are_limited_as_those_of_the_api(stocked: Path, tmp_path: Path) -> None:
    shutil.copytree(stocked, tmp_path / "library")
    (tmp_path / "library" / "broadsheet.toml").write_text("[server]\napi_calls = 3\n")
    with served(tmp_path / "library") as running, signed_in(running) as http:
        assert [http.get("/reader/api/0/user-info").status_code for _ in range(5)] == [200, 200, 200, 429, 429]


def test_members_read_and_star_for_themselves_alone(stocked: Path, tmp_path: Path) -> None:
    with town(stocked, tmp_path / "library") as place:
        place.library.act("otto", "2512.00101", "tag", "otto’s secret")
        reef = place.library.resolve("2512.00101")
        with signed_in(place, "rita") as rita, signed_in(place, "otto") as otto:
            listed = rita.get("/reader/api/0/subscription/list").text
            assert "secret" not in listed
            assert "secret" in otto.get("/reader/api/0/subscription/list").text
            assert rita.get("/reader/api/0/stream/contents/feed/tag:otto’s secret").status_code == 400
            rita.post("/reader/api/0/edit-tag", data={"i": str(FIRST + reef), "a": f"{STATE}starred"})
            assert list(place.library.state("rita").saved) == [reef]
            assert place.library.state("otto").saved == {}
            theirs = otto.post("/reader/api/0/edit-tag", data={"T": rita.get("/reader/api/0/token").text, "i": "1"})
            assert theirs.status_code == 401
        made = post(place.as_("otto"), "/exchange/programs/revoke", program="1")
        assert made.status_code == 400  # rita's
        accounts = place.site.community.accounts
        with signed_in(place, "otto") as otto:
            accounts.administration.suspend(accounts.named("otto"), "spam", by="amos")
            assert otto.get("/reader/api/0/token").status_code == 401
