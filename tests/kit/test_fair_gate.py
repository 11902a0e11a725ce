"""A gate lets a few in at a time, in the order in which they came."""

from __future__ import annotations

import threading
import time

import pytest

from broadsheet.kit.fair_gate import FairGate


def wait_until(gate: FairGate, waiting: int) -> None:
    deadline = time.monotonic() + 10
    while len(gate._waiting) < waiting:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_first_come_first_served() -> None:
    gate, order = FairGate(1), list[int]()

    def enter(n: int) -> None:
        with gate.place():
            order.append(n)

    threads = [threading.Thread(target=enter, args=(n,)) for n in range(50)]
    with gate.place():
        for n, thread in enumerate(threads):
            thread.start()
            wait_until(gate, n + 1)
        assert order == []
    for thread in threads:
        thread.join(10)
    assert order == list(range(50))
    with gate.place():  # all places are free again
        pass


def test_never_more_inside_than_places() -> None:
    gate, lock, inside, most = FairGate(3), threading.Lock(), [0], [0]

    def enter() -> None:
        for _ in range(50):
            with gate.place():
                with lock:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                with lock:
                    inside[0] -= 1

    threads = [threading.Thread(target=enter) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert 1 <= most[0] <= 3
    assert (inside[0], gate._free, len(gate._waiting)) == (0, 3, 0)


def test_an_error_inside_gives_the_place_back() -> None:
    gate = FairGate(1)
    for _ in range(3):
        with pytest.raises(KeyError), gate.place():
            raise KeyError
    assert gate._free == 1
    with pytest.raises(ValueError, match="lets nobody in"):
        FairGate(0)
