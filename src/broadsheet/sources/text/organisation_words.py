"""Words by which a piece of an affiliation is told apart: university, institute, department, place. Pure.

All patterns are searched in small letters without accents and dots.
"""

from __future__ import annotations

import re

__all__ = [
    "ACADEMY",
    "DEPARTMENT",
    "INSTITUTE",
    "LEGAL_FORM",
    "NOT_ONE",
    "PART",
    "PLACES",
    "RESEARCH_BODIES",
    "SUBJECT",
    "UNIVERSITY",
]

UNIVERSITY = re.compile(
    r"universi|\bu[niv]{2,3}[ers]{2,3}[ist]{1,3}t?y|\buniv\b|hochschule|politec|polytech|politechn|uniwersytet|"
    r"\bcollege\b|\bescuela|institute? (?:of|for) (?:\w+ and )?technolog|institute of science|tech university|"
    r"\becole\b|scuola|\binsa\b|instituto superior|virginia tech|\bsupelec\b"
)
ACADEMY = re.compile(r"(?:\w+ )?(?:academy of (?:\w+ )?sciences|academia sinica)$")
INSTITUTE = re.compile(  # an institute, an agency, a company
    r"\b(?:institut\w*|academ\w+|max planck|mpi|fraunhofer|laboratoires?|laborator\w*|labs?|cent(?:er|re|ro|rum)|"
    r"foundation|fondazione|fondation|council|agency|hospital|observatory|organi[sz]ation|consortium|alliance|national|"
    r"nasa|observatoire|association|society|ministry|clinic|inc|ltd|limited|llc|gmbh|corp|corporation|co|company|ag|group|"
    r"technologies|technology|spa|srl|sas|bv|plc|pty|kk|ai|research|robotics|systems)\b"
)
DEPARTMENT = re.compile(  # never an organisation by itself
    r"^(?:the )?(?:\w+ ){0,4}?(?:dept|departments?|dep|departement|departamento|dipartimento|school of|faculty of)\b|"
    r"\bdepartment$|^research (?:and|&) |^no affiliation|^work done"
)
SUBJECT = re.compile(  # a college or institute that is named by its subject alone
    r"^(?:the )?(?:(?:\w+ )?(?:college|school|faculty)|institute|department) (?:of|for) (?:\w+ (?:and|&) )?"
    r"(?:engineering|comput|inform|electr|mechan|science|art|medicine|business|automation|software|control|intelligen|"
    r"mathem|data|physic|optical|communication|aero|robot|natural|social|law|management|education|big data|cyber)"
)
PART = re.compile(  # of an organisation; one itself where nothing else is named
    r"^(?:the )?(?:\w+ ){0,4}?(?:fac|facultad|faculte|fakultat|division|section|chair|graduate|program|programme|unit|"
    r"branch|office|team|group)\b|\b(?:dept|school|faculty|group|division|program|unit|team)$|"
    r"\b(?:key|joint|national engineering)\b.*\b(?:lab|laborator)|^(?:\w+ ){0,6}(?:lab|labs|laboratory|laboratories)$|"
    r"^(?:lab|laboratory|laboratoire|laboratorio|center|centre|centro) (?:of|for|de|d|di)\b|"
    r"^(?:computer|computing|electrical|electronic|mechanical|aerospace|statistics|mathematics|physics|engineering|"
    r"cognitive|information|machine|artificial|applied|robotics|ece|eecs|cse|cs|ee|bme|eng|phd)\b"
)
LEGAL_FORM = re.compile(r"(?:inc|ltd|llc|gmbh|corp|co|company|limited|s\.?a|plc|usa)\.?|co\.?,? ?ltd", re.IGNORECASE)
NOT_ONE = frozenset(
    (
        *(
            "university",
            "univ",
            "state university",
            "college park",
            "college station",
            "university park",
            "university city",
        ),
        *("ministry of education", "moe", "none", "independent", "independent researcher"),
    )
)
RESEARCH_BODIES = frozenset(  # of people at a university as well: it is named before them
    (
        *("CNRS", "CEA", "INSERM", "INRIA", "LAAS-CNRS", "Mila"),
        *("Canadian Institute for Advanced Research", "Jet Propulsion Laboratory"),
    )
)
PLACES = frozenset(
    """
    usa us united states of america uk england scotland wales kingdom great britain germany france italy spain china pr
    prc p r the japan korea republic south north india canada australia switzerland austria netherlands belgium sweden
    norway finland denmark israel singapore hong kong taiwan brazil portugal poland czech greece turkey iran russia
    mexico chile ireland new zealand hungary romania slovenia croatia serbia ukraine egypt saudi arabia uae qatar
    deutschland espana italia ca ny ma pa tx il nj wa ga md mi nc va oh fl ct in mn az co or ri nh dc
    beijing shanghai shenzhen guangzhou hangzhou nanjing wuhan chengdu xian hefei suzhou harbin tianjin dalian changsha
    guangdong zhejiang jiangsu kyoto osaka nagoya tsukuba sendai fukuoka kobe yokohama ibaraki kanagawa saitama chiba
    nara hokkaido tokyo seoul daejeon london paris berlin munich zurich boston cambridge pittsburgh seattle
    barcelona madrid valencia sevilla zaragoza lisbon porto rome roma milan milano turin torino pisa genova bologna
    lyon toulouse grenoble nice lille nantes rennes marseille strasbourg palaiseau sophia antipolis saclay nancy
    hamburg stuttgart frankfurt dresden darmstadt karlsruhe aachen tubingen freiburg bonn cologne vienna graz geneva
    lausanne amsterdam delft eindhoven leuven brussels ghent stockholm gothenburg copenhagen oslo helsinki prague warsaw
    krakow budapest athens moscow istanbul ankara haifa jerusalem tel aviv bangalore mumbai delhi hyderabad chennai
    ljubljana toronto montreal quebec vancouver ontario edmonton waterloo sydney melbourne brisbane adelaide canberra
    victoria chicago houston dallas austin san francisco diego jose los angeles santa clara barbara palo alto mountain
    view menlo park sunnyvale redmond bellevue atlanta adelphi baltimore philadelphia princeton newark city
    edinburgh oxford manchester bristol sheffield leeds dublin redwood berkeley la jolla golden albuquerque
    california massachusetts texas illinois york jersey pennsylvania washington georgia michigan virginia
    """.split()  # noqa: SIM905
)
