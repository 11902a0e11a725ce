"""Requests that are polite, careful and patient, against a server that is none of it."""

import gzip
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit.errors import ProviderParked, SourceError
from broadsheet.sources.net.fetch import BrokenTransferError, inflate, redirect_target
from broadsheet.sources.net.http import PARK_DENIED, PoliteClient
from broadsheet.sources.net.rate_limit import MemoryStore, Provider
from tests.sources.asking import NO_SUCH, ask, gaps
from tests.sources.network import START, FakeClock, client_of
from tests.sources.provider import RETRY_AFTER, provider

PARK = 30 * 60.0


def test_requests_keep_their_distance_and_introduce_themselves() -> None:
    clock = FakeClock()
    with provider(clock=clock.now) as server, client_of(server, clock) as client:
        for _ in range(4):
            client.get("arxiv", server.endpoints.arxiv_api, {"id_list": "2603.00001"})
            client.get("arxiv", server.endpoints.arxiv_oai, {"verb": "Identify"})
        client.get("crossref", f"{server.endpoints.crossref}/{NO_SUCH}", accept={404})
    assert gaps(server.arrivals("api", "oai")) == [3.0] * 7  # two services, one queue
    assert server.arrivals("crossref") == [START + 21.0]  # another provider does not wait
    assert server.log[0].headers["User-Agent"].startswith("broadsheet/0 (+https://paper.example; mailto:")
    assert server.log[0].headers["Accept-Encoding"] == "gzip"


def test_parameters_are_encoded_once_more() -> None:
    clock = FakeClock()
    with provider(clock=clock.now) as server, client_of(server, clock) as client:
        client.get("arxiv", server.endpoints.arxiv_oai, {"resumptionToken": "verb%3DListRecords%26set%3Dcs%253Acs"})
    assert server.log[0].path == "/oai?resumptionToken=verb%253DListRecords%2526set%253Dcs%25253Acs"
    assert server.log[0].query["resumptionToken"] == "verb%3DListRecords%26set%3Dcs%253Acs"


@pytest.mark.parametrize("fault", ["429", "500", "502", "503", "504", "reset", "half", "gzip-damaged"])
def test_passing_trouble_is_tried_again_later(fault: str) -> None:
    clock, store = FakeClock(), MemoryStore()
    faults = {"crossref": [fault, fault]}
    with provider(faults=faults, clock=clock.now) as server, client_of(server, clock, store) as client:
        assert ask(client, server).status == 404
    first, second = gaps(server.arrivals())
    assert 5.0 <= first <= 6.25
    assert 10.0 <= second <= 12.5
    assert store.get("crossref")["failures"] == 0
    assert store.get("crossref")["last_error"] == ""


@pytest.mark.parametrize("fault", ["429-seconds", "503-seconds", "503-date"])
def test_retry_after_is_honoured(fault: str) -> None:
    clock = FakeClock()
    faults = {"crossref": [fault]}
    with provider(faults=faults, clock=clock.now) as server, client_of(server, clock) as client:
        assert ask(client, server).status == 404
    assert gaps(server.arrivals()) == [pytest.approx(RETRY_AFTER, abs=1.0)]  # an HTTP date has whole seconds


def test_the_circuit_opens_after_five_tries_and_tests_the_water_later() -> None:
    clock, store = FakeClock(), MemoryStore()
    with (
        provider(faults={"crossref": ["503"] * 6}, clock=clock.now) as server,
        client_of(server, clock, store) as client,
    ):
        with pytest.raises(ProviderParked, match=r"crossref is left alone until 2026-03-20 04:3.*status 503"):
            ask(client, server)
        assert len(server.log) == 5
        for gap, delay in zip(gaps(server.arrivals()), (5, 10, 20, 40), strict=True):
            assert delay <= gap <= 1.25 * delay
        assert store.get("crossref")["parked_until"] == clock.time + PARK
        with pytest.raises(ProviderParked):
            ask(client, server)
        assert len(server.log) == 5  # not asked while parked
        clock.time += PARK + 1
        with pytest.raises(ProviderParked):
            ask(client, server)
        assert len(server.log) == 6  # one failure more parks it again
        clock.time += PARK + 1
        assert ask(client, server).status == 404
        assert store.get("crossref")["failures"] == 0


def test_a_long_retry_after_parks_instead_of_blocking() -> None:
    clock, store = FakeClock(), MemoryStore()
    faults = {"crossref": ["503-tomorrow"]}
    with (
        provider(faults=faults, clock=clock.now) as server,
        client_of(server, clock, store) as client,
        pytest.raises(ProviderParked, match="until 2026-03-21 04:00 UTC"),
    ):
        ask(client, server)
    assert len(server.log) == 1
    assert clock.slept == []


