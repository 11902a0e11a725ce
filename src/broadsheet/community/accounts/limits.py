"""How often a credential may be tried, by whom: counted in the database, for all processes together.

A limit for a name together with a network address stops a guesser without keeping the member out; a slow one for the
name alone stops guessers who have many addresses. A browser in which the member has signed in before has a limit of its
own, so that no guesser keeps the member out.
"""

from __future__ import annotations

import ipaddress
import math
from datetime import timedelta

from broadsheet.catalogue.community.attempts import AttemptTable
from broadsheet.kit.errors import RateLimited

__all__ = ["Limits", "network_of"]

_HOUR = timedelta(hours=1)
_QUARTER = timedelta(minutes=15)
_DAY = timedelta(days=1)
_NETWORK_BITS = 64  # of an IPv6 address: one household has them all

# what is tried -> (most, within) for a name from one network, for one network, for a name, for everybody
_LIMITS: dict[str, tuple[tuple[int, timedelta] | None, ...]] = {
    "sign-in": ((10, _QUARTER), (100, _QUARTER), (200, _DAY), None),
    "sign-in of a known browser": (None, None, (10, _QUARTER), None),
    "password": (None, None, (10, _QUARTER), None),  # the present one, asked before a change
    "sign-up": (None, (10, _HOUR), (3, _DAY), (500, _DAY)),  # the name is the address that is written to
    "reset": (None, (10, _HOUR), (5, _DAY), None),
    "address": (None, (20, _HOUR), (5, _DAY), None),  # a change of address
    "subscribe": (None, (10, _HOUR), (3, _DAY), (500, _DAY)),
    "token": (None, (60, _HOUR), None, None),  # one that no account has
    "identity": (None, (60, _HOUR), None, (1000, _HOUR)),  # returns from an OpenID Connect provider
    "leave": (None, None, (10, _QUARTER), None),
    "import": (None, None, (50, _DAY), None),
    "code": (None, (60, _HOUR), None, None),  # invitations, confirmations, resets
}


class Limits:
    """Counts attempts, and refuses those beyond the limits."""

    def __init__(self, attempts: AttemptTable) -> None:
        self._attempts = attempts

    def take(self, what: str, name: str = "", address: str = "") -> None:
        """Count an attempt. Raises RateLimited, which says when to come back."""
        subjects = _subjects(what, name, address)
        limits = [(text, *limit) for text, limit in zip(subjects, _LIMITS[what], strict=True) if text and limit]
        wait = self._attempts.take(limits)
        if wait is not None:
            raise RateLimited(max(1, math.ceil(wait.total_seconds())))

    def succeeded(self, what: str, name: str, address: str) -> None:
        """Forget the attempts at a name from a network, whose owner has come in; this one counts nowhere."""
        both, *others = _subjects(what, name, address)
        self._attempts.succeed([both], others)


def network_of(address: str) -> str:
    """The network that an address stands for; the text itself where it is no address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:100]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((int(found), _NETWORK_BITS), strict=False).network_address)
    return str(found)


def _subjects(what: str, name: str, address: str) -> tuple[str, str, str, str]:
    name, network = _mailbox(name[:254]), network_of(address) if address else ""
    both = f"{what} {name} from {network}" if name and network else ""
    return both, f"{what} from {network}" if network else "", f"{what} {name}" if name else "", what


def _mailbox(name: str) -> str:
    """A name as it is counted: of an address without what a plus adds, since all of these reach one mailbox."""
    local, at, host = name.rpartition("@")
    return (local.partition("+")[0] or local) + at + host
