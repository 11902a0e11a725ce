"""What accounts write to people: (subject, text). A link leads to a page with a button; opening it changes nothing."""

from __future__ import annotations

from typing import TypeAlias

__all__ = ["confirm", "has_account", "is_taken", "password_changed", "reset", "sign_up"]

Letter: TypeAlias = tuple[str, str]


def sign_up(title: str, link: str) -> Letter:
    """To an address that somebody wants to join with."""
    return f"Join {title}", _text(
        "Go on here to choose your name and password:", link, "The link works once, for a day."
    )


def has_account(title: str, link: str) -> Letter:
    """To a member whose address somebody wants to join with."""
    about = "Somebody, perhaps you, wanted to join with this address. It has an account already; sign in here:"
    return f"You are a member of {title}", _text(about, link)


def confirm(title: str, link: str) -> Letter:
    """To an address that a member wants to use."""
    about = "Confirm that this address is yours here:"
    return f"Confirm your address for {title}", _text(about, link, "The link works once, for a day.")


def is_taken(title: str) -> Letter:
    """To a member whose address another member wants to use."""
    about = "Somebody wanted to use this address for another account. Nothing was changed."
    return f"Your address at {title}", _text(about)


def reset(title: str, link: str) -> Letter:
    """To a member who forgot a password."""
    about = "Set a new password here:"
    return f"A new password for {title}", _text(about, link, "The link works once, for an hour.")


def password_changed(title: str, link: str) -> Letter:
    """To a member whose password was changed."""
    about = "Your password was changed, and every other browser is signed out. If this was not you, set a new one here:"
    return f"Your password at {title} was changed", _text(about, link)


def _text(*parts: str) -> str:
    last = "If you did not ask for this, ignore this message; nothing happens then."
    return "\n\n".join((*parts, last)) + "\n"
