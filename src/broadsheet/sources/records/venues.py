"""Recognises abbreviated names of journals."""

from __future__ import annotations

import re

__all__ = ["JOURNAL_MACROS", "abbreviates"]

# Commands for journals in the styles of astronomy, as ADS writes them: `journal = {\apj}`.
JOURNAL_MACROS = {
    "aap": "Astronomy and Astrophysics",
    "aapr": "Astronomy and Astrophysics Reviews",
    "aaps": "Astronomy and Astrophysics Supplement",
    "actaa": "Acta Astronomica",
    "aj": "Astronomical Journal",
    "ao": "Applied Optics",
    "apj": "Astrophysical Journal",
    "apjl": "Astrophysical Journal Letters",
    "apjs": "Astrophysical Journal Supplement",
    "apss": "Astrophysics and Space Science",
    "araa": "Annual Review of Astronomy and Astrophysics",
    "gca": "Geochimica et Cosmochimica Acta",
    "grl": "Geophysical Research Letters",
    "icarus": "Icarus",
    "jcap": "Journal of Cosmology and Astroparticle Physics",
    "jcp": "Journal of Chemical Physics",
    "jgr": "Journal of Geophysical Research",
    "jqsrt": "Journal of Quantitative Spectroscopy and Radiative Transfer",
    "memsai": "Memorie della Società Astronomica Italiana",
    "mnras": "Monthly Notices of the Royal Astronomical Society",
    "na": "New Astronomy",
    "nar": "New Astronomy Reviews",
    "nat": "Nature",
    "nphysa": "Nuclear Physics A",
    "pasa": "Publications of the Astronomical Society of Australia",
    "pasj": "Publications of the Astronomical Society of Japan",
    "pasp": "Publications of the Astronomical Society of the Pacific",
    "physrep": "Physics Reports",
    "planss": "Planetary and Space Science",
    "pra": "Physical Review A",
    "prb": "Physical Review B",
    "prc": "Physical Review C",
    "prd": "Physical Review D",
    "pre": "Physical Review E",
    "prl": "Physical Review Letters",
    "procspie": "Proceedings of SPIE",
    "psj": "Planetary Science Journal",
    "qjras": "Quarterly Journal of the Royal Astronomical Society",
    "rmxaa": "Revista Mexicana de Astronomía y Astrofísica",
    "skytel": "Sky and Telescope",
    "solphys": "Solar Physics",
    "ssr": "Space Science Reviews",
}

_WORD = re.compile(r"[^\W\d_]+")
_SMALL = frozenset("of the and for in on a an de la le les du des et und der die das für el los y e do da di".split())  # noqa: SIM905


def abbreviates(short: str, full: str) -> bool:
    """Whether `short` abbreviates `full`, word by word (`Proc Natl Acad Sci`) or as an acronym (`PNAS`)."""
    if len(short) >= len(full):
        return False
    short_words = _WORD.findall(short)
    full_words = _WORD.findall(full)
    content_words = [word for word in full_words if word.lower() not in _SMALL] or full_words
    if not short_words or not full_words:
        return False
    acronym = "".join(short_words)
    if (
        acronym.isupper()
        and len(acronym) > 1
        and (len(short_words) == 1 or all(len(word) == 1 for word in short_words))
    ):
        return any(
            "".join(word if word.isupper() else word[0] for word in words).upper().startswith(acronym)
            for words in (content_words, full_words)
        )
    short_content = [word for word in short_words if word.lower() not in _SMALL] or short_words
    return len(short_content) == len(content_words) and all(map(_shortens, short_content, content_words))


def _shortens(short: str, full: str) -> bool:
    """Whether the letters of `short` occur in `full` in the same order and both begin with the same letter."""
    letters = iter(full.lower())
    return short[:1].lower() == full[:1].lower() and all(letter in letters for letter in short.lower())
