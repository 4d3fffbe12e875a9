"""Probabilities from scores: against SciPy's, one row at a time, where they are small, equal or many."""

import numpy as np
import pytest
from scipy import special

from fits import RNG
from gdlearn.probabilities import BLOCK, FEW, log_softmax, softmax

FLOATS = [np.float64, np.float32]
EXTREMES = np.array([1e3, 745.0, 708.0, 104.0, 88.0, 40.0, 17.0, 2.0, 1.0, 1e-3, 1e-9, 5e-324, 0.0])
SCORES = np.concatenate([EXTREMES, -EXTREMES, RNG.uniform(-60.0, 60.0, BLOCK)])  # more than one block


def close(found, expected, dtype, ulps=4):
    limits = np.finfo(dtype)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, rtol=ulps * limits.eps, atol=limits.tiny)


@pytest.mark.parametrize("dtype", FLOATS)
def test_both_probabilities_of_two_classes_are_exact_however_small(dtype):
    z = SCORES.astype(dtype)
    before, exact = z.copy(), z.astype(np.float64)
    close(softmax(z), special.expit(np.column_stack([-exact, exact])), dtype)
    found, expected = log_softmax(z), -np.logaddexp(0.0, np.column_stack([exact, -exact]))
    np.testing.assert_allclose(found, expected, rtol=2 * np.finfo(dtype).eps, atol=np.finfo(dtype).eps)
    assert found.dtype == dtype
    assert z.tolist() == before.tolist()


def test_scores_beyond_all_bounds_decide_between_two_classes():
    z = np.array([np.inf, -np.inf])
    assert softmax(z).tolist() == [[0.0, 1.0], [1.0, 0.0]]
    assert log_softmax(z).tolist() == [[-np.inf, 0.0], [0.0, -np.inf]]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("k", [2, 3, FEW, FEW + 1, 100, BLOCK + 1])
@pytest.mark.parametrize("order", ["C", "F"])
def test_probabilities_of_many_classes_are_those_of_each_row(k, order, dtype):
    Z = RNG.normal(scale=10.0, size=(3 + BLOCK // k, k))
    Z[0], Z[1, ::2], Z[1, 1::2] = 1e3, 1e3, -1e3
    Z = np.array(Z, dtype, order=order)
    before, exact = Z.copy(), Z.astype(np.float64)
    close(softmax(Z), special.softmax(exact, axis=1), dtype, ulps=100 + k // 100)
    near = np.abs(exact).max() * np.finfo(dtype).eps  # the rounding of a score less the largest
    np.testing.assert_allclose(log_softmax(Z), special.log_softmax(exact, axis=1), rtol=0.0, atol=3.0 * near)
    assert softmax(Z).dtype == log_softmax(Z).dtype == dtype and Z.tolist() == before.tolist()


@pytest.mark.parametrize("dtype", FLOATS)
def test_equal_scores_are_equally_probable(dtype):
    for k in (3, 2 * FEW):
        for score in (-1e3, 0.0, 1e3):
            Z = np.full((2, k), score, dtype)
            assert softmax(Z).tolist() == np.full((2, k), dtype(1.0) / dtype(k)).tolist()
            np.testing.assert_allclose(log_softmax(Z), -np.log(k), rtol=4 * np.finfo(dtype).eps)
    assert softmax(np.zeros(2, dtype)).tolist() == [[0.5, 0.5]] * 2
