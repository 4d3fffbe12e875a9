"""Checks of the equations of chapter 3.2 on momentum, and on the limits of all methods."""

import numpy as np
import pytest

import gdlearn as gd

RNG = np.random.default_rng(0)


def bowl(curvatures, eta, steps, optimizer):
    """The path of the library itself, from ones to 0."""
    X, y = gd.datasets.quadratic(curvatures)
    problem = gd.Problem(gd.Linear(len(curvatures), intercept=False))
    how = {"schedule": eta, "epochs": steps, "optimizer": optimizer, "tolerance": 0.0, "path": True}
    return gd.minimize(problem, X, y, start=np.ones(len(curvatures)), **how).history.theta


def factor(eta, h, beta=0.0, nesterov=False):
    """The spectral radius of a step, its matrix found by stepping from the unit vectors."""

    def step(now, before):
        ahead = now + beta * (now - before) if nesterov else now
        return ahead - eta * h * ahead if nesterov else now - eta * h * now + beta * (now - before)

    matrix = np.array([[step(1.0, 0.0), step(0.0, 1.0)], [1.0, 0.0]])
    return np.abs(np.linalg.eigvals(matrix)).max()


@pytest.mark.formula("eq-gd-heavy-ball")
def test_heavy_ball_is_what_the_library_runs():
    path = bowl([0.2, 1.0], 0.7, 15, gd.Momentum(0.6))
    before, now = path[0], path[0]
    for after in path[1:]:
        before, now = now, now - 0.7 * np.array([0.2, 1.0]) * now + 0.6 * (now - before)
        np.testing.assert_allclose(after, now, rtol=1e-9)


@pytest.mark.formula("eq-gd-nesterov")
def test_nesterov_is_what_the_library_runs():
    path = bowl([0.2, 1.0], 0.7, 15, gd.Nesterov(0.6))
    x, theta = path[0], path[0]
    for after in path[1:]:
        moved = theta - 0.7 * np.array([0.2, 1.0]) * theta
        theta, x = moved + 0.6 * (moved - x), moved
        np.testing.assert_allclose(after, theta, rtol=1e-9)


@pytest.mark.formula("eq-gd-matrix")
@pytest.mark.parametrize(("eta", "beta", "h"), [(0.7, 0.6, 0.2), (1.6, 0.3, 1.0), (0.1, 0.9, 0.5)])
def test_matrix_carries_the_errors_on(eta, beta, h):
    ball = gd.Momentum(beta), 1 - eta * h + beta, beta
    ahead = gd.Nesterov(beta), (1 + beta) * (1 - eta * h), beta * (1 - eta * h)
    for optimizer, a, b in (ball, ahead):
        error = bowl([h], eta, 12, optimizer)[:, 0]
        for t in range(1, 12):
            now = np.array([[a, -b], [1, 0]]) @ [error[t], error[t - 1]]
            np.testing.assert_allclose(now, [error[t + 1], error[t]], atol=1e-12)
        assert np.prod(np.linalg.eigvals(np.array([[a, -b], [1, 0]]))).real == pytest.approx(b)


@pytest.mark.formula("eq-gd-heavy-ball-best")
@pytest.mark.parametrize("kappa", [4.0, 100.0])
def test_best_heavy_ball_by_brute_force(kappa):
    low, root = 1 / kappa, np.sqrt(kappa)
    eta, beta, q = 4 / (1 + np.sqrt(low)) ** 2, ((root - 1) / (root + 1)) ** 2, (root - 1) / (root + 1)
    spectrum = np.linspace(low, 1, 30)
    assert max(factor(eta, h, beta) for h in spectrum) == pytest.approx(q, abs=1e-6)
    for other_eta in eta * np.array([0.8, 0.95, 1.0, 1.05, 1.2]):
        for other_beta in beta * np.array([0.7, 0.95, 1.0, 1.05, 1.3]):
            assert max(factor(other_eta, h, other_beta) for h in spectrum) >= q - 1e-6


@pytest.mark.formula("eq-gd-nesterov-best")
@pytest.mark.parametrize("kappa", [4.0, 100.0])
def test_best_nesterov_by_brute_force(kappa):
    low, root = 1 / kappa, np.sqrt(kappa)
    beta, q = (root - 1) / (root + 1), 1 - 1 / root
    spectrum = np.linspace(low, 1, 30)
    assert max(factor(1.0, h, beta, nesterov=True) for h in spectrum) == pytest.approx(q, abs=1e-6)
    for other in np.linspace(0, 0.999, 300):
        assert max(factor(1.0, h, other, nesterov=True) for h in spectrum) >= q - 1e-6


