"""Checks of the equations of chapter 3.7 on stochastic gradient descent, each against something that does not use it.

Where a formula is an expectation, it is computed by listing all cases, or by carrying the second moments exactly.
"""

from itertools import combinations, permutations, product

import numpy as np
import pytest

import gdlearn as gd

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 2)), RNG.normal(size=6)
LINE = gd.Problem(gd.Linear(2, intercept=False))
THETA = np.array([0.7, -1.3])


def row_gradients(theta):
    """The gradient of each row's loss, by central differences of the objective of that row alone."""
    around = 1e-5 * np.eye(2)
    return np.array(
        [
            [(LINE.objective(theta + e, [x], [t]) - LINE.objective(theta - e, [x], [t])) / 2e-5 for e in around]
            for x, t in zip(X, Y, strict=True)
        ]
    )


def all_answers(m, replace):
    batches = product(range(6), repeat=m) if replace else combinations(range(6), m)
    return np.array([row_gradients_at_theta[list(batch)].mean(axis=0) for batch in batches])


row_gradients_at_theta = row_gradients(THETA)


@pytest.mark.formula("eq-sgd-step")
@pytest.mark.parametrize("m", [1, 2, 4])
def test_step_follows_the_mean_of_the_rows_drawn(m):
    run = gd.minimize(LINE, X, Y, schedule=0.1, batch_size=m, epochs=1, seed=5, start=THETA)
    theta = THETA
    for first in range(0, 6, m):
        batch = run.memory.order[first : first + m]
        theta = theta - 0.1 / len(batch) * row_gradients(theta)[batch].sum(axis=0)
    np.testing.assert_allclose(run.theta, theta, atol=1e-8)


@pytest.mark.formula("eq-sgd-unbiased")
@pytest.mark.parametrize("replace", [True, False])
@pytest.mark.parametrize("m", [1, 2, 3, 6])
def test_all_batches_together_give_the_gradient(m, replace):
    np.testing.assert_allclose(all_answers(m, replace).mean(axis=0), LINE.gradient(THETA, X, Y), atol=1e-8)


@pytest.mark.formula("eq-sgd-covariance")
@pytest.mark.parametrize("m", [1, 2, 3, 6])
def test_covariance_of_all_batches(m):
    Sigma = np.cov(row_gradients_at_theta.T, bias=True)
    np.testing.assert_allclose(np.cov(all_answers(m, True).T, bias=True), Sigma / m, atol=1e-8)
    np.testing.assert_allclose(np.cov(all_answers(m, False).T, bias=True), Sigma / m * (6 - m) / 5, atol=1e-8)


def numbers(targets, eta, steps):
    """The position of SGD on the mean of two numbers, for every possible sequence of draws: (2^steps,)."""
    paths = np.zeros(1)
    for _ in range(steps):
        paths = np.concatenate([paths - 2 * eta * (paths - target) for target in targets])
    return paths


@pytest.mark.formula("eq-sgd-recursion")
def test_recursion_is_what_a_row_does_to_the_error():
    targets, eta, theta = np.array([1.0, 4.0, 7.0]), 0.2, 2.5
    one = gd.Problem(gd.Linear(1, intercept=False))
    for target in targets:
        after = gd.minimize(one, [[1.0]], [target], schedule=eta, epochs=1, start=[theta]).theta[0]
        noise = -2 * (target - targets.mean())
        assert after - 4.0 == pytest.approx((1 - 2 * eta) * (theta - 4.0) - eta * noise)


