"""Secrets in files of their own: the first line counts."""

from __future__ import annotations

from pathlib import Path

from broadsheet.kit.errors import SettingError

__all__ = ["secret_in"]


def secret_in(path: str, setting: str) -> str:
    """The first line of a file, without spaces around; `setting` names it. Raises SettingError if it cannot be read."""
    try:
        lines = Path(path).expanduser().read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{setting} {path}: cannot be read ({error})") from None
    return lines[0].strip() if lines else ""
