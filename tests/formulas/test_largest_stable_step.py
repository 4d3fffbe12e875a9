"""Checks of the equations of chapter 3.6 on the largest stable step, each against something that does not use it."""

import itertools

import numpy as np
import pytest

import gdlearn as gd

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 3)), RNG.normal(size=(12, 2))
NETWORK = gd.Problem(gd.MLP(3, (4,), 2, gd.Tanh()))
THETA = RNG.normal(size=26)


def hessian(gradient, theta, eps=1e-5):
    around = eps * np.eye(len(theta))
    return np.array([(gradient(theta + e) - gradient(theta - e)) / (2 * eps) for e in around])


def bent(theta):
    """The gradient of (u v - 1)^2."""
    u, v = theta
    return 2 * (u * v - 1) * np.array([v, u])


def descend(theta, eta, steps):
    path = [np.array(theta, float)]
    for _ in range(steps):
        path.append(path[-1] - eta * bent(path[-1]))
    return np.array(path)


def slopes(theta):
    return NETWORK.gradient(theta, X, Y)


H = hessian(slopes, THETA)


@pytest.mark.formula("eq-edge-sharpness")
def test_sharpness_is_the_largest_eigenvalue():
    H_J, axes = np.linalg.eigh((H + H.T) / 2)
    v = RNG.normal(size=(5000, 26))
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    assert np.einsum("ia,ab,ib->i", v, H, v).max() <= H_J[-1] + 1e-6
    assert axes[:, -1] @ H @ axes[:, -1] == pytest.approx(H_J[-1], rel=1e-6)
    problem = gd.Problem(gd.Linear(3, intercept=False))
    dense = hessian(lambda theta: problem.gradient(theta, X, Y[:, 0]), np.zeros(3))
    assert np.linalg.eigvalsh(dense)[-1] == pytest.approx(problem.smoothness(X).L, rel=1e-6)


@pytest.mark.formula("eq-edge-stable")
@pytest.mark.parametrize(("share", "stays"), [(0.98, True), (1.02, False)])
def test_a_minimum_holds_the_walk_up_to_the_limit(share, stays):
    minimum = np.array([2.0, 0.5])  # off by a millionth
    eta = share * 2 / np.linalg.eigvalsh(hessian(bent, minimum))[-1]
    path = descend(minimum * (1 + 1e-6), eta, 400)
    assert (np.linalg.norm(path[-1] - minimum) < 1e-5) == stays


@pytest.mark.formula("eq-edge-floor")
@pytest.mark.parametrize("u", [0.5, 1.0, 3.0])
def test_sharpness_on_the_floor(u):
    minimum = np.array([u, 1 / u])
    assert np.linalg.eigvalsh(hessian(bent, minimum))[-1] == pytest.approx(2 * (u**2 + 1 / u**2), rel=1e-6)


@pytest.mark.formula("eq-edge-balance")
@pytest.mark.parametrize("eta", [0.01, 0.13, 0.4])
def test_each_jump_takes_a_share_of_the_imbalance(eta):
    for theta in RNG.uniform(-2, 2, size=(50, 2)):
        before, after = descend(theta, eta, 1)
        residual = before.prod() - 1
        right = (before[0] ** 2 - before[1] ** 2) * (1 - 4 * eta**2 * residual**2)
        assert after[0] ** 2 - after[1] ** 2 == pytest.approx(right, abs=1e-12)


@pytest.mark.formula("eq-edge-balance")
def test_only_wide_jumps_add_to_the_imbalance():
    for wide, eta in itertools.product((0.999, 1.001), (0.05, 0.2)):
        v = (np.sqrt(2) * wide / (2 * eta) + 1) / 2.0  # so that 2 eta (u v - 1) is nearly the root of 2
        before, after = np.abs(np.diff(descend((2.0, v), eta, 1) ** 2)).ravel()
        assert (after > before) == (wide > 1)


@pytest.mark.formula("eq-edge-flow")
def test_a_walk_that_begins_with_a_wide_jump_may_end_above_it():
    start, eta = np.array([3.4, 3.1]), 0.1
    end = descend(start, eta, 4000)[-1]
    assert 2 * eta * (start.prod() - 1) > np.sqrt(2)
    flow = 2 * np.sqrt(np.diff(start**2)[0] ** 2 + 4)
    assert 2 * flow < np.linalg.eigvalsh(hessian(bent, end))[-1] < 2 / eta


@pytest.mark.formula("eq-edge-flow")
@pytest.mark.parametrize("start", [(3.0, 0.05), (2.0, 1.5), (0.5, 0.7)])
def test_end_of_a_walk_with_very_short_steps(start):
    end = descend(start, 2e-4, 60_000)[-1]
    assert end.prod() == pytest.approx(1, abs=1e-6)
    seen = np.linalg.eigvalsh(hessian(bent, end))[-1]
    assert seen == pytest.approx(2 * np.sqrt((start[0] ** 2 - start[1] ** 2) ** 2 + 4), rel=2e-3)


@pytest.mark.formula("eq-edge-product")
def test_two_gradients_tell_the_product():
    v = RNG.normal(size=26)
    v /= np.linalg.norm(v)
    errors = []
    for eps in (1e-1, 1e-2):
        product = (slopes(THETA + eps * v) - slopes(THETA - eps * v)) / (2 * eps)
        errors.append(np.linalg.norm(product - H @ v))
    assert errors[1] < 1e-3 * np.linalg.norm(H @ v)
    assert 80 < errors[0] / errors[1] < 120  # of second order


@pytest.mark.formula("eq-edge-power")
def test_power_iteration():
    low = gd.minimize(NETWORK, X, Y, start=THETA, schedule=0.1, epochs=500).theta  # where no ridge is steeper
    second, v = hessian(slopes, low), np.ones(26) / np.sqrt(26)
    for _ in range(400):
        v = second @ v / np.linalg.norm(second @ v)
    assert v @ second @ v == pytest.approx(np.linalg.eigvalsh((second + second.T) / 2)[-1], rel=1e-6)


@pytest.mark.formula("eq-edge-warmup")
def test_warm_up_rises_evenly_to_the_rate():
    schedule = gd.Warmup(5, gd.Constant(0.3))
    x, y = gd.datasets.quadratic([1.0])
    problem = gd.Problem(gd.Linear(1, intercept=False))
    how = {"schedule": schedule, "start": [1.0], "epochs": 8, "tolerance": 0.0, "path": True}
    path = gd.minimize(problem, x, y, **how).history.theta[:, 0]
    np.testing.assert_allclose(1 - path[1:] / path[:-1], [0.06, 0.12, 0.18, 0.24, 0.3, 0.3, 0.3, 0.3])


@pytest.mark.formula("eq-edge-clip")
@pytest.mark.parametrize("limit", [0.1, 1e3])
def test_clipping_keeps_the_direction_and_bounds_the_length(limit):
    g = slopes(THETA)
    how = {"schedule": 1.0, "optimizer": gd.Clip(limit), "start": THETA, "epochs": 1, "path": True}
    step = THETA - gd.minimize(NETWORK, X, Y, **how).history.theta[1]
    assert np.linalg.norm(step) == pytest.approx(min(limit, np.linalg.norm(g)))
    assert step @ g == pytest.approx(np.linalg.norm(step) * np.linalg.norm(g))
