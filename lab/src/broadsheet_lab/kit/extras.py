"""What a message says where an optional package is missing."""

from __future__ import annotations

__all__ = ["with_extra"]


def with_extra(extra: str) -> str:
    """The command that installs what `extra` of the laboratory names."""
    return f"pip install './lab[{extra}]' in Broadsheet's source folder"