@pytest.mark.formula("eq-gd-double-root")
@pytest.mark.parametrize("kappa", [4.0, 100.0])
def test_double_root(kappa):
    low, root, t = 1 / kappa, np.sqrt(kappa), np.arange(41)
    q = (root - 1) / (root + 1)
    spectrum = np.linspace(low, 1, 41)
    ball = bowl(spectrum, 4 / (1 + np.sqrt(low)) ** 2, 40, gd.Momentum(q**2))
    np.testing.assert_allclose(ball[:, 0], (1 + (1 - q) * t) * q**t, rtol=1e-9)
    np.testing.assert_allclose(ball[:, -1], (1 + (1 + q) * t) * (-q) ** t, rtol=1e-9)
    p, ahead = 1 - 1 / root, bowl(spectrum, 1.0, 40, gd.Nesterov(q))
    np.testing.assert_allclose(ahead[:, 0], (1 + t / (root + 1)) * p**t, rtol=1e-9)
    # and these are the worst directions, as the chapter's picture draws them
    assert (np.abs(ball) <= np.abs(ball[:, -1:]) + 1e-12).all()
    assert (np.abs(ahead) <= np.abs(ahead[:, :1]) + 1e-12).all()


def chain(p, theta):
    return ((theta[0] - 1) ** 2 + np.sum(np.diff(theta) ** 2) + theta[-1] ** 2) / 8  # L = 1


def chain_slope(theta):
    padded = np.concatenate([[1.0], theta, [0.0]])
    return (2 * theta - padded[:-2] - padded[2:]) / 4


def descend(gradient, theta, steps):
    """Gradient descent with eta = 1."""
    path = [theta]
    for _ in range(steps):
        path.append(path[-1] - gradient(path[-1]))
    return np.array(path)


def accelerated(gradient, theta, steps):
    """Nesterov's method with growing momentum and eta = 1: the points x."""
    x, path = theta, [theta]
    for t in range(steps):
        moved = theta - gradient(theta)
        theta, x = moved + t / (t + 3) * (moved - x), moved
        path.append(x)
    return path


@pytest.mark.formula("eq-gd-chain")
def test_chain_has_this_minimum_and_largest_curvature():
    p = 30
    bottom = 1 - np.arange(1, p + 1) / (p + 1)
    np.testing.assert_allclose(chain_slope(bottom), 0, atol=1e-15)
    around, theta = 1e-6 * np.eye(p), RNG.normal(size=p)
    finite = [(chain(p, theta + e) - chain(p, theta - e)) / 2e-6 for e in around]
    np.testing.assert_allclose(chain_slope(theta), finite, atol=1e-8)
    hessian = np.array([chain_slope(e) - chain_slope(0 * e) for e in np.eye(p)])
    assert 0.98 < np.linalg.eigvalsh(hessian)[-1] < 1


@pytest.mark.formula("eq-gd-convex")
def test_convex_rates_on_the_chain_and_where_they_are_tight():
    p = 101
    bottom = 1 - np.arange(1, p + 1) / (p + 1)
    least, R2 = chain(p, bottom), bottom @ bottom
    plain, fast = descend(chain_slope, np.zeros(p), 400), accelerated(chain_slope, np.zeros(p), 400)
    for t in (1, 5, 50, 400):
        assert chain(p, plain[t]) - least <= R2 / (2 * t)
        assert chain(p, fast[t]) - least <= 2 * R2 / (t + 1) ** 2
    # Huber's function with corner at c = 1 / (2t + 1): gradient descent stays on its straight part, and so meets
    # Drori and Teboulle's exact worst case R^2 / (4t + 2), more than half of the bound
    t = 50
    c = 1 / (2 * t + 1)
    end = descend(lambda x: np.clip(x, -c, c), np.ones(1), t)[-1, 0]
    gap = c * end - c**2 / 2
    assert gap == pytest.approx(1 / (4 * t + 2))
    assert 0.49 / (2 * t) < gap <= 1 / (2 * t)


@pytest.mark.formula("eq-gd-lower")
@pytest.mark.parametrize("t", [1, 5, 50])
def test_lower_bound_holds_for_the_best_of_all_such_methods(t):
    p = 2 * t + 1
    bottom = 1 - np.arange(1, p + 1) / (p + 1)
    # all that t gradients can reach are the first t links; their best values end in 0 at link t + 1
    reachable = np.zeros(p)
    reachable[:t] = 1 - np.arange(1, t + 1) / (t + 1)
    np.testing.assert_allclose(chain_slope(reachable)[:t], 0, atol=1e-15)
    bound = 3 * bottom @ bottom / (32 * (t + 1) ** 2)
    assert bound <= chain(p, reachable) - chain(p, bottom) < 2.1 * bound
    assert np.count_nonzero(accelerated(chain_slope, np.zeros(p), t)[-1]) <= t


@pytest.mark.formula("eq-gd-momentum-limits")
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_limits_of_the_momentum_methods(beta):
    L, spectrum = 3.0, np.linspace(0.1, 3.0, 30)
    ball, ahead = 2 * (1 + beta) / L, 2 * (1 + beta) / ((1 + 2 * beta) * L)
    for share, stable in ((0.999, True), (1.001, False)):
        assert (max(factor(share * ball, h, beta) for h in spectrum) < 1) == stable
        assert (max(factor(share * ahead, h, beta, nesterov=True) for h in spectrum) < 1) == stable
    assert gd.optimizers.stability_limit(gd.Momentum(beta), L) == pytest.approx(ball)
    assert gd.optimizers.stability_limit(gd.Nesterov(beta), L) == pytest.approx(ahead)
