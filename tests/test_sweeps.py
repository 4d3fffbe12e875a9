"""The gradient of four rows at a time, beside the definition."""

import numpy as np
import pytest

import gdlearn as gd
import running
from gdlearn.losses import slope, value
from gdlearn.sweeps import CACHE

LOSSES = [gd.SquaredError(), gd.Huber(0.7), gd.AbsoluteError(), gd.BinaryCrossEntropy(), gd.Weighted(gd.SquaredError())]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("n", [1, 3, 4, 5, 40])
def test_a_sweep_is_the_sum_over_rows(loss, intercept, n):
    """Whole fours and what is left of them, against one row after the other."""
    rng = np.random.default_rng(n)
    X, y, w, b = (
        rng.standard_normal((n, 3)),
        (rng.random(n) < 0.5).astype(float),
        rng.standard_normal(3),
        0.3 * intercept,
    )
    b, v, plain, Y = 0.3 * intercept, np.ones(n), loss, y
    if isinstance(loss, gd.Weighted):
        v, plain = rng.random(n) + 0.5, loss.then
        Y = np.column_stack([y, v])
    z = X @ w + b
    s = v * [slope(plain, *one) for one in zip(z, y, strict=True)]
    expected = np.append(s @ X, s.sum()) / n
    problem = gd.Problem(gd.Linear(3, intercept=intercept), loss)
    theta = np.append(w, b) if intercept else w
    with running.plainly():
        found, objective = problem.gradient(theta, X, Y), problem.objective(theta, X, Y)
    np.testing.assert_allclose(found, expected[: len(theta)], rtol=1e-12, atol=1e-15)
    assert objective == pytest.approx(v @ [value(plain, *one) for one in zip(z, y, strict=True)] / n, rel=1e-13)


@pytest.mark.machine_code("a million numbers and more")
def test_rows_asked_for_ahead_are_the_same_rows():
    """Data larger than the caches, whose rows are asked for before their turn; the last have none to ask for."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((CACHE // 8 // 8 + 7, 8))
    y, w = X[:, 0] + 1.0, rng.standard_normal(8)
    found = gd.Problem(gd.Linear(8, intercept=False)).gradient(w, X, y)
    np.testing.assert_allclose(found, 2.0 / len(X) * (X.T @ (X @ w - y)), rtol=1e-10)


@pytest.mark.parametrize("loss", LOSSES)
def test_single_steps_are_those_of_the_general_loop(loss):
    """Shuffled rows, of which the first are asked for ahead and the last are not; momentum of 0 goes the long way."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((42, 3)), (rng.random(42) < 0.5).astype(float)
    Y = np.column_stack([y, rng.random(42) + 0.5]) if isinstance(loss, gd.Weighted) else y
    problem, method = gd.Problem(gd.Linear(3), loss, gd.L2(0.1)), {"schedule": 0.05, "batch_size": 1, "epochs": 2}
    short, long = (gd.minimize(problem, X, Y, optimizer=one, **method) for one in (gd.SGD(), gd.Momentum(0.0)))
    np.testing.assert_allclose(short.theta, long.theta, rtol=1e-11)
