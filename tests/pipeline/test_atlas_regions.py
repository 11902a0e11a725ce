"""Regions that lie inside each other and keep their numbers; names that are made of the words that tell them apart."""

from __future__ import annotations

import numpy as np
import pytest

from broadsheet.pipeline.atlas.region_names import Phrases, region_names
from broadsheet.pipeline.atlas.regions import cut, inherit, region_counts

TITLES = (
    *(f"Graph neural networks for molecules of kind {n}" for n in "abcd"),
    "A graph neural network on LLMs",
    *(f"Few-shot learning of faces with {n}" for n in ("care", "LLMs", "LLMs", "pictures")),
    "FEW-SHOT FACES",
)
LABELS = np.array([0] * 5 + [1] * 5)


def islands(each: int = 400, count: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(places on islands far from each other, the nearest five of each on its island, the island)."""
    rng = np.random.default_rng(0)
    island = np.repeat(np.arange(count), each)
    angle = island * 2 * np.pi / count
    places = 40 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + rng.standard_normal((len(island), 2))
    near = np.concatenate([rng.integers(at * each, (at + 1) * each, (each, 5)) for at in range(count)])
    return places.astype(np.float32), near.astype(np.int32), island


def test_the_number_of_regions_grows_with_the_papers() -> None:
    assert [region_counts(n) for n in (0, 3, 120, 1000, 12_000, 10**6)] == [
        (1, 1, 1),
        (1, 1, 1),
        (2, 2, 3),
        (4, 10, 25),
        (14, 61, 300),
        (14, 61, 300),
    ]


def test_every_region_lies_in_one_of_the_zoom_before_and_none_joins_two_islands_if_it_need_not() -> None:
    places, near, island = islands()
    coarse, middle, fine = cut(places, near)
    assert [len(np.unique(zoom)) for zoom in (coarse, middle, fine)] == list(region_counts(len(places)))
    for inner, outer in ((fine, middle), (middle, coarse)):
        assert all(len(np.unique(outer[inner == region])) == 1 for region in np.unique(inner))
    assert all(len(np.unique(island[fine == region])) == 1 for region in np.unique(fine))
    again = cut(places, near)
    assert all((one == other).all() for one, other in zip(again, (coarse, middle, fine), strict=True))


@pytest.mark.parametrize("n", [0, 1, 3, 90])
def test_few_papers_and_papers_in_one_place_have_regions(n: int) -> None:
    for labels in cut(np.zeros((n, 2), np.float32), np.full((n, 4), -1, np.int32)):
        assert labels.shape == (n,)
        assert n == 0 or labels.min() == 0


def test_a_region_keeps_its_number_if_it_keeps_its_papers() -> None:
    old = np.array([0, 0, 0, 0, 1, 1, 1, -1, -1])
    new = np.array([2, 2, 2, 1, 0, 0, 0, 0, 1])
    given, shares = inherit(new, old, [70, 40], 100)
    assert given == [40, 100, 70]
    assert shares == [1.0, 0.0, 0.75]
    assert inherit(new, np.full(9, -1), [], 1)[0] == [1, 2, 3]


def test_names_are_phrases_as_most_titles_write_them() -> None:
    phrases = Phrases.of(TITLES)
    graphs, faces = region_names(phrases, LABELS, None)
    assert graphs == ("graph neural networks", "molecules")
    assert faces == ("few-shot learning", "faces")


def test_a_region_is_told_from_the_rest_of_the_one_around_it_and_does_not_repeat_its_name() -> None:
    titles = (*(f"Rye bread {n}" for n in ("crust",) * 4 + ("oven",) * 4), *("Keels of ships",) * 8)
    phrases = Phrases.of(titles)
    outer, inner = np.array([0] * 8 + [1] * 8), np.array([0] * 4 + [1] * 4 + [2] * 8)
    above = region_names(phrases, outer, None)
    assert above[0][0] == "rye bread"
    names = region_names(phrases, inner, outer, above)
    assert "crust" in " ".join(names[0])
    assert "oven" in " ".join(names[1])
    assert all("rye bread" not in name for name in names[:2])


def test_weak_words_stop_words_and_numbers_name_nothing() -> None:
    titles = ["Towards a novel approach using 2024", "Towards a novel approach using 2024", "On the use of it", ""]
    phrases = Phrases.of(titles)
    assert [phrases.text(n) for n in range(len(phrases.stems_of))] == []
    assert region_names(phrases, np.zeros(4, np.int64), None) == [()]
    assert region_names(Phrases.of([]), np.empty(0, np.int64), None) == []


def test_words_are_written_as_titles_do() -> None:
    phrases = Phrases.of(
        ["Tuning LLMs", "LLMs in 3D scenes", "3D Gaussian splatting", "Pre-training LLMs", "Pre-training"]
    )
    texts = {phrases.text(n) for n in range(len(phrases.stems_of))}
    assert {"LLMs", "3D", "pre-training"} <= texts
    assert "Gaussian" not in texts  # a capital at the beginning is that of a title
