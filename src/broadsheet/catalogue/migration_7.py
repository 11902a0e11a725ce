"""The statements that bring a catalogue of version 6 to version 7: how readers steer, share and exchange their page."""

from __future__ import annotations

__all__ = ["STEERING"]

_INTERESTS: tuple[str, ...] = ()
_REPLAY: tuple[str, ...] = ()
_ALERTS: tuple[str, ...] = ()
_GROUPS: tuple[str, ...] = ()
_CONNECTIONS: tuple[str, ...] = ()
_EXCHANGE: tuple[str, ...] = ()
_ATLAS: tuple[str, ...] = ()

STEERING = (*_INTERESTS, *_REPLAY, *_ALERTS, *_GROUPS, *_CONNECTIONS, *_EXCHANGE, *_ATLAS)
