"""Names as people bear them: particles, two families, one name, other scripts, and lists with their signs."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.sources.text.names import inverted, parse_name, parse_names, split_authors
from broadsheet.sources.text.person_names import from_parts


@pytest.mark.parametrize(
    ("text", "given_name", "family"),
    [
        ("O'Brien, Pat", "Pat", "O'Brien"),
        ("d'Angelo, Gia", "Gia", "d'Angelo"),
        ("L'Écuyer, Pia", "Pia", "L'Écuyer"),
        ("'t Hooft, G.", "G.", "'t Hooft"),
        ("Gerard 't Hooft", "Gerard", "'t Hooft"),
        ("J. van 't Hoff", "J.", "van 't Hoff"),
        ("Ada van ’t Example", "Ada", "van ’t Example"),
        ("ter Haar, D", "D", "ter Haar"),
        ("J. v. Neumann", "J.", "v. Neumann"),
        ("de Souza, Maria da Graça", "Maria da Graça", "de Souza"),
        ("García-Márquez, J.", "J.", "García-Márquez"),
        ("Peña y Lillo, R.", "R.", "Peña y Lillo"),
        ("St. John, Ann", "Ann", "St. John"),
        ("Mc Donald, R.", "R.", "Mc Donald"),
        ("al-Rashid, Omar", "Omar", "al-Rashid"),
        ("Abd al-Karim, N.", "N.", "Abd al-Karim"),
        ("ibn Sina, A.", "A.", "ibn Sina"),
        ("Nguyễn, Văn A.", "Văn A.", "Nguyễn"),
        ("Yılmaz, İsmail", "İsmail", "Yılmaz"),
        ("Åström, Ö.", "Ö.", "Åström"),
        ("Ö. Åström", "Ö.", "Åström"),
        ("Иванов, Иван Иванович", "Иван Иванович", "Иванов"),
        ("Иван Иванович Иванов", "Иван Иванович", "Иванов"),
        ("Иванов И.И.", "И.И.", "Иванов"),
        ("Παπαδόπουλος, Γ.", "Γ.", "Παπαδόπουλος"),
        ("محمد علي", "محمد", "علي"),
        ("山田 太郎", "山田", "太郎"),
        ("Kim, Chul-Soo", "Chul-Soo", "Kim"),
        ("Ng, K. C.", "K. C.", "Ng"),
        ("K C Ng", "K C", "Ng"),
        ("Ng KC", "KC", "Ng"),
        ("Lee M-J", "M-J", "Lee"),
        ("Lee M J", "M J", "Lee"),
        ("M.-J. Lee", "M.-J.", "Lee"),
        ("Smith A.B.", "A.B.", "Smith"),
        ("A.B. Smith", "A.B.", "Smith"),
        ("de Boer RA", "RA", "de Boer"),
        ("De Boer RA", "RA", "De Boer"),
        (r"{\O}stergaard, Ann", "Ann", "Østergaard"),
        (r"\O stergaard, Ann", "Ann", "Østergaard"),
        (r"H{\aa}kon {\AA}s", "Håkon", "Ås"),
        (r"\v{S}im\'anek, J.", "J.", "Šimánek"),
        (r"{\"U}nal, B.", "B.", "Ünal"),
        ("{von Neumann}, J.", "J.", "von Neumann"),
        ("Example,Ann", "Ann", "Example"),
        ("Example ,Ann", "Ann", "Example"),
        ("Example,, Ann", "Ann", "Example"),
        ("Ann  \n Example", "Ann", "Example"),
    ],
)
def test_the_parts_of_one_name(text: str, given_name: str, family: str) -> None:
    person = parse_name(text)
    assert person
    assert (person.given, person.family, person.suffix, person.is_group) == (given_name, family, "", False)


@pytest.mark.parametrize("text", ["李明", "김철수", "山田太郎", "Suharto", "Sukarno", "Anonymous", "[Anonymous]", "X"])
def test_a_name_of_one_word_has_no_parts(text: str) -> None:
    person = parse_name(text)
    assert person
    assert (person.name, person.given, person.family, person.is_group) == (text, "", "", False)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("李明、王芳", ["李明", "王芳"]),
        ("李明；王芳；陈小红", ["李明", "王芳", "陈小红"]),
        ("李明，王芳", ["李明", "王芳"]),
        ("李明, 王芳", ["李明", "王芳"]),
        ("김철수, 이영희", ["김철수", "이영희"]),
        ("山田太郎、鈴木花子、他", ["山田太郎", "鈴木花子"]),
        ("محمد علي، أحمد حسن", ["محمد علي", "أحمد حسن"]),
        ("محمد علي؛ أحمد حسن", ["محمد علي", "أحمد حسن"]),
        ("Иванов И.И., Петров П.П.", ["И.И. Иванов", "П.П. Петров"]),
        ("И.И. Иванов, П.П. Петров", ["И.И. Иванов", "П.П. Петров"]),
        ("Yılmaz A, Öztürk B", ["A Yılmaz", "B Öztürk"]),
        ("Nguyễn Văn An, Trần Thị Bình", ["Nguyễn Văn An", "Trần Thị Bình"]),
        ("O'Brien, P., D'Angelo, G.", ["P. O'Brien", "G. D'Angelo"]),
        ("van der Berg, J., 't Hooft, G.", ["J. van der Berg", "G. 't Hooft"]),
    ],
)
def test_lists_in_other_scripts(text: str, names: list[str]) -> None:
    assert [person.name for person in split_authors(text)[0]] == names


def test_a_family_of_one_sign_is_still_inverted() -> None:
    (person,), _ = split_authors("李, 明")
    assert (person.name, person.family, person.given) == ("明 李", "李", "明")
    (person,), _ = parse_names("欧阳, 小明")
    assert (person.family, person.given) == ("欧阳", "小明")


@pytest.mark.parametrize(
    ("text", "names", "is_cut"),
    [
        ("Ann Example,Bo Case", ["Ann Example", "Bo Case"], False),
        ("Ann Example, Bo Case, and Cy Third", ["Ann Example", "Bo Case", "Cy Third"], False),
        ("A Example, B Case", ["A Example", "B Case"], False),
        ("Example, Ann|Case, Bo", ["Ann Example", "Bo Case"], False),
        ('["Ann Example","Bo Case"]', ["Ann Example", "Bo Case"], False),
        ('{"Ann Example","Bo Case"}', ["Ann Example", "Bo Case"], False),
        ("('Ann Example',)", ["Ann Example"], False),
        ("Tide Collaboration, Ann Example", ["Tide Collaboration", "Ann Example"], False),
        ("Example A, Case B, Third C, et al", ["A Example", "B Case", "C Third"], True),
        ("Ann Example; et al.", ["Ann Example"], True),
        ("Smith, Ann Marie, Jones, Bob Lee", ["Ann Marie Smith", "Bob Lee Jones"], False),
    ],
)
def test_lists_of_programs(text: str, names: list[str], is_cut: bool) -> None:
    people, others = split_authors(text)
    assert ([person.name for person in people], others) == (names, is_cut)


def test_places_in_brackets_belong_to_the_name_before() -> None:
    people, _ = split_authors("Ann Example (MIT, Boston), Bo Case (ETH)")
    assert [(person.name, person.affiliations) for person in people] == [
        ("Ann Example", ("MIT, Boston",)),
        ("Bo Case", ("ETH",)),
    ]


_LETTERS = "abcdefghijklmnopqrstuvwxyzàéîöüñçøłśžабвгдежзиклмнопрстαβγδεζηθ"
WORD = st.text(st.sampled_from(_LETTERS), min_size=3, max_size=8).map(str.title)
PARTICLE = st.sampled_from(("", "van ", "de la ", "von ", "al-", "O'", "'t "))


@given(st.lists(st.tuples(WORD, PARTICLE, WORD), min_size=1, max_size=5))
def test_inverted_names_between_ands_keep_their_parts(parts: list[tuple[str, str, str]]) -> None:
    people = [from_parts(first, f"{particle}{family}") for first, particle, family in parts]
    for form in ("NFC", "NFD"):
        text = " and ".join(f"{person.family}, {person.given}" for person in people)
        read, is_cut = parse_names(unicodedata.normalize(form, text))
        names = [(unicodedata.normalize("NFC", p.given), unicodedata.normalize("NFC", p.family)) for p in read]
        assert names == [(person.given, person.family) for person in people]
        assert not is_cut


@given(WORD, PARTICLE, WORD, st.sampled_from(("", "Jr.", "III")))
def test_inverting_a_name_and_reading_it_gives_the_name(first: str, particle: str, family: str, suffix: str) -> None:
    person = from_parts(first, f"{particle}{family}", suffix)
    back = parse_name(", ".join(filter(None, (inverted(person)[0], suffix, inverted(person)[1]))))
    assert back == person
