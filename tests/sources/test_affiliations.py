"""Organisations in raw affiliations."""

from __future__ import annotations

import pytest

from broadsheet.sources.text.affiliations import organisations_of, split_affiliations
from broadsheet.sources.text.organisation_keys import organisation_key

CASES = {
    "Dept. of EECS, UC Berkeley, Berkeley, CA, USA": ("University of California, Berkeley",),
    "UC Berkeley": ("University of California, Berkeley",),
    "EECS, UC Berkeley, Berkeley, CA": ("University of California, Berkeley",),
    "Electrical Engineering, University of California, San Diego": ("University of California, San Diego",),
    "MIT CSAIL": ("Massachusetts Institute of Technology",),
    "KAIST, Daejeon, South Korea": ("Korea Advanced Institute of Science and Technology",),
    "The University of Tokyo": ("University of Tokyo",),
    "Univ. of Oxford, UK": ("University of Oxford",),
    "Univ. Grenoble Alpes, CNRS, Grenoble INP, LIG, 38000 Grenoble, France": ("Université Grenoble Alpes",),
    "Institut für Informatik, Universität Hamburg, Hamburg, Germany": ("Universität Hamburg",),
    "Technische Universit ¨at M ¨unchen": ("Technical University of Munich",),
    "Google Brain Zürich": ("Google",),
    "Huawei Noah's Ark Lab": ("Huawei",),
    "NVIDIA Research, Santa Clara": ("NVIDIA",),
    "University of Zurich and ETH Zurich": ("University of Zurich", "ETH Zurich"),
    "Stanford University+Google Research": ("Stanford University", "Google"),
    "CNRS, Paris": ("CNRS",),
    "Department of Computer Science, University of Bonn; Fraunhofer IAIS, Germany": (
        "University of Bonn",
        "Fraunhofer IAIS",
    ),
    "Department of Computer Science at Stanford University": ("Stanford University",),
    "Tufts University School of Engineering": ("Tufts University",),
    "GRASP Laboratory University of Pennsylvania, Philadelphia, PA": ("University of Pennsylvania",),
    "City University of Hong Kong": ("City University of Hong Kong",),
    "King's College, London": ("King's College London",),
    "University of Technology, Sydney": ("University of Technology Sydney",),
    "Agency for Science, Technology and Research, Singapore": ("Agency for Science, Technology and Research",),
    "Hong Kong University of Science and Technology": ("Hong Kong University of Science and Technology",),
    "Breeze Traffic Inc., Vancouver, BC, Canada": ("Breeze Traffic Inc",),
    "1Department of Statistics, Rice University2": ("Rice University",),
    "Department of Computer Science": (),
    "Pittsburgh, PA, USA": (),
    "Adalbertstrasse 55, 80799 Munich": (),
    "": (),
    " ;;+ ; ": (),
}


@pytest.mark.parametrize("text", CASES)
def test_an_affiliation_names_its_organisations(text: str) -> None:
    assert organisations_of(text) == CASES[text]


def test_several_affiliations_are_told_apart() -> None:
    assert split_affiliations("MIT; ;CMU+Google ;") == ["MIT", "CMU", "Google"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The University of Tokyo", "university of Tokyo"),
        ("Universität Hamburg", "Univ. Hamburg"),
        ("Université de Montréal", "University of Montreal"),
        ("Xi'an Jiaotong University", "Xi’an Jiao Tong University"),
        ("Max Planck Institut für Informatik", "Max-Planck-Institute for Informatik"),
        ("Politecnico di Milano", "Polytechnic of Milan"),
        ("Willow Garage, Inc.", "Willow Garage"),
        ("Columbia Unviersity", "Columbia University"),
    ],
)
def test_spellings_of_a_name_have_one_key(one: str, other: str) -> None:
    assert organisation_key(one) == organisation_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("University of Washington", "Washington University in St. Louis"),
        ("Boston University", "Boston College"),
        ("National University of Singapore", "Singapore Management University"),
    ],
)
def test_other_organisations_have_other_keys(one: str, other: str) -> None:
    assert organisation_key(one) != organisation_key(other)


def test_keys_are_words_with_hyphens_of_any_script() -> None:
    assert organisation_key("The Univ. of São Paulo") == "university-sao-paulo"
    assert organisation_key("清华大学") == "清华大学"
    assert organisation_key("The") == "the"
    assert organisation_key("?!") == ""


def test_a_hostile_text_costs_little_and_is_cut() -> None:
    assert len(organisations_of("University " * 10_000)) == 1
    assert organisations_of("," * 100_000) == ()
