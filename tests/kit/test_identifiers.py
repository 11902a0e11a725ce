"""One grammar of identifiers: what people paste, what programs export, what stands in a reference."""

# long: one table of link forms

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit.identifiers import (
    arxiv,
    arxiv_year,
    canonical,
    doi,
    find,
    is_cut_doi,
    is_doi,
    is_preprint_doi,
    of_scheme,
)  # fmt: skip

SICI = "10.1002/(SICI)1097-4571(199806)49:8<693::AID-ASI4>3.0.CO;2-O"
H = "0123456789abcdef0123456789abcdef01234567"
LINKS = {  # every address that names one paper, by what it names
    ("arxiv", "2601.00001"): """
        https://arxiv.org/abs/2601.00001 https://arxiv.org/abs/2601.00001v2 https://www.arxiv.org/abs/2601.00001
        http://arxiv.org/pdf/2601.00001 https://arxiv.org/pdf/2601.00001v2.pdf https://arxiv.org/pdf/2601.00001.pdf
        https://arxiv.org/html/2601.00001 https://arxiv.org/html/2601.00001v3 https://arxiv.org/format/2601.00001
        https://arxiv.org/e-print/2601.00001 https://arxiv.org/src/2601.00001v1 https://arxiv.org/ps/2601.00001
        https://arxiv.org/ftp/arxiv/papers/2601/2601.00001.pdf https://browse.arxiv.org/abs/2601.00001
        https://export.arxiv.org/abs/2601.00001 https://de.arxiv.org/abs/2601.00001 arxiv.org/abs/2601.00001
        https://www.alphaxiv.org/abs/2601.00001v1 https://www.alphaxiv.org/pdf/2601.00001
        https://www.alphaxiv.org/overview/2601.00001 https://ar5iv.org/abs/2601.00001
        https://ar5iv.labs.arxiv.org/html/2601.00001v2 https://huggingface.co/papers/2601.00001
        https://hf.co/papers/2601.00001 https://huggingface.co/papers/2601.00001.md
        https://scirate.com/arxiv/2601.00001 https://papers.cool/arxiv/2601.00001
        https://www.emergentmind.com/papers/2601.00001 https://arxiv-org.proxy.example.edu/abs/2601.00001
        https://api.semanticscholar.org/graph/v1/paper/arXiv:2601.00001 https://api.semanticscholar.org/arXiv:2601.00001
        https://www.semanticscholar.org/reader/arXiv:2601.00001 https://www.semanticscholar.org/arxiv/2601.00001
        https://scholar.google.com/scholar?q=arXiv:2601.00001 https://doi.org/10.48550/arXiv.2601.00001
        https://scholar.google.com/scholar_url?url=https://arxiv.org/pdf/2601.00001&hl=en
        https://dx.doi.org/10.48550/arxiv.2601.00001v2 https://inspirehep.net/api/arxiv/2601.00001
        """,
    ("arxiv", "hep-th/9901001"): """
        https://arxiv.org/abs/hep-th/9901001 https://arxiv.org/pdf/hep-th/9901001v2.pdf
        https://arxiv.org/pdf/hep-th/9901001 https://arxiv.org/abs/hep-th%2F9901001 https://ar5iv.org/abs/hep-th/9901001
        https://alphaxiv.org/abs/hep-th/9901001 https://doi.org/10.48550/arXiv.hep-th/9901001
        https://export.arxiv.org/abs/hep-th/9901001 https://huggingface.co/papers/hep-th/9901001
        """,
    ("doi", "10.1234/mml"): """
        https://doi.org/10.1234/mml http://dx.doi.org/10.1234/MML https://www.doi.org/10.1234/mml doi.org/10.1234/mml
        https://dl.acm.org/doi/10.1234/mml https://dl.acm.org/doi/abs/10.1234/mml https://dl.acm.org/doi/pdf/10.1234/mml
        https://dl.acm.org/doi/pdfdirect/10.1234/mml https://dl.acm.org/doi/full/10.1234/mml
        https://dl.acm.org/doi/fullHtml/10.1234/mml https://dl.acm.org/doi/epdf/10.1234/mml
        https://link.springer.com/article/10.1234/mml https://link.springer.com/chapter/10.1234/mml
        https://link.springer.com/book/10.1234/mml https://link.springer.com/10.1234/mml
        https://link.springer.com/content/pdf/10.1234/mml.pdf https://onlinelibrary.wiley.com/doi/10.1234/mml
        https://onlinelibrary.wiley.com/doi/epdf/10.1234/mml https://onlinelibrary.wiley.com/doi/pdfdirect/10.1234/mml
        https://onlinelibrary.wiley.com/doi/10.1234/mml/abstract https://agupubs.onlinelibrary.wiley.com/doi/abs/10.1234/mml
        https://www.science.org/doi/10.1234/mml https://www.science.org/doi/full/10.1234/mml
        https://www.pnas.org/doi/10.1234/mml https://www.pnas.org/doi/full/10.1234/mml
        https://www.tandfonline.com/doi/full/10.1234/mml https://www.tandfonline.com/doi/abs/10.1234/mml
        https://journals.sagepub.com/doi/10.1234/mml https://journals.sagepub.com/doi/pdf/10.1234/mml
        https://ieeexplore.ieee.org/document/123?doi=10.1234/mml https://pubs.acs.org/doi/10.1234/mml
        https://ieeexplore.ieee.org/search/searchresult.jsp?queryText=10.1234%2Fmml
        https://journals.aps.org/prl/abstract/10.1234/mml https://epubs.siam.org/doi/10.1234/mml
        https://iopscience.iop.org/article/10.1234/mml/meta https://www.jstor.org/stable/10.1234/mml
        https://journals.plos.org/plosone/article?id=10.1234/mml https://api.crossref.org/works/10.1234/mml
        https://doi-org.proxy.example.edu/10.1234/mml https://dl-acm-org.proxy.example.edu/doi/pdf/10.1234/mml
        https://onlinelibrary-wiley-com.proxy.example.edu/doi/full/10.1234/mml
        https://login.proxy.example.edu/login?qurl=https%3A%2F%2Fdoi.org%2F10.1234%2Fmml
        https://api.openalex.org/works/doi:10.1234/mml https://api.semanticscholar.org/graph/v1/paper/DOI:10.1234/mml
        """,
    ("doi", "10.1101/2026.01.02.123456"): """
        https://www.biorxiv.org/content/10.1101/2026.01.02.123456v2
        https://www.biorxiv.org/content/10.1101/2026.01.02.123456v2.full
        https://www.medrxiv.org/content/10.1101/2026.01.02.123456v1.full.pdf+html
        https://www.medrxiv.org/content/10.1101/2026.01.02.123456v1.full-text
        https://www.biorxiv.org/content/10.1101/2026.01.02.123456v1.supplementary-material
        https://www.medrxiv.org/content/10.1101/2026.01.02.123456v1.article-metrics
        https://www.biorxiv.org/content/biorxiv/early/2026/01/02/2026.01.02.123456.full.pdf
        https://www.biorxiv.org/cgi/content/short/2026.01.02.123456v1 https://doi.org/10.1101/2026.01.02.123456
        """,
    ("openreview", "rkX_aZ"): """
        https://openreview.net/forum?id=rkX_aZ https://openreview.net/pdf?id=rkX_aZ
        https://openreview.net/attachment?id=rkX_aZ&name=supplementary_material https://openreview.net/revisions?id=rkX_aZ
        https://openreview.net/forum?id=rkX_aZ&noteId=abcd https://openreview.net/forum?noteId=abcd&id=rkX_aZ
        https://openreview.net/references?referent=rkX_aZ https://api2.openreview.net/notes?id=rkX_aZ
        https://openreview-net.proxy.example.edu/forum?id=rkX_aZ https://api.openreview.net/notes?forum=rkX_aZ
        """,
    ("acl", "2020.acl-main.1"): """
        https://aclanthology.org/2020.acl-main.1 https://aclanthology.org/2020.acl-main.1/
        https://aclanthology.org/2020.acl-main.1.pdf https://aclanthology.org/2020.acl-main.1.bib
        https://aclanthology.org/2020.acl-main.1v2.pdf https://www.aclweb.org/anthology/2020.acl-main.1
        https://aclanthology.org/paper/2020.acl-main.1 https://aclanthology.org/2020.acl-main.1.xml
        https://api.semanticscholar.org/graph/v1/paper/ACL:2020.acl-main.1
        """,
    ("acl", "P19-1001"): """
        https://aclanthology.org/P19-1001 https://aclanthology.org/P19-1001.pdf https://aclanthology.org/P19-1001.bib
        https://www.aclweb.org/anthology/P19-1001/ https://aclweb.org/anthology/P/P19/P19-1001.pdf
        https://aclanthology.org/p19-1001 http://aclanthology.coli.uni-saarland.de/papers/P19-1001
        https://aclanthology.info/papers/P19-1001/p19-1001 https://api.semanticscholar.org/graph/v1/paper/ACL:P19-1001
        """,
    ("pmid", "8906788"): """
        https://pubmed.ncbi.nlm.nih.gov/8906788 https://pubmed.ncbi.nlm.nih.gov/8906788/
        https://pubmed.ncbi.nlm.nih.gov/?term=8906788 https://www.ncbi.nlm.nih.gov/pubmed/8906788
        https://www.ncbi.nlm.nih.gov/pubmed/?term=8906788 https://www.ncbi.nlm.nih.gov/m/pubmed/8906788/
        https://europepmc.org/article/MED/8906788 https://europepmc.org/abstract/med/8906788
        https://identifiers.org/pubmed:8906788 https://api.openalex.org/works/pmid:8906788
        https://api.semanticscholar.org/graph/v1/paper/PMID:8906788
        https://pubmed-ncbi-nlm-nih-gov.proxy.example.edu/8906788/
        """,
    ("pmcid", "PMC1234567"): """
        https://www.ncbi.nlm.nih.gov/pmc/articles/PMC1234567 https://pmc.ncbi.nlm.nih.gov/articles/PMC1234567/
        https://www.ncbi.nlm.nih.gov/pmc/articles/PMC1234567/pdf/x.pdf https://www.ncbi.nlm.nih.gov/pmc/articles/1234567
        https://europepmc.org/article/PMC/PMC1234567 https://europepmc.org/articles/PMC1234567
        https://europepmc.org/backend/ptpmcrender.fcgi?accid=PMC1234567&blobtype=pdf
        https://api.openalex.org/works/pmcid:PMC1234567 https://api.semanticscholar.org/graph/v1/paper/PMCID:1234567
        """,
    ("s2", H): f"""
        https://www.semanticscholar.org/paper/{H} https://www.semanticscholar.org/paper/A-Title/{H}
        https://www.semanticscholar.org/paper/A-Title/{H}/figure/3 https://www.semanticscholar.org/reader/{H}
        https://api.semanticscholar.org/graph/v1/paper/{H} https://api.semanticscholar.org/graph/v1/paper/{H}/citations
        https://pdfs.semanticscholar.org/{H[:4]}/{H[4:]}.pdf https://www-semanticscholar-org.proxy.example.edu/paper/{H}
        """,
    ("s2", "corpusid:123"): """
        https://api.semanticscholar.org/CorpusID:123 https://api.semanticscholar.org/graph/v1/paper/CorpusId:123
        https://www.semanticscholar.org/paper/corpusid:123
        """,
    ("openalex", "W42"): """
        https://openalex.org/W42 https://openalex.org/works/W42 https://openalex.org/works/w42
        https://api.openalex.org/works/W42 https://api.openalex.org/W42 https://explore.openalex.org/works/W42
        """,
}


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
    ("link", "expected"), [(link, names) for names, links in LINKS.items() for link in links.split()]
)
def test_every_link_with_what_stands_around_and_behind_it(link: str, expected: tuple[str, str]) -> None:
    tracked = f"{link}{'&' if '?' in link else '?'}utm_source=feed&ref=x"
    forms = [link, f"{link}.", f"({link}),", f"<{link}>;", f"“{link}”", tracked, f"{link}#section-2", f" {link}\n"]
    assert {form: canonical(form) for form in forms} == dict.fromkeys(forms, expected)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://ar{x}iv.org/abs/2301.01234", ("arxiv", "2301.01234")),
        ("https://openreview&#46;net/forum?id=abcdefg", ("openreview", "abcdefg")),
        ("https://\uff41rxiv.org/abs/2301.01234", ("arxiv", "2301.01234")),
        ("https://www.ijcai.org/proceedings/2020/1", None),
    ],
)
def test_markup_hides_no_link(link: str, expected: tuple[str, str] | None) -> None:
    assert canonical(link) == expected


