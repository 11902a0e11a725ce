"""Fields: what every list can be restricted to, by the operator's choice or by main category."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from broadsheet.kit.errors import SettingError
from broadsheet.kit.field_names import NAMES
from broadsheet.kit.paper import Paper

__all__ = ["Fields", "slug"]


class Fields:
    """The fields of papers, from the setting `edition.fields`: texts such as "Machine learning = cs.LG, stat.ML".

    A category of an archive (cs) stands for all that begin with it (cs.LG). Without the setting the field of a paper
    is the plain name of its first category. Raises SettingError for a text of another form.
    """

    def __init__(self, settings: Iterable[str] = ()) -> None:
        self._categories = dict(map(_named_categories, settings))  # field → its categories

    @property
    def are_main_categories(self) -> bool:
        """Whether the field of a paper is its main category: the operator chose none."""
        return not self._categories

    def of(self, paper: Paper) -> tuple[str, ...]:
        """The fields of a paper, the main one first; () where none is known."""
        return self.of_categories(paper.categories)

    def of_categories(self, categories: Sequence[str]) -> tuple[str, ...]:
        """The fields of a paper with these categories."""
        if not self._categories:
            return (_plain_name(categories[0]),) if categories else ()
        ordered = (
            field
            for category in categories
            for field, own in self._categories.items()
            if any(category == one or category.startswith(one + ".") for one in own)
        )
        return tuple(dict.fromkeys(ordered))

    def named(self, text: str) -> str:
        """The field of this name or slug; by main category any text names one."""
        wanted = slug(text)
        known = (*self._categories, *(() if self._categories else NAMES.values()))
        return next((field for field in known if slug(field) == wanted), text.strip()[:100])


def slug(field: str) -> str:
    """A field's name in addresses: small letters, a hyphen for everything else."""
    return re.sub(r"[\W_]+", "-", field.lower()).strip("-")


def _plain_name(category: str) -> str:
    return NAMES.get(category) or NAMES.get(category.partition(".")[0]) or category[:60]


def _named_categories(text: str) -> tuple[str, tuple[str, ...]]:
    field, _, categories = text.partition("=")
    names = tuple(name for name in (part.strip() for part in categories.split(",")) if name)
    if not field.strip() or not names:
        raise SettingError(f"[edition] fields: {text!r} should be a field and its categories: Language = cs.CL, cs.IR")
    return field.strip(), names
