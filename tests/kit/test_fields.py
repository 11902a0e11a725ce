"""Fields of papers, by main category or as the operator names them."""

from __future__ import annotations

import pytest

from broadsheet.kit.errors import SettingError
from broadsheet.kit.field_names import NAMES
from broadsheet.kit.fields import Fields, slug
from broadsheet.kit.paper import Paper


def paper(*categories: str) -> Paper:
    return Paper("A title", categories=categories)


@pytest.mark.parametrize(
    ("categories", "field"),
    [
        (("cs.LG", "stat.ML"), ("Machine learning",)),
        (("cs.XX",), ("Computer science",)),  # a category without a name has its archive's
        (("hep-th",), ("High-energy theory",)),
        (("Sociology",), ("Sociology",)),
        ((), ()),
    ],
)
def test_by_main_category_with_plain_names(categories: tuple[str, ...], field: tuple[str, ...]) -> None:
    assert Fields().of(paper(*categories)) == field


def test_as_the_operator_names_them() -> None:
    fields = Fields(("Machine learning = cs.LG, stat.ML", "Mathematics=math", "Everything = cs, stat"))
    assert fields.of(paper("stat.ML", "math.OC")) == ("Machine learning", "Everything", "Mathematics")
    assert fields.of(paper("cs.CL")) == ("Everything",)
    assert fields.of(paper("math-ph")) == ()  # another archive than math
    assert fields.named("machine-LEARNING") == "Machine learning"
    assert fields.named("Poetry ") == "Poetry"


@pytest.mark.parametrize("text", ["Mathematics", "= math", "Mathematics =", "Mathematics = ,"])
def test_what_names_no_field_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="should be a field and its categories"):
        Fields((text,))


def test_names_have_addresses_of_their_own() -> None:
    assert slug("Human-computer interaction") == "human-computer-interaction"
    assert slug("  Théorie & Cie ") == "théorie-cie"
    assert all(slug(name) for name in NAMES.values())
    assert all(category.partition(".")[0] in NAMES for category in NAMES)