@pytest.mark.formula("eq-sgd-variance")
@pytest.mark.parametrize("eta", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("t", [1, 5, 12])
def test_second_moment_over_all_sequences_of_draws(eta, t):
    e = numbers([1.0, 5.0], eta, t) - 3.0  # h = 2, noise 2 (3 - y): variance 16
    q, v = 1 - 2 * eta, eta * 16 / (2 * (2 - 2 * eta))
    assert np.mean(e**2) == pytest.approx(q ** (2 * t) * 9 + (1 - q ** (2 * t)) * v)


@pytest.mark.formula("eq-sgd-floor")
@pytest.mark.parametrize("eta", [0.01, 0.2, 0.9])
def test_floor_by_iterating_the_moments(eta):
    h, sigma2 = np.array([0.5, 1.0, 2.0]), np.array([3.0, 1.0, 0.2])
    second = np.zeros(3)
    for _ in range(5000):
        second = (1 - eta * h) ** 2 * second + eta**2 * sigma2
    exact = np.sum(eta * sigma2 / (2 * (2 - eta * h)))
    assert h @ second / 2 == pytest.approx(exact)
    if eta == 0.01:  # the relative error of the short form is at most eta L / 2
        assert h @ second / 2 == pytest.approx(eta / 4 * sigma2.sum(), rel=0.01)


@pytest.mark.formula("eq-sgd-moments")
@pytest.mark.parametrize("eta", [0.05, 0.2])
def test_moments_of_least_squares_by_carrying_the_law(eta):
    rows, target = np.array([[1.0, 0.3], [0.2, -0.8], [-0.5, 1.1]]), np.array([1.0, -2.0, 0.5])
    best = np.linalg.lstsq(rows, target)[0]
    H, A = 2 / 3 * rows.T @ rows, [2 * np.outer(x, x) for x in rows]
    b = [2 * x * (x @ best - t) for x, t in zip(rows, target, strict=True)]
    Sigma = sum(np.outer(g, g) for g in b) / 3
    M = np.zeros((2, 2))
    for _ in range(3000):
        M = sum((np.eye(2) - eta * a) @ M @ (np.eye(2) - eta * a) for a in A) / 3 + eta**2 * Sigma
    run = gd.minimize(
        gd.Problem(gd.Linear(2, intercept=False)),
        rows,
        target,
        schedule=eta,
        batch_size=1,
        sampling="replacement",
        epochs=300_000,
        start=best,
        tolerance=0.0,
    )
    least = np.mean((rows @ best - target) ** 2)
    assert np.trace(H @ M) / 2 == pytest.approx(run.history.objective[1000:].mean() - least, rel=0.03)


def pass_end_moments(noise, eta, h):
    """The stationary second moment at the end of a shuffled pass, by listing all orders."""
    q, n = 1 - eta * h, len(noise)
    pushes = [-eta * sum(q ** (n - 1 - k) * x for k, x in enumerate(order)) for order in permutations(noise)]
    return np.mean(np.square(pushes)) / (1 - q ** (2 * n))


@pytest.mark.formula("eq-sgd-reshuffled-exact")
@pytest.mark.parametrize("eta", [0.01, 0.3, 0.9])
def test_reshuffled_variance_over_all_orders(eta):
    noise = np.array([-2.0, -0.5, 0.0, 0.7, 1.1, 0.7])
    noise -= noise.mean()
    n, h = len(noise), 1.0
    q = 1 - eta * h
    v = eta * np.mean(noise**2) / (h * (2 - eta * h))
    ratio = n / (n - 1) * (1 - (1 + q) / (n * (1 - q)) * (1 - q**n) / (1 + q**n))
    assert pass_end_moments(noise, eta, h) / v == pytest.approx(ratio)


@pytest.mark.formula("eq-sgd-reshuffled")
@pytest.mark.parametrize("a", [0.5, 2.0, 10.0])
def test_reshuffled_variance_of_the_library(a):
    n, rng = 200, np.random.default_rng(1)
    targets, eta = rng.normal(size=n), a / (2 * n)
    one = gd.Problem(gd.Linear(1, intercept=False))
    how = {"batch_size": 1, "start": [targets.mean()], "epochs": 40_000, "tolerance": 0.0, "path": True}
    path = gd.minimize(one, np.ones((n, 1)), targets, schedule=eta, **how).history.theta[100:, 0]
    v = eta * targets.var() / (1 - eta)
    # 40,000 passes that forget at the rate a: standard error at most 2 %
    assert path.var() / v == pytest.approx(1 - np.tanh(a / 2) / (a / 2), rel=0.08)


@pytest.mark.formula("eq-sgd-cost")
@pytest.mark.parametrize("epsilon", [1e-1, 1e-3])
def test_cost_is_enough_and_not_far_too_much(epsilon):
    kappa, mu, n = 50, 0.02, 1000
    h, e0, sigma2 = np.array([mu, 1.0]), np.array([1.0, 0.0]), np.array([3.0, 0.0])  # all in the slow direction
    delta = mu / 2
    rows = n * kappa / 4 * np.log(1 / epsilon)
    steps = int(np.ceil(rows / n))
    rho = (kappa - 1) / (kappa + 1)
    assert rho ** (2 * steps) <= epsilon < rho ** (2 * int(0.95 * steps))
    eta = 2 * epsilon * delta / sigma2.sum()
    reads = int(np.ceil(sigma2.sum() / (4 * mu * epsilon * delta) * np.log(2 / epsilon)))
    left = []
    for t in (reads, int(0.9 * reads)):
        q = (1 - eta * h) ** (2 * t)
        v = eta * sigma2 / (h * (2 - eta * h))
        left.append(h @ (q * e0**2 + (1 - q) * v) / 2 / delta)
    assert left[0] <= epsilon * 1.001 < left[1]


@pytest.mark.formula("eq-sgd-decay")
@pytest.mark.parametrize("c", [1.0, 1.5, 3.0])
def test_falling_rate_by_carrying_the_moments(c):
    h, sigma2 = np.array([1.0, 2.5]), np.array([2.0, 0.5])
    second, steps = np.array([1.0, 1.0]), 200_000
    for t in range(20, steps):
        second = (1 - c / t * h) ** 2 * second + (c / t) ** 2 * sigma2
    expected = np.sum(c**2 * h * sigma2 / (2 * (2 * c * h - 1)))
    assert steps * (h @ second / 2) == pytest.approx(expected, rel=0.01)
