"""A bounded number of values is kept, the last ones."""

from __future__ import annotations

from broadsheet.kit.remember import remember


def test_the_first_values_are_forgotten_beyond_the_bound() -> None:
    known: dict[str, int] = {}
    assert [remember(known, key, value, 2) for value, key in enumerate("abc")] == [0, 1, 2]
    assert known == {"b": 1, "c": 2}


def test_a_larger_collection_shrinks_to_the_bound() -> None:
    known = dict.fromkeys(range(5), "old")
    assert remember(known, 9, "new", 3) == "new"
    assert known == {3: "old", 4: "old", 9: "new"}
