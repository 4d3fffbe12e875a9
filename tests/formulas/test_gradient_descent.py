"""Checks of the equations of chapter 3.2 on gradient descent, each against something that does not use it.

Inequalities are tried where they are tight: the formula holds there, and would fail with a smaller constant.
"""

import numpy as np
import pytest

import gdlearn as gd

RNG = np.random.default_rng(0)
A = RNG.normal(size=(6, 6))
H = A @ A.T / 6 + 0.1 * np.eye(6)
H_J, AXES = np.linalg.eigh(H)
L, MU = H_J[-1], H_J[0]
KAPPA = L / MU
CENTER, START = RNG.normal(size=(2, 6))


def quadratic(theta):
    return (theta - CENTER) @ H @ (theta - CENTER) / 2


def slope(theta):
    return H @ (theta - CENTER)


def descend(gradient, theta, eta, steps):
    path = [np.asarray(theta, float)]
    for _ in range(steps):
        path.append(path[-1] - eta * gradient(path[-1]))
    return np.array(path)


def bowl(curvatures, eta, steps):
    """The path of the library itself, from ones to 0."""
    X, y = gd.datasets.quadratic(curvatures)
    problem = gd.Problem(gd.Linear(len(curvatures), intercept=False))
    how = {"schedule": eta, "epochs": steps, "start": np.ones(len(curvatures)), "tolerance": 0.0, "path": True}
    return gd.minimize(problem, X, y, **how).history.theta


@pytest.mark.formula("eq-gd-step")
def test_the_step_goes_against_the_gradient_of_finite_differences():
    X, y = RNG.normal(size=(9, 6)), RNG.normal(size=9)
    problem = gd.Problem(gd.Linear(6, intercept=False))
    path = gd.minimize(problem, X, y, schedule=0.07, start=START, epochs=1, path=True).history.theta
    around = 1e-6 * np.eye(6)
    gradient = [(problem.objective(START + e, X, y) - problem.objective(START - e, X, y)) / 2e-6 for e in around]
    np.testing.assert_allclose(path[1], START - 0.07 * np.array(gradient), atol=1e-8)


@pytest.mark.formula("eq-gd-bowl")
def test_bowl_is_the_quadratic_along_its_eigenvectors():
    along = AXES.T @ (START - CENTER)
    expected = sum(h * e**2 for h, e in zip(H_J, along, strict=True)) / 2
    assert quadratic(START) == pytest.approx(expected)
    X, y = gd.datasets.quadratic(H_J, center=CENTER)
    theta = CENTER + along
    assert gd.Problem(gd.Linear(6, intercept=False)).objective(theta, X, y) == pytest.approx(expected)


@pytest.mark.formula("eq-gd-error")
def test_each_direction_has_its_own_factor():
    error = (descend(slope, START, 0.3 / L, 20) - CENTER) @ AXES
    t = np.arange(21)[:, None]
    np.testing.assert_allclose(error, (1 - 0.3 / L * H_J) ** t * error[0], rtol=1e-9)


@pytest.mark.formula("eq-gd-limit")
@pytest.mark.parametrize(("share", "converges"), [(0.001, True), (0.999, True), (1.0, False), (1.001, False)])
def test_limit(share, converges):
    last = descend(slope, START, share * 2 / L, 100_000)[-1] - CENTER
    assert (np.abs(AXES[:, -1] @ last) < 1e-9) == converges


@pytest.mark.formula("eq-gd-descent")
@pytest.mark.parametrize("eta", [0.3, 1.0, 1.7, 2.0, 2.4])
def test_descent_lemma(eta):
    def height(x):  # curvature between -1 and 1, not convex: L = 1
        return np.cos(x).sum()

    theta = RNG.uniform(-9, 9, size=(500, 3))
    for x in theta:
        gradient = -np.sin(x)
        assert height(x - eta * gradient) <= height(x) - eta * (1 - eta / 2) * gradient @ gradient + 1e-12
    x, curvature = 1.7, 3.0  # on a parabola the two sides are equal
    after = curvature / 2 * (x - eta / curvature * curvature * x) ** 2
    right = curvature / 2 * x**2 - eta / curvature * (1 - eta / 2) * (curvature * x) ** 2
    assert after == pytest.approx(right)


@pytest.mark.formula("eq-gd-stationary")
@pytest.mark.parametrize("eta", [0.2, 1.0, 1.9])
def test_flattest_place_met(eta):
    for start in RNG.uniform(-9, 9, size=(20, 3)):
        path = descend(lambda x: -np.sin(x), start, eta, 200)
        squares, rise = np.sum(np.sin(path) ** 2, axis=1), np.cos(start).sum() + 3
        for steps in (1, 10, 200):
            assert squares[:steps].min() <= rise / (eta * (1 - eta / 2) * steps) + 1e-12
    # tight for one step that lands at the minimum of a parabola: eta = 1/L, J0 - J* = L/2, slope L
    assert 3.0**2 == pytest.approx(1.5 / (1 / 3.0 * (1 - 0.5)))


