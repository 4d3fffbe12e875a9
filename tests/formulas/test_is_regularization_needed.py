"""Checks of the equations of chapter 3.4 on double descent and early stopping, each against something independent."""

import numpy as np
import pytest
from scipy.optimize import minimize as scipy_minimize
from scipy.optimize import minimize_scalar
from sklearn.linear_model import Ridge

import gdlearn as gd

RNG = np.random.default_rng(0)
ROWS, D = 6, 15
X, y, START = RNG.normal(size=(ROWS, D)), RNG.normal(size=ROWS), RNG.normal(size=D)
PROBLEM = gd.Problem(gd.Linear(D, intercept=False))
HOW = {"schedule": 0.05, "epochs": 20_000, "tolerance": 0.0}


def shortest_by_search():
    """The shortest w with X w = y, by an optimizer with constraints."""
    fits = {"type": "eq", "fun": lambda w: X @ w - y, "jac": lambda w: X}
    return scipy_minimize(lambda w: w @ w, START, jac=lambda w: 2 * w, constraints=[fits], tol=1e-14).x


@pytest.mark.formula("eq-need-span")
@pytest.mark.parametrize("steps", [1, 7, 300])
def test_descent_moves_in_the_span_of_the_rows(steps):
    w = gd.minimize(PROBLEM, X, y, start=START, schedule=0.03, epochs=steps).theta
    a = np.linalg.lstsq(X.T, w - START)[0]
    np.testing.assert_allclose(X.T @ a, w - START, atol=1e-10)
    assert np.linalg.norm(w - START) > 0.1


@pytest.mark.formula("eq-need-minnorm")
def test_descent_from_zero_ends_at_the_shortest_perfect_fit():
    w = gd.minimize(PROBLEM, X, y, **HOW).theta
    np.testing.assert_allclose(w, shortest_by_search(), atol=1e-6)
    np.testing.assert_allclose(w, X.T @ np.linalg.inv(X @ X.T) @ y, atol=1e-9)


@pytest.mark.formula("eq-need-start")
def test_the_start_stays_where_no_row_points():
    w = gd.minimize(PROBLEM, X, y, start=START, **HOW).theta
    kernel = np.linalg.svd(X)[2][ROWS:]  # an orthonormal basis of what is at right angles to all rows
    np.testing.assert_allclose(w, shortest_by_search() + kernel.T @ kernel @ START, atol=1e-6)
    inverse = np.linalg.inv(X @ X.T)
    np.testing.assert_allclose(w, X.T @ inverse @ y + (np.eye(D) - X.T @ inverse @ X) @ START, atol=1e-9)


def simulate(n, d, r2, sigma2, lam, seeds=60):
    """Excess risks of ridge with ``lam`` in the convention of this book (0: the shortest fit) on isotropic data."""
    rng, found = np.random.default_rng(n + d), []
    for _ in range(seeds):
        A, w = rng.normal(size=(n, d)), rng.normal(size=d)
        w *= np.sqrt(r2) / np.linalg.norm(w)
        b = A @ w + np.sqrt(sigma2) * rng.normal(size=n)
        fit = np.linalg.pinv(A) @ b if lam == 0 else Ridge(alpha=n * lam / 2, fit_intercept=False).fit(A, b).coef_
        found.append(np.sum((fit - w) ** 2))
    return np.array(found)


def near(found, limit):
    """Within four standard errors and the 2 % that finite n makes."""
    return abs(found.mean() - limit) < 4 * found.std() / np.sqrt(len(found)) + 0.02 * limit


@pytest.mark.formula("eq-need-risk")
@pytest.mark.parametrize("gamma", [0.5, 0.8, 1.5, 2.0, 4.0])
def test_risk_of_the_shortest_fit(gamma):
    r2, sigma2 = 5.0, 1.3
    below = sigma2 * gamma / (1 - gamma)
    above = r2 * (1 - 1 / gamma) + sigma2 / (gamma - 1)
    assert near(simulate(200, round(200 * gamma), r2, sigma2, 0), below if gamma < 1 else above)


def ridge_risk(gamma, r2, sigma2):
    c = sigma2 * gamma / r2
    return sigma2 * (np.sqrt((1 - gamma + c) ** 2 + 4 * gamma * c) - (1 - gamma + c)) / (2 * c)


