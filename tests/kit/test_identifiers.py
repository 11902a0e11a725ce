"""One grammar of identifiers: what people paste, what programs export, what stands in a reference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit.identifiers import arxiv, arxiv_year, canonical, doi, find, of_scheme

SICI = "10.1002/(SICI)1097-4571(199806)49:8<693::AID-ASI4>3.0.CO;2-O"


@pytest.mark.parametrize(
    "text",
    [
        "2601.00001",
        "arXiv:2601.00001,",
        "(arXiv:2601.00001)",
        "arXiv 2601.00001",
        "arXiv preprint arXiv:2601.00001",
        "arXiv:2601.00001v2 [cs.LG] 3 Jan 2026",
        "oai:arXiv.org:2601.00001",
        "10.48550/arXiv.2601.00001v3",
        "https://doi.org/10.48550/ARXIV.2601.00001",
        "https://arxiv.org/abs/2601.00001/",
        "http://export.arxiv.org/pdf/2601.00001v1.pdf#page=3",
        "http://arxiv.org/abs/arXiv:2601.00001",
        "https://arxiv-org.proxy.example.edu/abs/2601.00001",
        "https://huggingface.co/papers/2601.00001#community",
        "https://alphaxiv.org/abs/2601.00001",
        "https://www.alphaxiv.org/overview/2601.00001v1",
        "ar5iv.labs.arxiv.org/html/2601.00001",
        "https://www.arxiv-vanity.com/papers/2601.00001/",
        "https://scirate.com/arxiv/2601.00001",
        "https://api.semanticscholar.org/arXiv:2601.00001",
        "https://ui.adsabs.harvard.edu/abs/2026arXiv260100001X/abstract",
        "2601\u200b.00001",
        "［arXiv：2601.00001］",
    ],
)
def test_an_arxiv_id_in_every_form(text: str) -> None:  # D13
    assert canonical(text) == ("arxiv", "2601.00001")


@pytest.mark.parametrize(
    "text",
    [
        "10.1234/MML",
        "DOI 10.1234/mml",
        "DOI: https://doi.org/10.1234/mml",
        "doi:10.1234/mml.",
        "DOI10.1234/mml",
        "DOI：10.1234/mml",
        "info:doi/10.1234/mml",
        "urn:doi:10.1234/mml",
        "10.1234/mml [doi]",
        "doi = {10.1234/mml}",
        "“10.1234/mml”,",
        "<https://doi.org/10.1234/mml>",
        r"\url{https://doi.org/10.1234/mml}",
        "doi.org/10.1234/mml",
        "http//dx.doi.org/10.1234/mml",
        "https://doi.org/ 10.1234/mml",
        "https://doi.org/https://doi.org/10.1234/mml",
        "https://doi.org/doi:10.1234/mml",
        "https://doi.org/10.1234%2Fmml?utm_source=feed",
        "https://onlinelibrary.wiley.com/doi/full/10.1234/mml",
        "https://dl.acm.org/doi/abs/10.1234/mml",
        "https://link.springer.com/article/10.1234/mml#Sec2",
        "https://link.springer.com/content/pdf/10.1234/mml.pdf",
        "https://www.frontiersin.org/articles/10.1234/mml/full",
        "https://journals.example.org/article?id=10.1234/mml&type=printable",
        "https://doi-org.proxy.example.edu/10.1234/mml",
        "http://dx.doi.org.ezproxy.example.edu/10.1234/mml",
        "https://login.proxy.example.edu/login?url=https%3A%2F%2Fdoi.org%2F10.1234%2Fmml",
        "10.1234/\u00admml",
        "10.1234/mml/",
    ],
)
def test_a_doi_in_every_form(text: str) -> None:  # C10, D13
    assert canonical(text) == ("doi", "10.1234/mml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://www.nature.com/articles/s41586-020-0000-2", "10.1038/s41586-020-0000-2"),
        ("https://www-nature-com.proxy.example.edu/articles/nature00001.pdf", "10.1038/nature00001"),
        ("https://elifesciences.org/articles/12345", "10.7554/elife.12345"),
        ("https://www.biorxiv.org/content/10.1101/2020.01.01.123456v2.full.pdf", "10.1101/2020.01.01.123456"),
        ("https://academic.oup.com/x/article-doi/10.1093/x/gkaa001/5810123", "10.1093/x/gkaa001"),
        ("https://dl.acm.org/citation.cfm?doid=1458082.1458250", "10.1145/1458082.1458250"),
        ("10.1016/S0140-6736(20)30183-5).", "10.1016/s0140-6736(20)30183-5"),
        ("10.1007/978-3-319-00000-0{\\_}129-1", "10.1007/978-3-319-00000-0_129-1"),
        ("10.1007/978-3-319-00000-0{_}17-1", "10.1007/978-3-319-00000-0_17-1"),
        ("10.1641/0006-3568(2000)050[0043:X]2.0.CO;2", "10.1641/0006-3568(2000)050[0043:x]2.0.co;2"),
        (SICI, SICI.lower()),
        (f"({SICI}).", SICI.lower()),
        (SICI.replace("<", "&lt;").replace(">", "&gt;"), SICI.lower()),
        (SICI.replace("<", "$<$").replace(">", "{\\textgreater}"), SICI.lower()),
        ("https://doi.org/" + SICI.replace("<", "%3C").replace(">", "%3E"), SICI.lower()),
        ("https://doi.org/" + SICI[:-1] + "#", SICI[:-1].lower() + "#"),
    ],
    ids=range(16),
)
def test_dois_of_all_shapes_stay_whole(text: str, expected: str) -> None:  # A01, C10
    assert (canonical(text), doi(text)) == (("doi", expected), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p19-1001", ("acl", "P19-1001")),
        ("https://www.aclweb.org/anthology/papers/P/P18/P18-1001/", ("acl", "P18-1001")),
        ("https://aclanthology.org/2020.acl-main.1.pdf", ("acl", "2020.acl-main.1")),
        ("https://api.openalex.org/works/W42", ("openalex", "W42")),
        ("CorpusID:123", ("s2", "corpusid:123")),
        ("https://www.semanticscholar.org/paper/T/" + "aB" * 20, ("s2", "ab" * 20)),
        ("https://pubmed.ncbi.nlm.nih.gov/123/", ("pmid", "123")),
        ("https://www.ncbi.nlm.nih.gov/pubmed/?term=8906788", ("pmid", "8906788")),
        ("PMID: 8906788;", ("pmid", "8906788")),
        ("https://www.ncbi.nlm.nih.gov/pmc/articles/PMC1234567/", ("pmcid", "PMC1234567")),
        ("PMCID: PMC1234567.2", ("pmcid", "PMC1234567")),
        ("https://openreview.net/forum?noteId=a&id=rkX_aZ", ("openreview", "rkX_aZ")),
        ("https://api.semanticscholar.org/graph/v1/paper/ACL:P19-1001", ("acl", "P19-1001")),
        ("https://api.semanticscholar.org/graph/v1/paper/PMID:123456", ("pmid", "123456")),
        ("https://api.semanticscholar.org/graph/v1/paper/PMCID:2323736", ("pmcid", "PMC2323736")),
    ],
)
def test_the_other_catalogues(text: str, expected: tuple[str, str]) -> None:
    assert canonical(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "17", "n/a", "10.1234", "10.1/x", "1234.5678", "2603.01234567", "9901001", "hdl:2027/uc1.1", "3dv2025-00000",
     "https://hdl.handle.net/2027/uc1.1", "https://example.org/foo", "https://aclanthology.org/venues",
     "https://arxiv.org/list/cs.CL/2401", "two 10.1234/a 10.1234/b", "mailto:a@b.example"],
)  # fmt: skip
def test_what_is_no_identifier(text: str) -> None:
    assert canonical(text) is None


def test_versions_and_years_of_arxiv_ids() -> None:
    assert arxiv("https://arxiv.org/abs/hep-th/9901001v3") == ("hep-th/9901001", 3)
    assert (arxiv("2603.01234"), arxiv("10.1234/x")) == (("2603.01234", None), None)
    assert (arxiv_year("2603.01234"), arxiv_year("hep-th/9901001")) == (2026, 1999)


def test_a_field_needs_no_label() -> None:
    assert (of_scheme("pmid", " 12 "), of_scheme("openreview", "abCD")) == (("pmid", "12"), ("openreview", "abCD"))
    assert of_scheme("pmcid", "1234567") == ("pmcid", "PMC1234567")
    assert of_scheme("doi", "10.48550/arXiv.2603.01234") == ("arxiv", "2603.01234")
    assert (of_scheme("doi", "hdl:2027/uc1.1"), of_scheme("arxiv", "10.1234/x")) == (None, None)


def test_identifiers_in_a_reference() -> None:
    reference = (
        f"Blau, D. (2020). Rivers. J. Stones 12(3), 1–10. https://doi.org/10.1234/abc.1. See arXiv:2603.01234v2 [cs.LG]"
        f", PMID 123456, PMC1234567 and (doi:{SICI}); 10.1/x, 1234.5678."
    )
    assert find(reference) == [
        ("doi", "10.1234/abc.1"), ("arxiv", "2603.01234"), ("pmid", "123456"), ("pmcid", "PMC1234567"),
        ("doi", SICI.lower()),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<a href="https://doi.org/10.1234/abc">10.1234/abc</a>', [("doi", "10.1234/abc")]),
        ("10.5555/q1,10.5555/q2;10.5555/q3", [("doi", "10.5555/q1"), ("doi", "10.5555/q2"), ("doi", "10.5555/q3")]),
        ("see hep-th/9901001 or huggingface.co/papers/2603.01", [("arxiv", "hep-th/9901001")]),
        ("in 2603.01234, page 3", [("arxiv", "2603.01234")]),
        ("It cost $2603.01234 in 2019-1234, 10.5 million and/or 1234567 (GPT-4, W12345)", []),
        ("10.1234/x", [("doi", "10.1234/x")]),
        ("", []),
    ],
)  # fmt: skip
def test_find(text: str, expected: list[tuple[str, str]]) -> None:
    assert find(text) == expected


@given(st.text() | st.text(alphabet="10./-:<>()%2aArXivdoi pmc\\{}$&;#\u200b", max_size=60))
def test_no_text_crashes_and_what_is_canonical_stays(text: str) -> None:
    find(text)
    found = canonical(text)
    if found:
        assert of_scheme(*found) == found


@pytest.mark.parametrize(
    "piece", ["arxiv ", "a-", "arxiv", "doi:", "a.", "(", "<a:b", "10.1", "openreview.net/?", "pmid ", "\\url{"]
)
def test_the_grammar_takes_no_time_over_rubbish(piece: str) -> None:
    find(piece * 8000)  # without end where a pattern can be read in many ways
    canonical("https://" + piece * 200)