def test_access_denied_stops_at_once() -> None:
    clock, store = FakeClock(), MemoryStore()
    with provider(faults={"oai": ["403"]}, clock=clock.now) as server, client_of(server, clock, store) as client:
        for _ in range(3):
            with pytest.raises(ProviderParked, match="403, access denied"):
                client.get("arxiv", server.endpoints.arxiv_oai)
        with pytest.raises(ProviderParked):  # nor any other service of the same provider
            client.get("arxiv", server.endpoints.arxiv_api)
    assert len(server.log) == 1
    assert store.get("arxiv")["parked_until"] == START + PARK_DENIED


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("404", "status 404"),
        ("endless", "larger than 4,194,304 bytes"),
        ("gzip-bomb", "larger than 4,194,304 bytes"),
        ("redirect-private", "at 10.0.0.1, not a public address"),
        ("redirect-loop", "status 404"),
        ("unasked-encoding", "encoded as 'zstd'"),
    ],
)
def test_trouble_that_stays_is_an_error_at_once(fault: str, message: str) -> None:
    clock, store = FakeClock(), MemoryStore()
    with provider(faults={"crossref": [fault]}, clock=clock.now) as server, client_of(server, clock, store) as client:
        with pytest.raises(SourceError, match=message) as caught:
            client.get("crossref", f"{server.endpoints.crossref}/{NO_SUCH}")
        assert not isinstance(caught.value, ProviderParked)
        assert ask(client, server).status == 404  # and the queue goes on
    assert min(gaps(server.arrivals())) >= 1.0


def test_redirects_are_followed_five_times_politely() -> None:
    clock = FakeClock()
    with provider(faults={"crossref": ["redirect"] * 5}, clock=clock.now) as server, client_of(server, clock) as client:
        assert ask(client, server).status == 404
        assert gaps(server.arrivals()) == [1.0] * 5
        server.misbehave("crossref", *["redirect-loop"] * 9)
        with pytest.raises(SourceError, match="more than 5 redirects"):
            ask(client, server)
    assert len(server.log) == 12


def test_a_redirect_to_a_name_connects_to_the_address_that_was_checked() -> None:
    clock = FakeClock()
    with (
        provider(faults={"crossref": ["redirect-name"]}, clock=clock.now) as server,
        client_of(server, clock) as client,
    ):
        assert ask(client, server).status == 404
        target, host = redirect_target(server.url, "http://localhost:1/x", {"127.0.0.1"}, loopback=True)
    assert (str(target), host) == ("http://127.0.0.1:1/x", "localhost:1")
    assert server.log[1].headers["Host"] == server.url.replace("http://127.0.0.1", "localhost")


@pytest.mark.parametrize(
    "address", ["192.168.1.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1", "224.0.0.1"]
)
def test_a_public_provider_cannot_send_us_inside(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "broadsheet.sources.net.fetch.socket.getaddrinfo",
        lambda host, *_, **__: [(0, 0, 0, "", ("93.184.215.14", 0)), (0, 0, 0, "", (address, 0))],
    )
    with pytest.raises(SourceError, match="not a public address; refused"):
        redirect_target("https://a.example/", "https://b.example/", {"a.example"}, loopback=False)
    with pytest.raises(SourceError, match="only https may follow https"):
        redirect_target("https://a.example/", "http://a.example/", {"a.example"}, loopback=False)


def test_a_slow_drip_ends_with_the_time_limit() -> None:
    clock, store = FakeClock(), MemoryStore()
    with provider(faults={"crossref": ["drip"]}) as server, client_of(server, clock, store, timeout=0.1) as client:
        started = time.monotonic()
        assert ask(client, server).status == 404
        assert 0.1 <= time.monotonic() - started < 2.0
    assert len(server.log) == 2


def test_compressed_bodies_are_unpacked() -> None:
    clock = FakeClock()
    with provider(faults={"crossref": ["gzip"]}, clock=clock.now) as server, client_of(server, clock) as client:
        assert ask(client, server).body == b"Resource not found."


def test_an_unchanged_resource_has_no_body() -> None:
    clock = FakeClock()
    with provider(clock=clock.now) as server, client_of(server, clock) as client:
        url = f"{server.endpoints.arxiv_feed}/cs.IR"
        first = client.get("arxiv", url)
        again = client.get("arxiv", url, etag=first.etag)
    assert first.body
    assert first.content_type == "text/xml"
    assert (again.status, again.body) == (304, None)


def test_only_the_providers_own_hosts_are_asked() -> None:
    clock = FakeClock()
    with provider(clock=clock.now) as server, client_of(server, clock) as client:
        with pytest.raises(SourceError, match="not a host of provider 'crossref'"):
            client.get("crossref", "http://169.254.169.254/latest")
        with pytest.raises(SourceError, match="no provider 'crosref'; there are arxiv, crossref, daily-papers"):
            client.get("crosref", server.endpoints.crossref)
    assert server.log == []


@given(st.lists(st.binary(max_size=200)), st.booleans())
def test_any_bytes_as_gzip_are_unpacked_or_refused(chunks: list[bytes], well: bool) -> None:
    if well:
        assert b"".join(inflate([gzip.compress(b"".join(chunks))], "here")) == b"".join(chunks)
    else:
        with pytest.raises(BrokenTransferError, match="here: compressed body"):
            list(inflate([b"\x1f\x8b\x08", *chunks], "here"))


def test_a_machine_without_network_is_told_so_at_once_and_blames_nobody() -> None:
    clock, store = FakeClock(), MemoryStore()
    rules = Provider("arxiv", ("http://nowhere.invalid/oai",), 3.0)
    client = PoliteClient({"arxiv": rules}, user_agent="test", state=store, clock=clock.now, sleep=clock.sleep)
    with client, pytest.raises(SourceError, match=r"nowhere\.invalid cannot be found: is this machine offline\?"):
        client.get("arxiv", "http://nowhere.invalid/oai")
    assert clock.slept == []
    assert store.get("arxiv")["parked_until"] == 0