@pytest.mark.parametrize("names", [names for names in LINKS if names[0] != "openreview"])  # its ids have both cases
def test_a_link_in_capitals_is_the_same_paper(names: tuple[str, str]) -> None:
    links = LINKS[names].upper().split()
    assert {link: canonical(link) for link in links} == dict.fromkeys(links, names)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.1234/mml", True), ("doi: 10.1234/MML.", True), ("https://doi.org/10.1234/mml", True),
        ("http://dx.doi.org/10.1234/mml", True), ("10.48550/arXiv.2601.00001", True),
        ("https://dl.acm.org/doi/10.1234/mml", False), ("2601.00001", False), ("PMID 10", False), ("", False),
        ("see 10.1234/mml and 10.1234/mmm", False), ("https://arxiv.org/abs/10.48550/arXiv.2601.00001", False),
    ],
)  # fmt: skip
def test_a_doi_itself_is_no_page_that_names_one(text: str, expected: bool) -> None:
    assert is_doi(text) is expected


def test_kinds_of_dois() -> None:
    assert [is_preprint_doi(value) for value in ("10.1101/2026.01.02.123456", "10.1234/10.1101/x")] == [True, False]
    assert [is_cut_doi(value) for value in (SICI.lower(), SICI.lower().partition("<")[0])] == [False, True]


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
