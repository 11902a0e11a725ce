"""The sentence that stands for a text."""

from broadsheet.kit.central_sentence import central_sentence, lead_sentence

TEXT = (
    "Bees dance. Much is unknown about flowers in the far north. "
    "We show that the dance of bees tells the distance of flowers to other bees. Code is on our pages."
)


def test_the_central_sentence_shares_most_words_with_the_others() -> None:
    assert central_sentence(TEXT) == "We show that the dance of bees tells the distance of flowers to other bees."
    assert central_sentence("") == central_sentence(" \n ") == ""
    assert central_sentence("One only") == "One only"
    assert central_sentence("The dance of bees: https://bees.example/dance-of-bees. Bees dance.") == "Bees dance."
    assert central_sentence("See https://bees.example.") == "See https://bees.example."


def test_a_summary_comes_first_and_a_short_text_stays_whole() -> None:
    assert lead_sentence(" Told in short. ", TEXT, 20) == "Told in short."
    assert lead_sentence("", TEXT, 500) == TEXT
    assert lead_sentence(" ", TEXT, 100) == central_sentence(TEXT)
