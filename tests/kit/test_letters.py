"""Letters, markup and forms of words: what people type and what papers print become the same terms."""

import pytest

from broadsheet.kit.letters import fold_pieces, fold_run
from broadsheet.kit.markup import formulas
from broadsheet.kit.text import _ODD_MARK, STOP_WORDS, fold, spans, stem, tokenize
from broadsheet.kit.word_forms import stemmer_form


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        # letters that Unicode keeps whole (F01)
        ("Łukasz Sørensen", "lukasz sorensen"),
        ("Yıldız İnan", "yildiz inan"),
        ("Guðmundsdóttir Þór", "gudmundsdottir thor"),
        ("Œuvre, Ærø, Straße", "oeuvre aero strasse"),
        ("Đorđe Ħal Ɓala Nguyễn", "dorde hal bala nguyen"),
        ("ƏLİYEV Əliyev", "eliyev eliyev"),
        # what is no letter of a word
        ("Hawaiʻi ʿAlī", "hawaii ali"),
        ("trans\u00adformers river\u200bbeds", "transformers riverbeds"),
        ("BERT™ in 2·3 × ½", "bert in 2 3 1 2"),
        ("２０２４ ٢٠٢٤ x²", "2024 2024 x2"),
        ("e\u0301te\u0301", "ete"),
        # other scripts
        ("Йод и ёж", "иод и еж"),
        ("שָׁלוֹם", "שלום"),
        ("हिमालय", "हिमालय"),
        ("中文搜索", "中 文 搜 索"),
        ("แม่น้ำ", "แ ม่ น้ ํา"),
        ("ﾊﾞ バ が", "バ バ が"),
        # Greek letters are symbols, Greek words are words (F07)
        ("α-synuclein, IL-1β, NF-κB", "alpha synuclein il 1beta nf kappab"),
        ("γδ T cells, ΔE, 𝛽-VAE", "gammadelta t cells deltae beta vae"),
        ("Ελληνική γλώσσα", "ελληνικη γλωσσα"),
        # TeX and other markup (F07)
        ("$\\beta$-VAE, \\beta-VAE", "beta vae beta vae"),
        ("CO$_2$ CO₂ CO_2 CO_{2} CO<sub>2</sub> ${\\rm CO}_2$", "co2 co2 co2 co2 co2 co2"),
        ("E$^2$-RAG, $\\ell_1$, ℓ₁, $L_{1}$", "e2 rag l1 l1 l1"),
        ("$O(n \\log n)$ and $\\mathcal{O}(n)$", "o n log n and o n"),
        ("costs $5 and then $6 more", "costs 5 and then 6 more"),
        ('Schr\\"odinger G\\"{o}del Erd\\H{o}s {\\v S} M\\o ller', "schrodinger godel erdos s moller"),
        ("see \\cite{x} and C:\\dir", "see cite x and c dir"),
        # languages (F05)
        ("C++, C++11, C#, F#, C", "cplusplus cplusplus 11 csharp fsharp c"),
        (".NET and ASP.NET, A* search", "dotnet and asp net astar search"),
        ("PointNet++ and k-means++", "pointnet and k means"),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_korean_words_are_pairs_of_syllables_so_particles_do_not_matter() -> None:
    assert fold("딥러닝을") == "딥러 러닝 닝을"
    assert fold("딥러닝") == "딥러 러닝"
    assert fold("강 GPU를") == "강 gpu 를"
    assert fold("\u1103\u1175\u11b8\u1105\u1165") == "딥러"  # the same, taken apart


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GPU", "GPUs"),
        ("TPU", "TPUs"),
        ("hypothesis", "hypotheses"),
        ("GNN", "GNNs"),
        ("LSTM", "LSTMs"),
        ("LLM", "llms"),
        ("analysis", "analyses"),
        ("metastasis", "metastases"),
        ("matrix", "matrices"),
        ("vertex", "vertices"),
        ("criterion", "criteria"),
        ("phenomenon", "phenomena"),
        ("spectrum", "spectra"),
        ("stimulus", "stimuli"),
        ("larva", "larvae"),
        ("schema", "schemata"),
        ("mouse", "mice"),
        ("behaviour", "behavior"),
        ("behavioural", "behavioral"),
        ("optimisation", "optimization"),
        ("generalised", "generalized"),
        ("tumours", "tumor"),
        ("index", "indexing"),
    ],
)
def test_forms_of_one_word_are_one_term(one: str, other: str) -> None:
    assert stem(fold(one)) == stem(fold(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("transformer", "transformation"),
        ("conversation", "conversion"),
        ("animation", "animal"),
        ("this", "thesis"),
        ("these", "theses"),
        ("census", "censu"),
        ("promise", "promize"),
        ("C", "C++"),
    ],
)
def test_words_of_another_meaning_are_another_term(one: str, other: str) -> None:
    assert stem(fold(one)) != stem(fold(other))


def test_plain_english_stays_as_the_stemmer_has_it() -> None:
    text = "retrieval transformers networks learning models noise exercise precise rise bus plus virus data media"
    words = text.split()
    assert [stemmer_form(word) for word in words] == words
    assert {word for word in STOP_WORDS if stemmer_form(word) != word} == set()


def test_the_words_of_markup_stand_where_they_are_shown() -> None:
    text = "On CO$_2$ by $\\beta$-VAE in 딥러닝"
    assert [(text[start:stop], word) for start, stop, word in spans(text)] == [
        ("On", "on"),
        ("CO$_2", "co2"),
        ("by", "by"),
        ("\\beta", "beta"),
        ("VAE", "vae"),
        ("in", "in"),
        ("딥러", "딥러"),
        ("러닝", "러닝"),
    ]
    assert [text[start:stop] for start, stop in formulas(text)] == ["$_2$", "$\\beta$"]


def test_a_run_is_the_sum_of_its_pieces() -> None:
    assert fold_pieces("œé") == (("oe", 0, 1), ("e", 1, 2))
    assert fold_run("œé") == "oee"


def test_terms_and_spans_agree() -> None:
    text = "C++ für CO$_2$-Größe: γδ 中文 ½"
    words = [word for _, _, word in spans(text)]
    assert words == fold(text).split()
    assert len(tokenize([text]).terms) == len(words)


def test_marks_read_as_spaces_are_no_letters() -> None:
    marks = [chr(code) for code in range(128, 0x3000) if _ODD_MARK.fullmatch(chr(code))]
    assert len(marks) > 20
    assert {fold_run(mark).strip() for mark in marks} <= {"", "..."}
