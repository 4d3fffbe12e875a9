"""The gradient of four rows at a time, side by side or in line, beside the definition."""

import numpy as np
import pytest
from scipy.special import expit

import gdlearn as gd
import running
from gdlearn import problem as problems
from gdlearn import rows
from gdlearn.losses import slope, value

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


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("longest", [24, 23])  # bytes of a row of three numbers, and one less
def test_rows_in_line_are_the_same_rows(loss, longest, monkeypatch):
    """One after the other, up to the longest that are read so, in order or not: as side by side."""
    rng = np.random.default_rng(0)
    X, y, theta = rng.standard_normal((11, 3)), (rng.random(11) < 0.5).astype(float), rng.standard_normal(4)
    if isinstance(loss, gd.Weighted):
        y = np.column_stack([y, rng.random(11) + 0.5])
    fit, inside = gd.Problem(gd.Linear(3), loss), np.array([3, 4, 5, 6, 10, 0, 7, 7])
    with running.plainly():
        expected, picked = fit.gradient(theta, X, y), fit.gradient(theta, X[inside], y[inside])
        monkeypatch.setattr(rows, "CACHE", 0)
        monkeypatch.setattr(rows, "LONG", longest)
        np.testing.assert_allclose(fit.gradient(theta, X, y), expected, rtol=1e-12)
        np.testing.assert_allclose(of_rows(fit, theta, X, y, inside), picked, rtol=1e-12)


def of_rows(problem, theta, X, y, order):
    """The gradient over some rows, in some order."""
    problem, data = problem.ready().load(X, y)
    work = problem.workspace(X.dtype)
    problems.evaluate(problem, theta, data.X, data.Y, order, *work)
    return work.g


@pytest.mark.machine_code("millions of numbers")
@pytest.mark.parametrize("loss", [gd.SquaredError(), gd.BinaryCrossEntropy()])
@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("columns", [8, rows.LONG // 8, rows.LONG // 8 + 1])
def test_rows_from_the_memory_are_the_same_rows(loss, shuffled, columns):
    """Data larger than the caches, whose rows are read in line or asked for before their turn."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((rows.CACHE // 8 // columns + 7, columns))
    y, w, order = (X[:, 0] > 0.3).astype(float), 0.1 * rng.standard_normal(columns), np.arange(len(X))
    if shuffled:
        rng.shuffle(order)
    found = of_rows(gd.Problem(gd.Linear(columns, intercept=False), loss), w, X, y, order)
    slopes = 2.0 * (X @ w - y) if isinstance(loss, gd.SquaredError) else expit(X @ w) - y
    np.testing.assert_allclose(found, X.T @ slopes / len(X), rtol=1e-10, atol=1e-14)
