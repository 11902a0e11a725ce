"""A second process: results in order, errors where they arise, nothing left behind when it ends before its time."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator

import pytest

from broadsheet.kit.errors import LibraryError, SourceError
from broadsheet.kit.second_process import SecondProcess


def squares(tasks: Iterable[int]) -> Iterator[int]:
    for task in tasks:
        print("a line that must not stand between the results")
        yield task * task


def count(_: Iterable[object], stop: int) -> Iterator[tuple[int, bytes]]:
    for number in range(stop):
        yield number, bytes(100_000)
    raise SourceError(f"broke off at {stop}")


class Odd(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


def odd(_: Iterable[object]) -> Iterator[int]:
    yield os.getpid()
    raise Odd(1, 2)


def test_tasks_are_answered_one_by_one() -> None:
    with SecondProcess(squares) as second:
        for task in (3, 0, -4):
            second.send(task)
            assert second.receive() == task * task


def test_tasks_may_wait_for_their_turn() -> None:
    with SecondProcess(squares) as second:
        for task in range(5):
            second.send(task)
        assert [second.receive() for _ in range(5)] == [0, 1, 4, 9, 16]


class Unreadable:
    def __reduce__(self) -> tuple[type, tuple[int]]:
        return Odd, (1,)  # one argument too few where it is read


def test_a_task_that_cannot_be_read_is_an_error() -> None:
    with SecondProcess(squares) as second:
        second.send(Unreadable())
        with pytest.raises(TypeError, match="two"):
            second.receive()


def test_results_come_in_order_and_the_error_behind_them() -> None:
    with SecondProcess(count, 40) as second:
        assert [next(second) for _ in range(40)] == [(number, bytes(100_000)) for number in range(40)]
        with pytest.raises(SourceError, match="broke off at 40"):
            next(second)


def test_an_error_that_cannot_travel_says_what_it_was() -> None:
    with SecondProcess(odd) as second:
        assert second.receive() != os.getpid()
        with pytest.raises(LibraryError, match="Odd: 1 and 2"):
            second.receive()


def test_one_that_is_killed_is_one_clear_error() -> None:
    with SecondProcess(odd) as first:
        process = first.receive()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)  # gone behind the block
    with SecondProcess(squares) as second:
        second.send(2)
        assert second.receive() == 4
        os.kill(second.number, signal.SIGKILL)
        with pytest.raises(LibraryError, match=r"process \(squares\) ended by signal 9.*run the command again"):
            second.receive()
        with pytest.raises(LibraryError, match="by signal 9"):
            second.send(3)


def test_leaving_early_ends_it() -> None:
    with SecondProcess(count, 10_000) as second:
        assert second.receive()[0] == 0
        number = second.number
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