@pytest.mark.formula("eq-need-ridge")
@pytest.mark.parametrize("gamma", [0.5, 0.9, 1.0, 3.0])
def test_risk_of_tuned_ridge(gamma):
    r2, sigma2, n = 5.0, 1.3, 200
    d = round(n * gamma)
    assert near(simulate(n, d, r2, sigma2, 2 * sigma2 * d / (n * r2)), ridge_risk(gamma, r2, sigma2))


@pytest.mark.formula("eq-need-tuned")
@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_best_strength_by_search(gamma):
    r2, sigma2, n = 5.0, 1.3, 400
    d = round(gamma * n)
    A = np.random.default_rng(1).normal(size=(n, d))
    s = np.linalg.eigvalsh(A.T @ A)  # the expectation over the noise and a random direction of w is exact in these

    def risk(log_lam):
        k = n * np.exp(log_lam) / 2
        return np.mean((k / (s + k)) ** 2) * r2 + sigma2 * np.sum(s / (s + k) ** 2)

    found = minimize_scalar(risk, bounds=(-10, 10), method="bounded", options={"xatol": 1e-9}).x
    assert np.exp(found) == pytest.approx(2 * sigma2 * d / (n * r2), rel=1e-4)
    assert risk(found) == pytest.approx(ridge_risk(gamma, r2, sigma2), rel=0.02)


@pytest.mark.formula("eq-need-filter")
@pytest.mark.parametrize("steps", [1, 20, 400])
def test_share_found_after_some_steps(steps):
    h = np.array([0.02, 0.3, 1.0])
    A, b = gd.datasets.quadratic(h, center=[1.0, -2.0, 3.0])
    bowl = gd.Problem(gd.Linear(3, intercept=False))
    found = gd.minimize(bowl, A, b, schedule=0.1, epochs=steps, tolerance=0.0).theta / [1.0, -2.0, 3.0]
    np.testing.assert_allclose(found, 1 - (1 - 0.1 * h) ** steps, rtol=1e-9)
    slow = gd.minimize(bowl, A, b, schedule=1e-3, epochs=100 * steps, tolerance=0.0).theta / [1.0, -2.0, 3.0]
    np.testing.assert_allclose(slow, 1 - np.exp(-0.1 * steps * h), rtol=1e-3)


@pytest.mark.formula("eq-need-match")
@pytest.mark.parametrize("eta", [0.01, 0.2])
def test_ridge_and_stopping_agree_in_flat_directions(eta):
    steps, h = 50, 1e-4
    A, b = gd.datasets.quadratic([h], center=[1.0])
    bowl = gd.Problem(gd.Linear(1, intercept=False))
    found = gd.minimize(bowl, A, b, schedule=eta, epochs=steps, tolerance=0.0).theta[0]
    ridge = gd.closed_form(bowl._replace(penalty=gd.L2(1 / (eta * steps))), A, b).theta[0]
    assert found == pytest.approx(ridge, rel=h * eta * steps)  # both expand as x and differ in x^2 / 2


@pytest.mark.formula("eq-need-ratio")
def test_ratio_is_bounded_and_the_bound_is_reached():
    def ratio(x):
        return ((1 - np.exp(-x)) * (1 + x) / x) ** 2

    top = minimize_scalar(lambda x: -ratio(x), bounds=(0.01, 50), method="bounded", options={"xatol": 1e-10})
    assert -top.fun == pytest.approx(1.6859, abs=5e-5)
    rng = np.random.default_rng(2)
    for _ in range(2000):  # any truth, noise, curvatures and time
        h, truth, noise, time = (
            rng.exponential(size=4) ** 3,
            rng.normal(size=4),
            rng.exponential() ** 4,
            10 ** rng.normal(),
        )
        found, kept = 1 - np.exp(-time * h), h * time / (1 + h * time)
        stop, ridge = (np.sum(h * ((1 - f) * truth) ** 2 + noise * f**2) for f in (found, kept))
        assert stop <= -top.fun * ridge * (1 + 1e-12)
    found, kept = 1 - np.exp(-top.x), top.x / (1 + top.x)  # reached without signal, at one curvature
    assert (found / kept) ** 2 == pytest.approx(-top.fun)
