"""SimVQ's gradients against differences of its loss; every codeword moves; its rivals."""

from typing import get_args

import numpy as np
import pytest

from broadsheet_lab.compression.simvq import Codebook, Linear, SimVQ, Words
from broadsheet_lab.kit.codebooks import codebook_use
from broadsheet_lab.kit.kmeans import nearest
from lab.tests.contract.compression_promises import compressor_example


def cloud(n: int = 600, d: int = 12, seed: int = 0) -> np.ndarray:
    x = np.random.default_rng(seed).standard_normal((n, d)) * np.linspace(1.5, 0.3, d) + 0.5
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


class Recorded(Linear):
    """A layer that keeps the gradients of W and b instead of moving."""

    def step(self, x: np.ndarray, gradient: np.ndarray, rate: float) -> None:
        self.gradients = gradient.T @ x, gradient.sum(axis=0)


def test_the_gradients_are_the_differences_of_each_term_of_the_loss() -> None:
    rng = np.random.default_rng(0)

    def drawn(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape)

    x = drawn(7, 5)
    encoder, decoder, layer = (Recorded(drawn(out, wide), drawn(out)) for wide, out in ((5, 3), (3, 5), (3, 3)))
    book = Codebook(drawn(6, 3), layer)
    SimVQ(commitment=0.25)._step(x, encoder, book, decoder)
    z, chosen = encoder(x), nearest(encoder(x), book.effective())[0]
    frozen = layer(book.words[chosen])  # z_q where the gradient stops

    def loss(which: str, w: np.ndarray, b: np.ndarray) -> float:
        """The terms that move `which`; straight-through: the decoder sees z_q + (z - what z was)."""
        if which == "decoder":
            return float(np.square(frozen @ w.T + b - x).sum(axis=1).mean())
        if which == "layer":
            return float(np.square(book.words[chosen] @ w.T + b - z).sum(axis=1).mean())
        moved = x @ w.T + b
        rebuilt = np.square(decoder(frozen + moved - z) - x).sum(axis=1).mean()
        return float(rebuilt + 0.25 * np.square(moved - frozen).sum(axis=1).mean())

    for which, linear in (("encoder", encoder), ("decoder", decoder), ("layer", layer)):
        by_w, by_b = linear.gradients
        for at in ((0, 0), (2, 1)):
            nudge = np.zeros_like(linear.w)
            nudge[at] = 1e-6
            slope = (loss(which, linear.w + nudge, linear.b) - loss(which, linear.w - nudge, linear.b)) / 2e-6
            assert by_w[at] == pytest.approx(slope, rel=1e-4)
        nudge = np.eye(len(linear.b))[1] * 1e-6
        slope = (loss(which, linear.w, linear.b + nudge) - loss(which, linear.w, linear.b - nudge)) / 2e-6
        assert by_b[1] == pytest.approx(slope, rel=1e-4)


def test_one_step_moves_every_mapped_codeword_and_only_the_chosen_ones_without_the_layer() -> None:
    rng = np.random.default_rng(1)
    words = rng.standard_normal((10, 4)).astype(np.float32)
    codes, gradient = np.array([3, 3, 7]), rng.standard_normal((3, 4)).astype(np.float32)
    for layer in (Linear.drawn(4, 4, rng), None):
        book = Codebook(words.copy(), layer)
        before = book.effective()
        book.step(codes, gradient, 0.01)
        moved = np.abs(book.effective() - before).max(axis=1) > 0
        assert moved.tolist() == ([True] * 10 if layer else [row in (3, 7) for row in range(10)])


def test_dead_codewords_become_codes_of_vectors_and_the_others_stay() -> None:
    words, drawn = np.zeros((4, 2), np.float32), np.arange(8, dtype=np.float32).reshape(4, 2)
    book = Codebook(words, None)
    book.revive(np.array([False, True, False, True]), drawn)
    assert book.effective().tolist() == [[0, 0], [2, 3], [0, 0], [6, 7]]


def test_the_layer_and_reviving_use_more_codewords_than_learning_them_directly() -> None:
    x = cloud()
    use = {}
    for words in get_args(Words):
        method = SimVQ(codewords=128, latent=6, epochs=30, batch=32, rate=3e-3, words=words).fit(x)
        use[words] = codebook_use(method.encode(x).fields["word"], 128)[0]
    assert min(use["mapped"], use["revived"]) > use["direct"] + 0.3
    assert use["revived"] >= use["encoded"]


def test_training_lowers_the_error() -> None:
    x = cloud()
    errors = []
    for epochs in (0, 5, 40):
        method = SimVQ(codewords=64, latent=6, epochs=epochs, batch=64, rate=3e-3).fit(x)
        errors.append(float(np.square(method.decode(method.encode(x)) - x).sum(axis=1).mean()))
    assert errors[2] < errors[1] < errors[0]
    assert errors[2] < 0.5 * errors[0]


def test_codes_take_two_bytes_until_they_need_four() -> None:
    rest = {"encoder_w": np.ones((1, 1), np.float32), "encoder_b": np.zeros(1, np.float32)}
    book = np.zeros((65_537, 1), np.float32)
    for rows, size in ((65_536, 2), (65_537, 4)):
        method = SimVQ.from_arrays({"codebook": book[:rows], "decoded": book[:rows], **rest})
        assert method.encode(book[:3]).bytes_per_vector == size


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="not 1, 64, 256"):
        SimVQ(codewords=1)
    with pytest.raises(ValueError, match="no codewords 'none': mapped, direct, encoded, revived"):
        SimVQ(words="none")  # type: ignore[arg-type]


# One codeword for a whole vector keeps its neighbourhood, not its neighbours.
EXAMPLES = {
    "plain": compressor_example(
        lambda: SimVQ(codewords=256, latent=12, epochs=20, batch=32, rate=3e-3), 2, recall=0.3, tolerance=0.25
    )
}
