"""Checks of the equations of chapter 3.3 on the L2 and L1 penalties, each against something that does not use it."""

import numpy as np
import pytest
from scipy.optimize import minimize as scipy_minimize
from scipy.optimize import minimize_scalar
from sklearn.linear_model import Lasso, Ridge

import gdlearn as gd

RNG = np.random.default_rng(0)
N, D = 40, 5
X = RNG.normal(size=(N, D)) @ RNG.normal(size=(D, D))
X -= X.mean(axis=0)
y = RNG.normal(size=N) + X @ RNG.normal(size=D)
y -= y.mean()
H, AXES = np.linalg.eigh(2 / N * X.T @ X)
MODEL = gd.Linear(D, intercept=False)


def loss(w):
    return np.mean((y - X @ w) ** 2)


def slope(w):
    around = 1e-5 * np.eye(D)
    return np.array([loss(w + e) - loss(w - e) for e in around]) / 2e-5  # exact up to rounding: loss is a square


def soft(v, c):
    return np.sign(v) * np.maximum(np.abs(v) - c, 0.0)


def sparse(lam):
    """The minimizer with L1, by scikit-learn, whose objective is half of ours."""
    return Lasso(alpha=lam / 2, fit_intercept=False, tol=1e-14, max_iter=10**6).fit(X, y).coef_


@pytest.mark.formula("eq-reg-l2")
@pytest.mark.formula("eq-reg-l1")
def test_objectives_are_mean_loss_plus_penalty_without_the_intercept():
    w, b = RNG.normal(size=D), 3.0
    residuals, squares, sizes = [], 0.0, 0.0
    for row, target in zip(X, y, strict=True):
        residuals.append(sum(w[j] * row[j] for j in range(D)) + b - target)
    for weight in w:
        squares, sizes = squares + weight**2, sizes + abs(weight)
    mean = sum(r**2 for r in residuals) / N
    for penalty, cost in ((gd.L2(0.7), 0.35 * squares), (gd.L1(0.7), 0.7 * sizes)):
        assert gd.Problem(gd.Linear(D), penalty=penalty).objective([*w, b], X, y) == pytest.approx(mean + cost)


@pytest.mark.formula("eq-reg-decay")
def test_decay_is_a_step_on_loss_and_penalty():
    w = RNG.normal(size=D)
    run = gd.minimize(gd.Problem(MODEL, penalty=gd.L2(0.3)), X, y, start=w, schedule=0.01, epochs=1)
    np.testing.assert_allclose(run.theta, (1 - 0.01 * 0.3) * w - 0.01 * slope(w), atol=1e-8)


@pytest.mark.formula("eq-reg-ridge")
@pytest.mark.parametrize("lam", [0.01, 1.0, 100.0])
def test_ridge_minimizes_the_objective(lam):
    w = np.linalg.inv(X.T @ X + N * lam / 2 * np.eye(D)) @ X.T @ y
    np.testing.assert_allclose(slope(w) + lam * w, 0, atol=1e-7)
    np.testing.assert_allclose(w, Ridge(alpha=N * lam / 2, fit_intercept=False).fit(X, y).coef_, rtol=1e-9)
    np.testing.assert_allclose(w, gd.closed_form(gd.Problem(MODEL, penalty=gd.L2(lam)), X, y).theta, rtol=1e-9)


@pytest.mark.formula("eq-reg-shrink")
@pytest.mark.parametrize("lam", [0.01, 1.0, 100.0])
def test_shares_kept_along_the_eigenvectors(lam):
    free = AXES.T @ np.linalg.lstsq(X, y)[0]
    ridge = AXES.T @ Ridge(alpha=N * lam / 2, fit_intercept=False, tol=1e-12).fit(X, y).coef_
    np.testing.assert_allclose(ridge, H / (H + lam) * free, rtol=1e-7)
    d = np.linalg.svd(X, compute_uv=False)[::-1]
    np.testing.assert_allclose(d**2 / (d**2 + N * lam / 2), H / (H + lam), rtol=1e-9)


