"""The kinds of settings: numbers with limits, texts, choices, addresses, times of day, time zones."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import field
from typing import Any, NamedTuple

__all__ = [
    "ADDRESS",
    "HOUR",
    "HTTP",
    "MIX",
    "NETWORKS",
    "SHARE",
    "TEXTS",
    "ZONE",
    "Kind",
    "choice",
    "integer",
    "setting",
    "text",
]


class Kind(NamedTuple):
    """The kind of a setting: how it is described, read and validated."""

    values: str  # for people: "0 to 1", "text"
    read: Callable[[Any], Any]  # the value in the file or variable → the setting; ValueError says what is expected


def setting(default: Any, kind: Kind, about: str) -> Any:
    """A dataclass field with its kind and its description."""
    return field(default=default, metadata={"kind": kind, "about": about})


def _number(value: Any, low: float, high: float, expected: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(expected)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError(expected) from None
    if not low <= number <= high:
        raise ValueError(expected)
    return number


def integer(low: int, high: int) -> Kind:
    """An integer from `low` to `high`."""
    expected = f"should be an integer from {low} to {high}"

    def read(value: Any) -> int:
        number = _number(value, low, high, expected)
        if number != int(number):
            raise ValueError(expected)
        return int(number)

    return Kind(f"{low} to {high}", read)


def text(pattern: str, expected: str, values: str = "text") -> Kind:
    """A text that `pattern` matches completely; `expected` describes it in messages."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError(f"should be {expected}")
        return value

    return Kind(values, read)


def choice(*names: str) -> Kind:
    """One of these names."""
    return text("|".join(names), f"one of {', '.join(names)}", ", ".join(f"`{name}`" for name in names))


def _read_texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise ValueError("should be a list of texts")
    return tuple(value)


TEXTS = Kind("list of texts", _read_texts)
SHARE = Kind("0 to 1", lambda value: _number(value, 0, 1, "should be a number from 0 to 1"))
HTTP = ("an address that begins with http:// or https://", "address")
ADDRESS = text(r"https?://\S+", *HTTP)


_WEIGHT = r"(?:(?:recency|diversity|exploration)=(?:0|0?\.\d+|1|1\.0+)|ranking=(?:page|words))"
MIX = text(rf"(?:{_WEIGHT}(?: {_WEIGHT})*)?", "weights such as recency=0.6, or ranking=words", "weights")
HOUR = text(r"([01]\d|2[0-3]):[0-5]\d", "a time of day as 18:00", "HH:MM")


def _read_zone(value: Any) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, TypeError, ValueError, OSError):
        raise ValueError("should be a time zone such as Europe/Paris or UTC") from None
    return str(value)


ZONE = Kind("time zone", _read_zone)


def _read_networks(value: Any) -> tuple[str, ...]:
    import ipaddress

    try:
        for one in _read_texts(value):
            ipaddress.ip_network(one)
    except ValueError:
        raise ValueError("should be a list of IP addresses or networks") from None
    return tuple(value)


NETWORKS = Kind("list of addresses", _read_networks)
