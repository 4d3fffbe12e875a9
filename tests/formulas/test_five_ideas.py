"""Checks of the equations of chapter 2.1 on five ideas and their ties, each against something that does not use it."""

import numpy as np
import pytest
from scipy import integrate, stats

import gdlearn as gd

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3)) * [1.0, 2.0, 0.3]


def descend(gradient, w, eta, steps):
    for _ in range(steps):
        w = w - eta * gradient(w)
    return w


@pytest.mark.formula("eq-ideas-limit")
@pytest.mark.parametrize(("share", "shrinks"), [(0.999, True), (1.001, False)])
@pytest.mark.parametrize("lam", [0.0, 1.5])
def test_limit_of_the_step(share, shrinks, lam):
    top = np.linalg.svd(X)[1][0] ** 2 / len(X)
    slopes = {2.0: lambda z: 2 * z, 0.25: lambda z: 1 / (1 + np.exp(-z)) - 0.5}  # squares; targets of one half
    for c, slope in slopes.items():
        eta = share * 2 / (c * top + lam)
        start = 1e-6 * np.ones(3)
        w = descend(lambda w, slope=slope: X.T @ slope(X @ w) / len(X) + lam * w, start, eta, 20_000)
        assert (np.linalg.norm(w) < np.linalg.norm(start)) == shrinks


@pytest.mark.formula("eq-ideas-limit")
def test_no_curvature_of_the_cross_entropy_exceeds_the_bound():
    problem = gd.Problem(gd.Linear(3, intercept=False), gd.BinaryCrossEntropy(), gd.L2(0.7))
    y, bound = RNG.integers(0, 2, 40), 0.25 * np.linalg.eigvalsh(X.T @ X / 40)[-1] + 0.7
    for theta in RNG.normal(size=(50, 3)) * 2:
        rows = [problem.gradient(theta + e, X, y) - problem.gradient(theta - e, X, y) for e in 1e-5 * np.eye(3)]
        assert np.linalg.eigvalsh(np.array(rows) / 2e-5)[-1] <= bound + 1e-6


@pytest.mark.formula("eq-ideas-wobble")
@pytest.mark.parametrize(("m", "eta"), [(1, 0.3), (4, 0.1)])
def test_mean_and_variance_by_monte_carlo(m, eta):
    rng, runs = np.random.default_rng(1), 40_000
    y = np.array([-3.0, 0.0, 1.0, 2.0, 5.0])
    theta = np.full(runs, 4.0)
    for t in range(1, 16):
        batch = rng.choice(y, size=(m, runs))
        theta = theta - eta * 2 * (theta - batch.mean(axis=0))
        if t in (1, 3, 15):
            mean = y.mean() + (1 - 2 * eta) ** t * (4.0 - y.mean())
            variance = eta * y.var() / (m * (1 - eta)) * (1 - (1 - 2 * eta) ** (2 * t))
            assert theta.mean() == pytest.approx(mean, abs=5 * np.sqrt(variance / runs))
            # the standard error of a variance is below 1 % here
            assert theta.var() == pytest.approx(variance, rel=0.05)


@pytest.mark.formula("eq-ideas-floor")
def test_floor_of_the_library():
    y = RNG.normal(size=200)
    problem, m, eta = gd.Problem(gd.Linear(1, intercept=False)), 8, 0.02
    how = {"batch_size": m, "schedule": eta, "epochs": 12_000, "sampling": "replacement", "tolerance": 0.0}
    objective = gd.minimize(problem, np.ones((200, 1)), y, start=[y.mean()], path=False, **how).history.objective
    excess = objective[100:] - y.var()  # an epoch of 25 steps forgets all but a tenth of the last
    # the share 1 / (1 - eta) that the formula leaves out is 2 %, the standard error sqrt(2 / 10,000) about 1.4 %
    assert excess.mean() == pytest.approx(eta / m * y.var(), rel=0.08)


@pytest.mark.formula("eq-ideas-shares")
@pytest.mark.parametrize("h", [0.01, 0.4, 1.9])
def test_shares_of_the_way(h):
    best, eta, lam = 3.0, 0.5, 0.2
    assert descend(lambda w: h * (w - best), 0.0, eta, 7) / best == pytest.approx(1 - (1 - eta * h) ** 7)
    penalized = descend(lambda w: h * (w - best) + lam * w, 0.0, eta, 5000)
    assert penalized / best == pytest.approx(h / (h + lam))


@pytest.mark.formula("eq-ideas-stop")
def test_stopping_and_the_penalty_stay_close_for_all_curvatures():
    for eta, t in ((1.0, 50), (0.1, 400), (0.5, 3000)):
        h = np.geomspace(1e-6, 1 / eta, 2000)
        lam = 1 / (eta * t)
        stopped, penalized = 1 - (1 - eta * h) ** t, h / (h + lam)
        assert np.abs(stopped - penalized).max() < 0.21
        flat = h < 1e-2 * lam
        np.testing.assert_allclose(stopped[flat], penalized[flat], rtol=0.01)
        far = np.abs(stopped - h / (h + 10 * lam)).max()  # a penalty of another size is farther off
        assert far > 0.5


@pytest.mark.formula("eq-ideas-decay")
def test_decay_is_the_penalty_for_plain_steps():
    y, lam, eta = RNG.normal(size=40), 0.3, 0.05
    plain = gd.Problem(gd.Linear(3, intercept=False))
    ridge = plain._replace(penalty=gd.L2(lam))
    w = RNG.normal(size=3)
    by_hand = w
    for _ in range(10):
        by_hand = (1 - eta * lam) * by_hand - eta * plain.gradient(by_hand, X, y)
    run = gd.minimize(ridge, X, y, schedule=eta, epochs=10, start=w, tolerance=0.0)
    np.testing.assert_allclose(run.theta, by_hand, rtol=1e-12)


@pytest.mark.formula("eq-ideas-adamw")
@pytest.mark.parametrize("s", [0.5, 2.0])
def test_rest_of_adamw(s):
    # in the long run a step is eta E g / sqrt(E g^2), by quadrature over normal targets with mean 1
    lam = 0.1

    def moment(w, power):
        return integrate.quad(lambda y: (2 * (w - y)) ** power * stats.norm.pdf(y, 1, s), 1 - 9 * s, 1 + 9 * s)[0]

    w = 0.5
    for _ in range(4000):
        drift = lam * w + 2 * (w - 1) / np.sqrt(4 * (s**2 + (1 - w) ** 2))
        w -= 0.01 * drift
    assert lam * w == pytest.approx((1 - w) / np.sqrt(s**2 + (1 - w) ** 2), rel=1e-6)
    assert lam * w == pytest.approx(-moment(w, 1) / np.sqrt(moment(w, 2)), rel=1e-6)
    y = 1 + s * np.random.default_rng(0).normal(size=20_000)
    y += 1 - y.mean()
    how = {"optimizer": gd.AdamW(lam=lam), "schedule": 1e-3, "batch_size": 1, "epochs": 10, "average": 0.8}
    problem = gd.Problem(gd.Linear(1, intercept=False))
    end = gd.minimize(problem, np.ones((20_000, 1)), y, start=[0.8], tolerance=0.0, **how).theta[0]
    assert end == pytest.approx(w, abs=0.03)  # the iterates wander by about sqrt(eta) = 0.03
