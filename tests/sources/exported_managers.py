"""BibTeX of reference managers, and the papers it is read as."""

from __future__ import annotations

from typing import Any

EXPORTS: dict[str, tuple[str, list[dict[str, Any]]]] = {}

EXPORTS["zotero"] = (
    r"""
@article{example_tides_2020,
	title = {Tides and {Stones}: {A} {Study}},
	volume = {12},
	copyright = {CC-BY-4.0},
	issn = {1234-5679},
	shorttitle = {Tides and {Stones}},
	url = {https://example.org/tides?a=1\&b=2},
	doi = {10.1234/tides.2020_1},
	abstract = {We study 50\% of tides.},
	language = {en},
	number = {3},
	urldate = {2020-05-03},
	journal = {Journal of Tides},
	author = {Example, Ann and Case, Bo and {Tide Group}},
	month = may,
	year = {2020},
	note = {Number: 3
Publisher: Tide Press},
	keywords = {Tides, Stones, to-read},
	pages = {101--110},
	file = {Full Text:/home/x/a.pdf:application/pdf;Snapshot:/home/x/b.html:text/html},
}""",
    [
        {
            "title": "Tides and Stones: A Study",
            "abstract": "We study 50% of tides.",
            "venue": "Journal of Tides",
            "kind": "article",
            "comments": "Number: 3 Publisher: Tide Press",
            "language": "en",
            "authors": [
                {"name": "Ann Example", "given": "Ann", "family": "Example"},
                {"name": "Bo Case", "given": "Bo", "family": "Case"},
                {"name": "Tide Group", "is_group": True},
            ],
            "ids": {"doi": "10.1234/tides.2020_1"},
            "keywords": ["Tides", "Stones", "to-read"],
            "urls": ["https://example.org/tides?a=1&b=2"],
            "year": 2020,
            "extra": {
                "citation_key": "example_tides_2020",
                "volume": "12",
                "copyright": "CC-BY-4.0",
                "issn": "1234-5679",
                "short_title": "Tides and Stones",
                "issue": "3",
                "accessed": "2020-05-03",
                "pages": "101-110",
                "files": "Full Text:/home/x/a.pdf:application/pdf;Snapshot:/home/x/b.html:text/html",
                "date": "2020-05",
            },
        }
    ],
)
EXPORTS["mendeley"] = (
    r"""@article{Example2019,
abstract = {Text with {\%} and {\textless}b{\textgreater} signs.},
archivePrefix = {arXiv},
arxivId = {1901.01234},
author = {Example, Ann and {van der Berg}, Jan},
doi = {10.1234/a{\_}b},
eprint = {1901.01234},
file = {:C$\backslash$:/Users/x/a.pdf:pdf},
isbn = {978-3-16-148410-0},
journal = {Rivers {\&} Lakes},
mendeley-groups = {Thesis/Chapter 1},
title = {{On the beds of rivers}},
url = {http://arxiv.org/abs/1901.01234},
year = {2019}
}""",
    [
        {
            "title": "On the beds of rivers",
            "abstract": "Text with % and <b> signs.",
            "venue": "Rivers & Lakes",
            "kind": "article",
            "authors": [
                {"name": "Ann Example", "given": "Ann", "family": "Example"},
                {"name": "Jan van der Berg", "given": "Jan", "family": "van der Berg"},
            ],
            "ids": {"arxiv": "1901.01234", "doi": "10.1234/a_b"},
            "urls": ["http://arxiv.org/abs/1901.01234"],
            "year": 2019,
            "extra": {
                "citation_key": "Example2019",
                "files": ":C$\\backslash$:/Users/x/a.pdf:pdf",
                "isbn": "978-3-16-148410-0",
                "mendeley-groups": "Thesis/Chapter 1",
            },
        }
    ],
)
EXPORTS["google_scholar"] = (
    r"""@inproceedings{example2018tides,
  title={Tides of the north},
  author={Example, A and Case, B and others},
  booktitle={Proceedings of the 3rd Conference on Tides},
  pages={1--8},
  year={2018},
  organization={IEEE}
}""",
    [
        {
            "title": "Tides of the north",
            "venue": "Proceedings of the 3rd Conference on Tides",
            "kind": "inproceedings",
            "authors": [
                {"name": "A Example", "given": "A", "family": "Example"},
                {"name": "B Case", "given": "B", "family": "Case"},
            ],
            "year": 2018,
            "extra": {"citation_key": "example2018tides", "pages": "1-8", "publisher": "IEEE", "et_al": True},
        }
    ],
)
EXPORTS["papers_app"] = (
    r"""@article{Example:2017aa,
	Author = {Example, Ann and Case, Bo},
	Date-Added = {2017-05-03 10:11:12 +0000},
	Date-Modified = {2017-05-03 10:11:12 +0000},
	Journal = {Tide Letters},
	Month = {05},
	Number = {2},
	Pages = {1--9},
	Title = {{A Title that {NASA} wrote}},
	Volume = {5},
	Year = {2017},
	Bdsk-Url-1 = {https://doi.org/10.1234/tl.17}}
""",
    [
        {
            "title": "A Title that NASA wrote",
            "venue": "Tide Letters",
            "kind": "article",
            "authors": [
                {"name": "Ann Example", "given": "Ann", "family": "Example"},
                {"name": "Bo Case", "given": "Bo", "family": "Case"},
            ],
            "ids": {"doi": "10.1234/tl.17"},
            "urls": ["https://doi.org/10.1234/tl.17"],
            "year": 2017,
            "extra": {
                "citation_key": "Example:2017aa",
                "date-added": "2017-05-03 10:11:12 +0000",
                "date-modified": "2017-05-03 10:11:12 +0000",
                "issue": "2",
                "pages": "1-9",
                "volume": "5",
                "date": "2017-05",
            },
        }
    ],
)
EXPORTS["endnote_bib"] = (
    r"""@article{
   author = {Example, Ann and Case, Bo},
   title = {Tides after EndNote},
   journal = {Tide Letters},
   volume = {5},
   pages = {1-9},
   ISSN = {1234-5679},
   DOI = {10.1234/tl.18},
   year = {2018},
   type = {Journal Article}
}
""",
    [
        {
            "title": "Tides after EndNote",
            "venue": "Tide Letters",
            "kind": "article",
            "authors": [
                {"name": "Ann Example", "given": "Ann", "family": "Example"},
                {"name": "Bo Case", "given": "Bo", "family": "Case"},
            ],
            "ids": {"doi": "10.1234/tl.18"},
            "year": 2018,
            "extra": {"volume": "5", "pages": "1-9", "issn": "1234-5679", "genre": "Journal Article"},
        }
    ],
)