@pytest.mark.formula("eq-gd-contraction")
@pytest.mark.parametrize("eta", [0.3 / L, 1 / L, 2 / (L + MU), 1.95 / L])
def test_contraction_and_its_worst_start(eta):
    rho = max(abs(1 - eta * MU), abs(1 - eta * L))
    t = np.arange(31)
    error = np.linalg.norm(descend(slope, START, eta, 30) - CENTER, axis=1)
    assert (error <= rho**t * error[0] * (1 + 1e-9)).all()
    slowest = AXES[:, np.argmax(np.abs(1 - eta * H_J))]
    worst = np.linalg.norm(descend(slope, CENTER + slowest, eta, 30) - CENTER, axis=1)
    np.testing.assert_allclose(worst, rho**t, rtol=1e-9)


@pytest.mark.formula("eq-gd-contraction")
@pytest.mark.parametrize("share", [0.5, 1.0, 1.9])
def test_contraction_of_a_strongly_convex_function_that_is_no_bowl(share):
    X, y = RNG.normal(size=(40, 3)), RNG.integers(0, 2, 40)
    problem = gd.Problem(gd.Linear(3, intercept=False), gd.BinaryCrossEntropy(), gd.L2(0.1))
    high, low = problem.smoothness(X)
    solution = gd.minimize(problem, X, y, schedule=1 / high, epochs=5000, tolerance=1e-14).theta
    path = gd.minimize(problem, X, y, schedule=share / high, start=[5, -5, 5], epochs=50, path=True).history.theta
    error = np.linalg.norm(path - solution, axis=1)
    assert (error[1:] <= max(1 - share * low / high, abs(1 - share)) * error[:-1] + 1e-12).all()


@pytest.mark.formula("eq-gd-best")
@pytest.mark.parametrize("kappa", [1.5, 10, 1000])
def test_best_step_by_brute_force(kappa):
    etas = np.linspace(0, 2, 200_001)[1:]  # L = 1
    rho = np.maximum(np.abs(1 - etas / kappa), np.abs(1 - etas))
    assert etas[rho.argmin()] == pytest.approx(2 / (1 + 1 / kappa), abs=2e-5)
    assert rho.min() == pytest.approx((kappa - 1) / (kappa + 1), abs=2e-5)


@pytest.mark.formula("eq-gd-cautious")
@pytest.mark.parametrize("kappa", [1.5, 10, 1000])
def test_cautious_step(kappa):
    error = np.linalg.norm(bowl([1 / kappa, 1], 1.0, 20), axis=1)
    assert error[-1] / error[-2] == pytest.approx(1 - 1 / kappa)


@pytest.mark.formula("eq-gd-steps")
@pytest.mark.parametrize("kappa", [1.5, 50, 1000])
@pytest.mark.parametrize("epsilon", [0.1, 1e-6])
def test_steps_are_enough_and_not_many_too_many(kappa, epsilon):
    for eta, bound in ((2 / (1 + 1 / kappa), kappa / 2), (1.0, kappa)):
        t = int(np.ceil(bound * np.log(1 / epsilon)))
        error = np.abs(bowl([1 / kappa, 1], eta, t)).max(axis=1)
        assert error[-1] <= epsilon
        if kappa == 1000:
            assert error[int(0.998 * t)] > epsilon


@pytest.mark.formula("eq-gd-hessian")
def test_hessian_of_least_squares():
    X, y = RNG.normal(size=(9, 3)), RNG.normal(size=9)
    ones = np.column_stack([X, np.ones(9)])
    problem, around = gd.Problem(gd.Linear(3)), np.eye(4)
    columns = [problem.gradient(e, X, y) - problem.gradient(0 * e, X, y) for e in around]
    np.testing.assert_allclose(columns, 2 / 9 * ones.T @ ones, atol=1e-12)


@pytest.mark.formula("eq-gd-quartic")
@pytest.mark.parametrize("eta", [0.02, 0.1])
def test_quartic(eta):
    x = descend(lambda x: 4 * x**3, [1.0], eta, 100_000)[-1, 0]
    assert x == pytest.approx(1 / np.sqrt(8 * eta * 100_000), rel=1e-3)


@pytest.mark.formula("eq-gd-stopping")
def test_stopping_bounds():
    for theta in CENTER + RNG.normal(size=(100, 6)):
        g = np.linalg.norm(slope(theta))
        assert quadratic(theta) <= g**2 / (2 * MU)
        assert np.linalg.norm(theta - CENTER) <= g / MU
    flat = CENTER + AXES[:, 0]  # tight in the flattest direction
    g = np.linalg.norm(slope(flat))
    assert quadratic(flat) == pytest.approx(g**2 / (2 * MU))
    assert np.linalg.norm(flat - CENTER) == pytest.approx(g / MU)


@pytest.mark.formula("eq-gd-separable")
@pytest.mark.parametrize("margin", [0.5, 2.0])
def test_weights_of_separable_data_grow_as_the_logarithm(margin):
    # one row of class 1 at the distance margin, one of class 0 opposite: w* = 1 / margin
    X, y = np.array([[margin], [-margin]]), np.array([1, 0])
    problem = gd.Problem(gd.Linear(1, intercept=False), gd.BinaryCrossEntropy())
    path = gd.minimize(problem, X, y, schedule=1.0, epochs=100_000, tolerance=0.0, path=True).history.theta[:, 0]
    assert path[100_000] - path[10_000] == pytest.approx(np.log(10) / margin, rel=0.01)
