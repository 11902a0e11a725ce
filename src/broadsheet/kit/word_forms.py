"""Forms of English words that a suffix stemmer misses or conflates wrongly.

`stemmer_form` is applied before the stemmer: Greek and Latin plurals, plurals in -us, plurals of acronyms (LLMs) and
British spellings become the form that the stemmer knows. Other English words are unchanged.
"""

from __future__ import annotations

import re

__all__ = ["stemmer_form"]

# (plural ending, singular ending, stems)
_PLURALS = (
    ("ses", "sis", "analy antithe biogene biosynthe cataly cri diagno dialy electroly empha gene hydroly hypothe"),
    ("ses", "sis", "metamorpho metaanaly metasta morphogene neme neuro oa paraly parenthe pathogene photosynthe"),
    ("ses", "sis", "phylogene progno prosthe psycho pyroly reanaly symbio synop synthe the thrombo urinaly"),
    ("ices", "ix", "append direct hel matr submatr"),
    ("ices", "ex", "ap cod cort ind simpl subind vert vort"),
    ("a", "um", "aquari bacteri curricul desiderat equilibri errat extrem maxim memorand millenni minim moment optim"),
    ("a", "um", "spectr strat symposi"),
    ("a", "on", "automat criteri gangli mitochondri phenomen polyhedr tetrahedr"),
    ("i", "us", "alumn annul bacill bronch calcul foc fung gyr hippocamp loc modul nucle radi stimul syllab thromb"),
    ("ae", "a", "alg antenn formul hyph larv nebul supernov vertebr"),
    ("ata", "a", "lemm schem stigm stom"),
    ("ves", "f", "cal hal loa shel thie wol"),
    ("ves", "fe", "kni wi"),
    ("us", "u", "al bayo burea caribo cp dp ec em fp gel gn gp gr gur haik ic im ip mc men mm np platea rel rs sel"),
    ("us", "u", "sil tablea tp vp xp"),
)
_SINGLES = {
    "axes": "axis",
    **{"children": "child", "corpora": "corpus", "feet": "foot", "geese": "goose", "genera": "genus", "lice": "louse"},
    **{"men": "man", "mice": "mouse", "oxen": "ox", "teeth": "tooth", "women": "woman"},
}

# Stems of words with British -ise, -isation, … and American -ize, -ization, …
_ISE = """
anonym atom author canonical categor central character conceptual contextual critic crystall custom decentral digit
discret emphas equal factor featur final formal gener general global harmon hospital hypothes immun initial ion
item kernel lemmat linear local magnet marginal maxim memor minim mobil modern monet national neutral normal optim
organ oxid parallel parameter parametr penal personal polar polymer popular prior priorit quant random rasteris real
recogn regular revolution sparsif special stabil standard summar symmetr synchron synthes tensor token user util
vector vectorial visual vocal
""".split()  # noqa: SIM905  a list of so many words would be one word a line
_ISE_ENDINGS = ("e", "ed", "er", "ers", "es", "ing", "able", "ation", "ations", "ational")
# (British, American, endings): other spellings that the stemmer does not conflate.
_SPELLINGS = (
    ("analys", "analyz", "e ed er ers ing"),
    ("behaviour", "behavior", " s al ally ism"),
    ("catalogue", "catalog", " s d"),
    ("catalys", "catalyz", "e ed ing"),
    ("centre", "center", " s d"),
    ("colour", "color", " s ed ing isation ization"),
    ("defence", "defense", " s"),
    ("favour", "favor", " s ed able ite"),
    ("fibre", "fiber", " s"),
    ("grey", "gray", " s scale"),
    ("haem", "hem", "oglobin atology orrhage"),
    ("honour", "honor", " s ed"),
    ("labour", "labor", " s ed"),
    ("licence", "license", " s"),
    ("litre", "liter", " s"),
    ("metre", "meter", " s"),
    ("neighbour", "neighbor", " s hood hoods ing"),
    ("oestrogen", "estrogen", " s"),
    ("paralys", "paralyz", "e ed ing"),
    ("rumour", "rumor", " s"),
    ("sceptic", "skeptic", " s al ism"),
    ("sulph", "sulf", "ur ate ates ide ides"),
    ("tumour", "tumor", " s"),
    ("vapour", "vapor", " s"),
    ("artefact", "artifact", " s"),
    ("aluminium", "aluminum", ""),
    ("paediatric", "pediatric", " s"),
    ("anaesthe", "anesthe", "sia tic tics"),
)


def _each(stems: str) -> list[str]:
    """The stems in a line of a table; a line that begins with a space also has the empty stem."""
    return ["", *stems.split()] if stems.startswith(" ") or not stems else stems.split()


_STEMMER_FORMS = {stem + plural: stem + singular for plural, singular, stems in _PLURALS for stem in _each(stems)}
_STEMMER_FORMS |= _SINGLES
_STEMMER_FORMS |= {f"{stem}is{ending}": f"{stem}iz{ending}" for stem in _ISE for ending in _ISE_ENDINGS}
_STEMMER_FORMS |= {british + end: american + end for british, american, ends in _SPELLINGS for end in _each(ends)}
# Words that the stemmer would conflate with words of another meaning (transformers, conversations, animations), and
# forms that it does not change.
_APART = {"transformation": "transformatio", "conversion": "conversio", "animal": "animalia"}
_STEMMER_FORMS |= {word + end: form for word, form in _APART.items() for end in ("", "s")}


# Three or more consonants and an s: GNNs, LSTMs. The stemmer drops an s after a syllable only.
_PLURAL_ACRONYM = re.compile(r"[b-df-hj-np-tv-xz]{2,}[b-df-hj-np-rtv-xz]s")


def stemmer_form(word: str) -> str:
    """The form of a folded word to pass to the stemmer."""
    if word[-1:] == "s" and _PLURAL_ACRONYM.fullmatch(word):
        return word[:-1]
    return _STEMMER_FORMS.get(word, word)