@pytest.mark.formula("eq-reg-df")
@pytest.mark.formula("eq-reg-stein")
@pytest.mark.parametrize("lam", [0.1, 5.0])
def test_degrees_of_freedom_three_ways(lam):
    around = np.eye(N)  # the trace of the map from targets to fits, column by column
    ridge = Ridge(alpha=N * lam / 2, fit_intercept=False).fit(X, around)
    trace = np.trace(X @ ridge.coef_.T)
    assert trace == pytest.approx(np.sum(H / (H + lam)))
    sigma, noise = 0.5, np.random.default_rng(1).normal(size=(N, 40_000))
    Y = y[:, None] + sigma * noise
    Z = X @ Ridge(alpha=N * lam / 2, fit_intercept=False).fit(X, Y).coef_.T
    cov = np.mean((Z - Z.mean(axis=1, keepdims=True)) * (Y - y[:, None]), axis=1).sum()
    assert cov / sigma**2 == pytest.approx(trace, abs=5 * np.sqrt(2 * trace / 40_000))  # five standard errors


@pytest.mark.formula("eq-reg-stein")
def test_degrees_of_freedom_are_the_price_on_fresh_targets():
    sigma, rng = 0.5, np.random.default_rng(2)
    old, fresh = (X @ np.ones(D) + sigma * rng.normal(size=(40_000, N)) for _ in range(2))
    Z = old @ np.linalg.pinv(X).T @ X.T
    price = np.mean((fresh - Z) ** 2 - (old - Z) ** 2, axis=1)
    assert price.mean() == pytest.approx(2 * sigma**2 * D / N, abs=5 * price.std() / 200)


@pytest.mark.formula("eq-reg-trade")
@pytest.mark.parametrize("lam", [0.0, 0.3, 3.0])
def test_bias_and_variance_by_simulation(lam):
    truth, sigma, draws = RNG.normal(size=D), 0.8, 40_000
    Y = (X @ AXES @ truth)[:, None] + sigma * np.random.default_rng(3).normal(size=(N, draws))
    W = AXES.T @ np.linalg.solve(X.T @ X + N * lam / 2 * np.eye(D), X.T @ Y)
    errors = (W - truth[:, None]) ** 2
    expected = (lam * truth / (H + lam)) ** 2 + (H / (H + lam)) ** 2 * 2 * sigma**2 / (N * H)
    assert (np.abs(errors.mean(axis=1) - expected) < 5 * errors.std(axis=1) / np.sqrt(draws)).all()


@pytest.mark.formula("eq-reg-best")
@pytest.mark.parametrize(("h", "truth", "sigma"), [(0.1, 2.0, 1.0), (3.0, -0.5, 4.0)])
def test_best_strength_for_one_direction_by_search(h, truth, sigma):
    def error(log_lam):
        lam = np.exp(log_lam)
        return (lam * truth / (h + lam)) ** 2 + (h / (h + lam)) ** 2 * 2 * sigma**2 / (N * h)

    found = minimize_scalar(error, bounds=(-15, 15), method="bounded", options={"xatol": 1e-9}).x
    assert np.exp(found) == pytest.approx(2 * sigma**2 / (N * truth**2), rel=1e-5)


@pytest.mark.formula("eq-reg-soft")
@pytest.mark.parametrize("center", [-2.0, -0.3, 0.5, 1.5])
@pytest.mark.parametrize(("h", "lam"), [(1.0, 0.5), (4.0, 1.0)])
def test_soft_threshold_by_search(center, h, lam):
    grid = np.linspace(-3, 3, 600_001)
    best = grid[np.argmin(h / 2 * (grid - center) ** 2 + lam * np.abs(grid))]
    assert soft(center, lam / h) == pytest.approx(best, abs=1e-5)
    assert gd.penalties.prox(gd.L1(lam), center, 1 / h) == soft(center, lam / h)


