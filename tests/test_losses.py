"""Losses: the plain formula, its slope by finite differences, large logits, and two peers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax
from sklearn.metrics import log_loss

import gdlearn as gd
import naive
from gdlearn.losses import row_slope, slope, value
from strategies import cross_entropies, dtypes, numbers, probabilities, rows

SINGLE = [gd.SquaredError(), gd.BinaryCrossEntropy()]


def row(loss, z, y):
    """The loss of one row of scores."""
    return row_slope(loss, z.reshape(1, -1), 0, y.reshape(1, -1), 0, np.empty((1, len(z)), z.dtype), True)


def row_gradient(loss, z, y):
    S = np.empty((1, len(z)), z.dtype)
    assert row_slope(loss, z.reshape(1, -1), 0, y.reshape(1, -1), 0, S, False) == 0.0
    return S[0]


def finite_difference(f, z, h=1e-4):
    """The derivative in z by a five-point rule, exact to order h^4."""
    return (f(z - 2 * h) - 8 * f(z - h) + 8 * f(z + h) - f(z + 2 * h)) / (12 * h)


# --- Against the formula


@pytest.mark.parametrize("loss", SINGLE)
@given(z=numbers(30.0), y=st.floats(0.0, 1.0))
def test_losses_of_one_score_equal_their_formula(loss, z, y):
    assert value(loss, z, y) == pytest.approx(naive.loss(loss, [z], [y]), rel=1e-12, abs=1e-12)
    assert slope(loss, z, y) == pytest.approx(naive.slopes(loss, [z], [y])[0], rel=1e-12, abs=1e-12)


@given(data=st.data(), loss=cross_entropies, k=st.integers(2, 5))
def test_cross_entropy_equals_its_formula(data, loss, k):
    z, y = data.draw(rows(k, 20.0)), data.draw(probabilities(k))
    assert row(loss, z, y) == pytest.approx(naive.loss(loss, z, y), rel=1e-11, abs=1e-12)
    np.testing.assert_allclose(row_gradient(loss, z, y), naive.slopes(loss, z, y), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("loss", SINGLE)
def test_a_row_of_scores_costs_their_sum(loss):
    z, y = np.array([0.3, -2.0, 5.0]), np.array([1.0, 0.0, 0.25])
    assert row(loss, z, y) == pytest.approx(sum(value(loss, a, b) for a, b in zip(z, y, strict=True)), rel=1e-15)
    assert row_gradient(loss, z, y).tolist() == [slope(loss, a, b) for a, b in zip(z, y, strict=True)]


# --- Finite differences


@pytest.mark.parametrize("loss", SINGLE)
@given(z=numbers(1e4), y=st.floats(0.0, 1.0))
def test_slope_is_the_derivative_of_value(loss, z, y):
    """The rule subtracts values as large as |z|^2, so it loses their last digits."""
    rounding = 1e-11 * (1.0 + value(loss, z, y))
    assert finite_difference(lambda a: value(loss, a, y), z) == pytest.approx(slope(loss, z, y), rel=1e-9, abs=rounding)


@given(data=st.data(), loss=cross_entropies, k=st.integers(2, 5), bound=st.sampled_from([1.0, 100.0, 1e4]))
def test_row_slope_is_the_gradient_of_the_loss_of_a_row(data, loss, k, bound):
    z, y = data.draw(rows(k, bound)), data.draw(probabilities(k))
    h = 1e-3 * loss.temperature
    rounding = 1e-15 * (1.0 + np.abs(z).max() / loss.temperature) / h
    for c, e in enumerate(np.eye(k)):
        by_difference = finite_difference(lambda a, e=e: row(loss, z + a * e, y), 0.0, h)
        # The rule's own error is h^4 / 30 times a fifth derivative, at most 1 / T^5 here.
        assert by_difference == pytest.approx(
            row_gradient(loss, z, y)[c], rel=1e-9, abs=1e-12 / loss.temperature + 8 * rounding
        )


def second_difference(f, z, h=1e-3):
    return (f(z + h) - 2 * f(z) + f(z - h)) / h**2


@pytest.mark.parametrize("loss", SINGLE)
def test_curvature_and_convexity_bound_the_second_derivative(loss):
    """They are attained: 2 everywhere for the squared error; 1/4 at z = 0 and almost 0 far out for the other."""
    seconds = [second_difference(lambda a: value(loss, a, 1.0), z) for z in np.linspace(-20.0, 20.0, 41)]
    assert max(seconds) == pytest.approx(gd.losses.curvature(loss), rel=1e-6)
    assert min(seconds) == pytest.approx(gd.losses.convexity(loss), rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_curvature_of_cross_entropy_is_attained_between_two_classes(temperature):
    """q = (1/2, 1/2, 0) along (1, -1, 0) / sqrt(2): the second derivative is 1 / (2 T^2)."""
    loss, y = gd.CrossEntropy(temperature), np.array([1.0, 0.0, 0.0])
    z, across = np.array([0.0, 0.0, -200.0 * temperature]), np.array([1.0, -1.0, 0.0]) / np.sqrt(2)
    second = second_difference(lambda a: row(loss, z + a * across, y), 0.0)
    assert second == pytest.approx(gd.losses.curvature(loss), rel=1e-5)


# --- Large logits


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [0.0, 30.0, 100.0, 1e4])
def test_binary_cross_entropy_of_large_logits(dtype, size):
    """log(1 + e^z) - y z, where e^z is far beyond every float."""
    loss, z = gd.BinaryCrossEntropy(), dtype(size)
    eps, tiny = float(np.finfo(dtype).eps), float(np.finfo(dtype).tiny)
    tail = np.log1p(np.exp(-size))
    assert value(loss, z, dtype(1)) == pytest.approx(tail, rel=4 * eps, abs=tiny)
    assert value(loss, z, dtype(0)) == pytest.approx(size + tail, rel=4 * eps)
    assert value(loss, -z, dtype(1)) == pytest.approx(size + tail, rel=4 * eps)
    assert slope(loss, z, dtype(0)) == pytest.approx(1.0 / (1.0 + np.exp(-size)), rel=4 * eps)
    assert slope(loss, -z, dtype(0)) == pytest.approx(np.exp(-size) / (1.0 + np.exp(-size)), rel=4 * eps, abs=tiny)


@given(data=st.data(), k=st.integers(2, 6), dtype=dtypes)
def test_cross_entropy_equals_scipy_up_to_large_logits(data, k, dtype):
    z, label = data.draw(rows(k, 1e4, dtype)), data.draw(st.integers(0, k - 1))
    y = np.eye(k, dtype=dtype)[label]
    expected, eps = -log_softmax(z.astype(np.float64)), float(np.finfo(dtype).eps)
    assert row(gd.CrossEntropy(), z, y) == pytest.approx(expected[label], rel=4 * eps, abs=k * eps)
    np.testing.assert_allclose(row_gradient(gd.CrossEntropy(), z, y), np.exp(-expected) - y, atol=2 * k * eps)


# --- Properties and peers


@given(data=st.data(), loss=cross_entropies, k=st.integers(2, 5), shift=st.integers(-1000, 1000))
def test_softmax_does_not_see_a_shift(data, loss, k, shift):
    """Whole scores and shifts, so that z + shift is exact and so is the claim."""
    z = np.array(data.draw(st.lists(st.integers(-50, 50), min_size=k, max_size=k)), float)
    y = data.draw(probabilities(k))
    assert row(loss, z + shift, y) == row(loss, z, y)
    assert row_gradient(loss, z + shift, y).tolist() == row_gradient(loss, z, y).tolist()


@given(data=st.data(), loss=cross_entropies, k=st.integers(2, 5))
def test_slopes_of_cross_entropy_sum_to_zero(data, loss, k):
    S = row_gradient(loss, data.draw(rows(k, 100.0)), data.draw(probabilities(k)))
    assert abs(S.sum()) <= 1e-14 * k / loss.temperature


@given(z=numbers(500.0), y=st.floats(0.0, 1.0))
def test_two_classes_are_binary_cross_entropy(z, y):
    """Cross-entropy of the scores (0, z) against (1 - y, y)."""
    two, targets = np.array([0.0, z]), np.array([1.0 - y, y])
    assert row(gd.CrossEntropy(), two, targets) == pytest.approx(
        value(gd.BinaryCrossEntropy(), z, y), rel=1e-12, abs=1e-13
    )


def test_binary_cross_entropy_equals_scikit_learn():
    rng = np.random.default_rng(0)
    z, y = rng.normal(0.0, 3.0, 200), rng.integers(0, 2, 200)
    ours = gd.Problem(gd.Linear(1), gd.BinaryCrossEntropy()).objective([1.0, 0.0], z.reshape(-1, 1), y)
    assert ours == pytest.approx(log_loss(y, 1.0 / (1.0 + np.exp(-z))), rel=1e-12)


def test_temperature_divides_the_scores_and_smoothing_mixes_the_targets():
    z, y = np.array([1.0, -2.0, 0.5]), np.array([0.0, 1.0, 0.0])
    assert row(gd.CrossEntropy(2.0), 2.0 * z, y) == pytest.approx(row(gd.CrossEntropy(), z, y), rel=1e-15)
    smooth = row(gd.CrossEntropy(1.0, 0.3), z, y)
    assert smooth == pytest.approx(row(gd.CrossEntropy(), z, 0.7 * y + 0.1), rel=1e-15)
    assert row(gd.CrossEntropy(1.0, 1.0), np.zeros(3), y) == pytest.approx(np.log(3.0), rel=1e-15)


def test_cross_entropy_keeps_its_meaning_after_nan():
    z, y = np.array([np.nan, 0.0]), np.array([1.0, 0.0])
    assert np.isnan(row(gd.CrossEntropy(), z, y))
    assert np.isnan(value(gd.BinaryCrossEntropy(), np.nan, 1.0))
