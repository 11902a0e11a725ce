"""BibTeX of databases of papers, and the papers it is read as."""

from __future__ import annotations

from typing import Any

EXPORTS: dict[str, tuple[str, list[dict[str, Any]]]] = {}

EXPORTS["dblp"] = (
    r"""@inproceedings{DBLP:conf/tide/ExampleC19,
  author       = {Ann Example and
                  Bo Case 0002},
  editor       = {Cy Third},
  title        = {Tides in {JSON}},
  booktitle    = {9th Conference on Tides, {TIDE} 2019, Stone City, May 3-6, 2019},
  series       = {Lecture Notes in Tides},
  volume       = {123},
  pages        = {1:1--1:12},
  publisher    = {Springer},
  year         = {2019},
  url          = {https://doi.org/10.1234/TIDE.2019.12},
  doi          = {10.1234/TIDE.2019.12},
  timestamp    = {Mon, 03 Jan 2022 22:18:31 +0100},
  biburl       = {https://dblp.org/rec/conf/tide/ExampleC19.bib},
  bibsource    = {dblp computer science bibliography, https://dblp.org}
}
@article{DBLP:journals/corr/abs-1901-01234,
  author={Ann Example}, title={Tides},
  journal={CoRR}, volume={abs/1901.01234}, year={2019}, eprinttype={arXiv}, eprint={1901.01234}}""",
    [
        {
            "title": "Tides in JSON",
            "venue": "9th Conference on Tides, TIDE 2019, Stone City, May 3-6, 2019",
            "kind": "inproceedings",
            "authors": [
                {"name": "Ann Example", "given": "Ann", "family": "Example"},
                {"name": "Bo Case", "given": "Bo", "family": "Case"},
            ],
            "ids": {"doi": "10.1234/tide.2019.12"},
            "urls": ["https://doi.org/10.1234/TIDE.2019.12"],
            "year": 2019,
            "extra": {
                "citation_key": "DBLP:conf/tide/ExampleC19",
                "editors": [{"name": "Cy Third", "given": "Cy", "family": "Third"}],
                "series": "Lecture Notes in Tides",
                "volume": "123",
                "pages": "1:1-1:12",
                "publisher": "Springer",
                "timestamp": "Mon, 03 Jan 2022 22:18:31 +0100",
                "biburl": "https://dblp.org/rec/conf/tide/ExampleC19.bib",
                "bibsource": "dblp computer science bibliography, https://dblp.org",
            },
        },
        {
            "title": "Tides",
            "venue": "CoRR",
            "kind": "article",
            "authors": [{"name": "Ann Example", "given": "Ann", "family": "Example"}],
            "ids": {"arxiv": "1901.01234"},
            "year": 2019,
            "extra": {"citation_key": "DBLP:journals/corr/abs-1901-01234", "volume": "abs/1901.01234"},
        },
    ],
)
EXPORTS["ieee"] = (
    r"""@ARTICLE{9000001,
  author={Example, Ann and Case, Bo},
  journal={IEEE Transactions on Tides},
  title={Tidal Networks},
  year={2020},
  volume={8},
  number={},
  pages={1-12},
  keywords={Tides;Rivers;Deep learning},
  doi={10.1109/TT.2020.1234567}}
""",
    [
        {
            "title": "Tidal Networks",
            "venue": "IEEE Transactions on Tides",
            "kind": "article",
            "authors": [
                {"name": "Ann Example", "given": "Ann", "family": "Example"},
                {"name": "Bo Case", "given": "Bo", "family": "Case"},
            ],
            "ids": {"doi": "10.1109/tt.2020.1234567"},
            "keywords": ["Tides", "Rivers", "Deep learning"],
            "year": 2020,
            "extra": {"citation_key": "9000001", "volume": "8", "pages": "1-12"},
        }
    ],
)
EXPORTS["acm"] = (
    r"""@inproceedings{10.1145/1234567.1234568,
author = {Example, Ann and Case, Bo},
title = {Tidal Search},
year = {2021},
isbn = {9781450380379},
publisher = {Association for Computing Machinery},
address = {New York, NY, USA},
url = {https://doi.org/10.1145/1234567.1234568},
doi = {10.1145/1234567.1234568},
booktitle = {Proceedings of the 44th Conference on Tides},
pages = {1–10},
numpages = {10},
keywords = {tides, rivers},
location = {Virtual Event, Canada},
series = {TIDE '21}
}""",
    [
        {
            "title": "Tidal Search",
            "venue": "Proceedings of the 44th Conference on Tides",
            "kind": "inproceedings",
            "authors": [
                {"name": "Ann Example", "given": "Ann", "family": "Example"},
                {"name": "Bo Case", "given": "Bo", "family": "Case"},
            ],
            "ids": {"doi": "10.1145/1234567.1234568"},
            "keywords": ["tides", "rivers"],
            "urls": ["https://doi.org/10.1145/1234567.1234568"],
            "year": 2021,
            "extra": {
                "citation_key": "10.1145/1234567.1234568",
                "isbn": "9781450380379",
                "publisher": "Association for Computing Machinery",
                "place": "New York, NY, USA",
                "pages": "1-10",
                "numpages": "10",
                "location": "Virtual Event, Canada",
                "series": "TIDE '21",
            },
        }
    ],
)
EXPORTS["scopus"] = (
    r"""
Scopus
EXPORT DATE: 03 May 2020

@ARTICLE{Example2020101,
	author = {Example, Ann and Case, Bo B.},
	title = {Tides of glass},
	year = {2020},
	journal = {Tide Letters},
	volume = {5},
	number = {2},
	pages = {101 – 110},
	doi = {10.1234/tl.5},
	url = {https://www.scopus.com/inward/record.uri?eid=2-s2.0-1&doi=10.1234%2ftl.5},
	author_keywords = {glass; tides},
	keywords = {Glass; Tides},
	type = {Article},
	publication_stage = {Final},
	source = {Scopus},
	note = {Cited by: 12; All Open Access}
}""",
    [
        {
            "title": "Tides of glass",
            "venue": "Tide Letters",
            "kind": "article",
            "comments": "Cited by: 12; All Open Access",
            "authors": [
                {"name": "Ann Example", "given": "Ann", "family": "Example"},
                {"name": "Bo B. Case", "given": "Bo B.", "family": "Case"},
            ],
            "ids": {"doi": "10.1234/tl.5"},
            "keywords": ["Glass", "Tides"],
            "urls": ["https://www.scopus.com/inward/record.uri?eid=2-s2.0-1&doi=10.1234%2ftl.5"],
            "year": 2020,
            "extra": {
                "citation_key": "Example2020101",
                "volume": "5",
                "issue": "2",
                "pages": "101-110",
                "author_keywords": "glass; tides",
                "genre": "Article",
                "publication_stage": "Final",
                "source": "Scopus",
            },
        }
    ],
)
EXPORTS["ads"] = (
    r"""@ARTICLE{2020ApJ...123..456E,
       author = {{Example}, Ann and {Case}, B. and {Tide Collaboration}},
        title = "{Tides of Stars}",
      journal = {\apj},
     keywords = {Tides, Astrophysics - Earth},
         year = 2020,
        month = may,
       volume = {123},
       number = {4},
          eid = {456},
        pages = {456},
          doi = {10.3847/1538-4357/ab1234},
archivePrefix = {arXiv},
       eprint = {2003.01234},
 primaryClass = {astro-ph.EP},
       adsurl = {https://ui.adsabs.harvard.edu/abs/2020ApJ...123..456E},
      adsnote = {Provided by the SAO/NASA Astrophysics Data System}
}""",
    [
        {
            "title": "Tides of Stars",
            "venue": "Astrophysical Journal",
            "kind": "article",
            "authors": [
                {"name": "Ann Example", "given": "Ann", "family": "Example"},
                {"name": "B. Case", "given": "B.", "family": "Case"},
                {"name": "Tide Collaboration", "is_group": True},
            ],
            "ids": {"arxiv": "2003.01234", "doi": "10.3847/1538-4357/ab1234"},
            "keywords": ["Tides", "Astrophysics - Earth"],
            "categories": ["astro-ph.EP"],
            "year": 2020,
            "extra": {
                "citation_key": "2020ApJ...123..456E",
                "volume": "123",
                "issue": "4",
                "article_number": "456",
                "pages": "456",
                "adsurl": "https://ui.adsabs.harvard.edu/abs/2020ApJ...123..456E",
                "adsnote": "Provided by the SAO/NASA Astrophysics Data System",
                "date": "2020-05",
            },
        }
    ],
)
