"""Evidence by hand."""

import numpy as np

from broadsheet.trending.evidence import Evidence, capped_log
from tests.contract.examples import Example


def test_a_signal_counts_by_its_logarithm_and_not_beyond_its_cap() -> None:
    np.testing.assert_allclose(capped_log(np.array([-4, 0, 9, 99, 1e6]), 99), [0, 0, 0.5, 1, 1])


def test_signals_join_as_chances_of_their_own() -> None:
    signals = {"stars a day": np.array([0.0, 100, 1e9]), "citations": np.array([0.0, 0, 100])}
    np.testing.assert_allclose(Evidence().relevance(signals), [0, 0.3, 1 - 0.7 * 0.6])
    np.testing.assert_allclose(Evidence().chances(signals)["citations"], [0, 0, 0.4])


def test_a_million_bought_stars_weigh_less_than_a_hundred_votes_elsewhere() -> None:
    stars, votes = {"stars a day": np.array([1e6])}, {"votes elsewhere": np.array([100.0])}
    assert Evidence().relevance(stars)[0] < Evidence().relevance(votes)[0] / 2


EXAMPLES = {
    "plain": Example(
        make=lambda _: Evidence(),
        answer=lambda method, signals: method.relevance(signals),
        inputs=({"nearness": np.array([0.5, 2])},),
    )
}