@pytest.mark.formula("eq-reg-optimal")
@pytest.mark.parametrize("lam", [0.5, 2.0])
def test_conditions_of_the_lasso_hold_at_a_minimum_found_without_them(lam):
    def split(parts):  # w = u - v with u, v >= 0 makes the penalty smooth
        return loss(parts[:D] - parts[D:]) + lam * parts.sum()

    parts = scipy_minimize(split, np.ones(2 * D), bounds=[(0, None)] * 2 * D, tol=1e-15, options={"maxiter": 10**5}).x
    w = sparse(lam)
    np.testing.assert_allclose(parts[:D] - parts[D:], w, atol=1e-4)
    g = slope(w)
    np.testing.assert_allclose(g[w != 0], -lam * np.sign(w[w != 0]), atol=1e-5)
    assert (np.abs(g[w == 0]) <= lam).all()
    assert 0 < (w == 0).sum() < D  # both lines are tried


@pytest.mark.formula("eq-reg-first")
def test_all_weights_are_zero_from_there_on_and_not_before():
    first = np.abs(2 / N * X.T @ y).max()
    assert (sparse(first * 1.0001) == 0).all()
    assert (sparse(first * 0.9999) != 0).sum() == 1
    np.testing.assert_allclose(np.abs(slope(np.zeros(D))).max(), first, rtol=1e-6)


@pytest.mark.formula("eq-reg-ista")
def test_proximal_step_of_the_library_and_its_resting_point():
    problem, w = gd.Problem(MODEL, penalty=gd.L1(2.0)), RNG.normal(size=D)
    run = gd.minimize(problem, X, y, start=w, schedule=0.02, epochs=1)
    np.testing.assert_allclose(run.theta, soft(w - 0.02 * slope(w), 0.02 * 2.0), atol=1e-8)
    rest = sparse(2.0)
    np.testing.assert_allclose(soft(rest - 0.02 * slope(rest), 0.02 * 2.0), rest, atol=1e-6)


@pytest.mark.formula("eq-reg-segment")
@pytest.mark.parametrize("lam", [0.2, 1.0, 3.0])
def test_weights_on_a_segment(lam):
    w = sparse(lam)
    A, s = np.flatnonzero(w), np.sign(w[w != 0])
    B = X[:, A]
    np.testing.assert_allclose(np.linalg.solve(B.T @ B, B.T @ y - N * lam / 2 * s), w[A], rtol=1e-6)


@pytest.mark.formula("eq-reg-lasso-df")
@pytest.mark.parametrize("lam", [0.5, 2.0])
def test_counting_gives_the_degrees_of_freedom_of_the_lasso(lam):
    sigma, rng, mean, draws = 1.0, np.random.default_rng(4), X @ np.array([1.0, 0, -0.5, 0, 0]), 4000
    counts, followed = np.empty(draws), np.empty(draws)
    for i, noise in enumerate(rng.normal(size=(draws, N))):
        w = Lasso(alpha=lam / 2, fit_intercept=False, tol=1e-8, max_iter=10**5).fit(X, mean + sigma * noise).coef_
        counts[i], followed[i] = np.count_nonzero(w), noise @ (X @ w - mean) / sigma
    error = np.std(followed - counts) / np.sqrt(draws)
    assert followed.mean() == pytest.approx(counts.mean(), abs=4 * error)
    assert 6 * error < counts.mean() < D - 6 * error


@pytest.mark.formula("eq-reg-recovery")
def test_recovery_fails_well_below_the_threshold_and_succeeds_well_above():
    rng, d, true, shares = np.random.default_rng(5), 256, 8, []
    for ratio in (0.5, 2.0):
        rows, found = round(ratio * 2 * true * np.log(d - true)), 0
        for _ in range(20):
            A, w = rng.normal(size=(rows, d)), np.zeros(d)
            w[:true] = rng.choice([-1, 1], true)
            W = gd.lasso_path(A, A @ w + 0.5 * rng.normal(size=rows), alphas=20, eps=0.1)[1]
            found += (np.sign(W) == np.sign(w)[:, None]).all(axis=0).any()
        shares.append(found / 20)
    assert shares[0] <= 0.2
    assert shares[1] >= 0.8
