"""What is pasted whole finds its paper: records of reference managers, references of many styles, our own addresses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import broadsheet
from broadsheet.kit.paper import Paper, Person, Record
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.search.pasted import own_paper, record_of
from tests.clock import ticking

TITLE = "Attention is all you need"
REFERENCES = (
    "Vaswani et al., Attention is all you need, NeurIPS 2017",
    "Vaswani, A., Shazeer, N., & Parmar, N. (2017). Attention is all you need. In NeurIPS (pp. 5998–6008).",
    'Vaswani, Ashish, et al. "Attention Is All You Need." NeurIPS, 2017.',
    "[12] A. Vaswani and N. Shazeer, “Attention is all you need,” in Proc. NeurIPS, 2017, pp. 5998–6008.",
    "Vaswani A, Shazeer N. Attention is all you need. NeurIPS. 2017;30(1):5998-6008.",
    "Ashish Vaswani, Noam Shazeer. 2017. Attention is all you need. In Proceedings of NeurIPS '17. ACM, 11 pages.",
    "1. Vaswani, A. et al. Attention is all you need. NeurIPS 30, 5998–6008 (2017).",
    "A Vaswani, N Shazeer… - Attention is all you need - NeurIPS, 2017 - Cited by 99999",
    "\\bibitem[Vaswani et~al.(2017)]{x} A. Vaswani.\n\\newblock Attention is all you need.",
    "vaswani 2017 attention is all you need",
    "ATTENTION IS ALL YOU NEED",
    "> Attention is all you need (Vaswani et al. 2017) https://blog.example/attention",
    "@inproceedings{v17,\n  title={{Attention} is All You Need},\n  author={Vaswani, Ashish},\n  year={2017}\n}",
    '@article{v17, booktitle = "Proceedings of Trees", title = "Attention is all you need", year = 2017}',
    "TY  - CONF\nAU  - Vaswani, Ashish\nTI  - Attention is all you need\nPY  - 2017\nER  - \n",
    "%0 Conference Paper\n%A Vaswani, Ashish\n%T Attention is all you need\n%D 2017\n",
    "PMID- 123\nTI  - Attention is all\n      you need\nFAU - Vaswani, Ashish\n",
    '{"type": "paper-conference", "title": "Attention is all you need", "author": [{"family": "Vaswani"}]}',
    '[{"DOI": "10.1234/none.here", "title": ["Attention is all you need"]}]',
)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Papers with words in common."""
    authors = (Person("Ashish Vaswani"), Person("Noam Shazeer"))
    papers = [
        Paper(TITLE, "We drop recurrence.", authors, year=2017, venue="NeurIPS"),
        Paper("Attention is all you need in speech", "We listen.", (Person("Ann Other"),), year=2021, venue="ICASSP"),
        Paper("What you need is recurrence", "All attention is vain.", (Person("A. Vaswan"),), year=2017),
        Paper("Hedged Deep Tracking", "Experts vote.", (Person("Yuankai Qi"),), year=2016, venue="CVPR"),
        Paper("Deep Tracking of rivers and trees in the night", "Hedged.", (Person("Yua Qin"),), year=2016),
        *(Paper(f"Proceedings of tree {n}", "Trees of the NeurIPS garden, 2017.", year=2017) for n in range(30)),
    ]
    with broadsheet.open(tmp_path_factory.mktemp("shelf") / "library", clock=ticking()) as library:
        library.add(*(Record(paper, "made", str(n)) for n, paper in enumerate(papers)))
        yield library


def first(library: Library, query: str) -> str:
    """The title of the first result."""
    results = library.search(query, 3).results
    return results[0].stored.paper.title if results else ""


@pytest.mark.parametrize("text", REFERENCES)
def test_a_reference_finds_its_paper(shelf: Library, text: str) -> None:
    assert first(shelf, text) == TITLE


def test_a_short_title_is_found_in_a_reference_that_names_author_and_year(shelf: Library) -> None:
    assert (
        first(shelf, "Qi, Y. et al. (2016). Hedged Deep Tracking. In CVPR (pp. 4303–4311).") == "Hedged Deep Tracking"
    )


def test_a_record_says_how_it_was_read(shelf: Library) -> None:
    page = shelf.search(REFERENCES[12])
    assert page.notes == ("this is a record: its title and its identifiers were searched",)


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("@misc{a, title={A {B} c}, eprint={2301.01234}, url={https://arxiv.org/abs/2301.01234}}",
         ("A B c", ("arxiv:2301.01234",))),
        ("TY  - JOUR\nTI  - Rye\nDO  - 10.1234/Rye.1\nER  - ", ("Rye", ("doi:10.1234/rye.1",))),
        ('{"title": "R\\u00fcgen \\"rye\\""}', ('Rügen "rye"', ())),
        ("@misc{a, title={never closed", None),
        ("@misc{a, booktitle={Trees}}", None),
        ("{curly} words", None),
        ('{"title": "broken', None),
        ("@handle said title = nothing", None),
        ("TY  - JOUR", None),
        ("title: rye", None),
        ("", None),
        ("{" * 10_000, None),
    ],
)  # fmt: skip
def test_what_is_a_record(text: str, record: tuple[str, tuple[str, ...]] | None) -> None:
    assert record_of(text) == record


@pytest.mark.parametrize(
    ("text", "paper"),
    [
        ("/paper/17", "paper:17"),
        ("https://papers.example.org/paper/17", "paper:17"),
        ("http://localhost:8000/library/paper/17?back=%2F#comments", "paper:17"),
        ("https://papers.example.org/paper/17/comments", "paper:17"),
        ("paper:17", "paper:17"),
        ("https://papers.example.org/papers/17", ""),
        ("newspaper/17", ""),
        ("paper/17th", ""),
        ("paper", ""),
    ],
)
def test_our_own_addresses(text: str, paper: str) -> None:
    assert own_paper(text) == paper


def test_an_address_of_ours_finds_its_paper_alone(shelf: Library) -> None:
    number = shelf.search(TITLE).results[0].stored.id
    page = shelf.search(f"https://papers.example.org/paper/{number}")
    assert ([r.stored.id for r in page.results], page.notes) == ([number], ())
    assert shelf.search("paper:999999").notes == (
        "no paper here has the identifier paper:999999; `broadsheet add --ids paper:999999` looks it up",
    )
