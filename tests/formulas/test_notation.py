"""Checks of the displayed equations of book/reference/notation.md."""

import numpy as np
import pytest

import gdlearn as gd

RNG = np.random.default_rng(0)
N, D, K = 12, 3, 2
X, Y = RNG.normal(size=(N, D)), RNG.normal(size=(N, K))
W, B = RNG.normal(size=(K, D)), RNG.normal(size=K)
THETA = np.concatenate([W.ravel(), B])
MODEL = gd.Linear(D, K)


def objective(penalty, w=W):
    """What a penalty adds to the objective."""
    theta = np.concatenate([w.ravel(), B])
    return gd.Problem(MODEL, penalty=penalty).objective(theta, X, Y) - gd.Problem(MODEL).objective(theta, X, Y)


@pytest.mark.formula("eq-notation-norms")
def test_norms():
    assert objective(gd.L2(2.0)) == pytest.approx(sum(w * w for w in W.ravel()))
    assert objective(gd.L1(1.0)) == pytest.approx(sum(abs(w) for w in W.ravel()))


@pytest.mark.formula("eq-notation-objective")
def test_objective_is_mean_loss_plus_penalty():
    labels = RNG.integers(0, 2, N).astype(float)
    problem = gd.Problem(gd.Linear(D), gd.BinaryCrossEntropy(), gd.L2(0.3))
    theta = THETA[: D + 1]
    losses = [gd.losses.value(problem.loss, z, y) for z, y in zip(problem.scores(theta, X), labels, strict=True)]
    penalty = 0.15 * sum(w * w for w in theta[:D])
    assert problem.objective(theta, X, labels) == pytest.approx(sum(losses) / N + penalty)


@pytest.mark.formula("eq-notation-scores")
def test_scores():
    scores = gd.Problem(MODEL).scores(THETA, X)
    for i, j in np.ndindex(N, K):
        assert scores[i, j] == pytest.approx(sum(X[i, c] * W[j, c] for c in range(D)) + B[j])


@pytest.mark.formula("eq-notation-chain")
def test_gradient_is_the_slopes_carried_back():
    problem = gd.Problem(MODEL, penalty=gd.L2(0.3))
    Z = problem.scores(THETA, X)
    S = np.array([[gd.losses.slope(problem.loss, Z[i, j], Y[i, j]) / N for j in range(K)] for i in range(N)])
    expected = np.concatenate([(S.T @ X + 0.3 * W).ravel(), S.T @ np.ones(N)])
    np.testing.assert_allclose(problem.gradient(THETA, X, Y), expected, rtol=1e-12)


@pytest.mark.formula("eq-notation-squared")
def test_squared_error_and_its_gradient():
    problem, theta, y = gd.Problem(gd.Linear(D, intercept=False)), W[0], Y[:, 0]
    residual = [sum(X[i, c] * theta[c] for c in range(D)) - y[i] for i in range(N)]
    assert problem.objective(theta, X, y) == pytest.approx(sum(e * e for e in residual) / N)
    gradient = [2 / N * sum(X[i, c] * residual[i] for i in range(N)) for c in range(D)]
    np.testing.assert_allclose(problem.gradient(theta, X, y), gradient, rtol=1e-12)


@pytest.mark.formula("eq-notation-penalties")
def test_penalties():
    lam, a = 0.7, 0.4
    squares, absolutes = sum(w * w for w in W.ravel()), sum(abs(w) for w in W.ravel())
    assert objective(gd.L2(lam)) == pytest.approx(lam / 2 * squares)
    assert objective(gd.L1(lam)) == pytest.approx(lam * absolutes)
    assert objective(gd.ElasticNet(lam, a)) == pytest.approx(lam * a * absolutes + lam * (1 - a) / 2 * squares)


@pytest.mark.formula("eq-notation-curvature")
def test_curvature():
    curvatures = [0.5, 2.0, 8.0]
    inputs, targets = gd.datasets.quadratic(curvatures)
    problem = gd.Problem(gd.Linear(3, intercept=False))
    found = problem.smoothness(inputs)
    assert (found.mu, found.L, found.kappa) == pytest.approx((0.5, 8.0, 16.0))
    origin, unit = problem.gradient(np.zeros(3), inputs, targets), np.eye(3)
    second = np.array([problem.gradient(unit[j], inputs, targets) - origin for j in range(3)])
    np.testing.assert_allclose(np.linalg.eigvalsh(second), curvatures, rtol=1e-9)
