"""Hosts of code: a paper that gives an address at one of them has code."""

from __future__ import annotations

__all__ = ["CODE_HOSTS", "names_code"]

CODE_HOSTS = (
    "github.com/",
    "gitlab.com/",
    "bitbucket.org/",
    "codeberg.org/",
    "huggingface.co/spaces/",
    "paperswithcode.com/",
)


def names_code(text: str) -> bool:
    """Whether a text has the address of a code host."""
    return any(host in text for host in CODE_HOSTS)
