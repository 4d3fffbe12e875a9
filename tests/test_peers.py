"""Peers: scikit-learn's steps and optima, each convention converted where the test can be seen to need it.

Our losses are means over n rows, our squared error has no 1/2, and our L2 is lam / 2 * |w|^2.
"""

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, Lasso, LogisticRegression, Ridge, SGDClassifier, SGDRegressor

import gdlearn as gd

N = 80
RNG = np.random.default_rng(2)
X = RNG.standard_normal((N, 4)) * [1.0, 0.5, 2.0, 1.0] + [0.0, 1.0, 0.0, -1.0]
SCORES = X @ [1.5, 0.0, -0.7, 0.3] + 0.5
Y = SCORES + 0.5 * RNG.standard_normal(N)
LABELS = (SCORES + RNG.logistic(size=N) > 0.0).astype(int)
CLASSES = np.digitize(SCORES + RNG.logistic(size=N), [-1.0, 1.0])
PASS = {"shuffle": False, "tol": None, "learning_rate": "constant"}
ROW_BY_ROW = {"batch_size": 1, "sampling": "sequential", "tolerance": 0.0}


def parameters(peer):
    """Its coefficients, row by row, then its intercepts: our theta."""
    return np.append(np.ravel(peer.coef_), peer.intercept_ if peer.fit_intercept else [])


# --- The same steps


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("lam", [0.0, 0.3])
def test_sgd_regressor_takes_the_same_steps(lam, intercept):
    """Its objective (z - y)^2 / 2 + alpha / 2 * |w|^2 is half of ours with alpha = lam / 2: its rate is twice ours.

    It first takes the gradient's scale from the old w, then multiplies w by 1 - eta * alpha, then adds
    -eta * slope * x: in exact arithmetic our step w - eta * (slope * x + alpha * w). The intercept
    has no penalty there either.
    """
    eta = 0.01
    peer = SGDRegressor(alpha=lam / 2.0, eta0=2.0 * eta, max_iter=7, fit_intercept=intercept, **PASS).fit(X, Y)
    problem = gd.Problem(gd.Linear(4, intercept=intercept), penalty=gd.L2(lam))
    run = gd.minimize(problem, X, Y, schedule=eta, epochs=7, **ROW_BY_ROW)
    np.testing.assert_allclose(run.theta, parameters(peer), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("lam", [0.0, 0.3])
def test_sgd_classifier_takes_the_same_steps(lam):
    """Its log loss is our binary cross-entropy, its penalty alpha / 2 * |w|^2: alpha = lam, and the same rate."""
    peer = SGDClassifier("log_loss", alpha=lam, eta0=0.05, max_iter=7, **PASS).fit(X, LABELS)
    problem = gd.Problem(gd.Linear(4), gd.BinaryCrossEntropy(), gd.L2(lam))
    run = gd.minimize(problem, X, LABELS, schedule=0.05, epochs=7, **ROW_BY_ROW)
    np.testing.assert_allclose(run.theta, parameters(peer), rtol=1e-9, atol=1e-12)


def test_one_against_the_rest_is_three_binary_outputs():
    """SGDClassifier fits one model per class; three outputs with a row of 0 and 1 each are the same models."""
    peer = SGDClassifier("log_loss", alpha=0.1, eta0=0.05, max_iter=5, **PASS).fit(X, CLASSES)
    problem = gd.Problem(gd.Linear(4, 3), gd.BinaryCrossEntropy(), gd.L2(0.1))
    run = gd.minimize(problem, X, np.eye(3)[CLASSES], schedule=0.05, epochs=5, **ROW_BY_ROW)
    np.testing.assert_allclose(run.theta, parameters(peer), rtol=1e-9, atol=1e-12)


@pytest.mark.long_in_python("a quarter of a minute")
def test_the_elastic_net_of_the_regressor_is_another_method():
    """With L1 the steps differ: scikit-learn subtracts a running total of the penalty (Tsuruoka 2009), we take
    proximal steps. Both end near the same optimum; with rates this small, as near as one epoch moves.
    """
    eta, lam = 1e-4, 0.2
    peer = SGDRegressor(penalty="l1", alpha=lam / 2.0, eta0=2.0 * eta, max_iter=3000, **PASS).fit(X, Y)
    problem = gd.Problem(gd.Linear(4), penalty=gd.L1(lam))
    ours = gd.minimize(problem, X, Y, schedule=eta, epochs=3000, **ROW_BY_ROW).theta
    np.testing.assert_allclose(ours, parameters(peer), atol=10 * eta)


# --- The same optima


def optimum(problem, y, eta=0.05):
    """Our minimum, to the last digits; the status says that the smallest subgradient is below the tolerance."""
    method = {"optimizer": gd.Nesterov(0.9), "schedule": eta, "epochs": 20_000, "tolerance": 1e-11}
    run = gd.minimize(problem, X, y, **method)
    assert run.status == "converged"
    return run.theta


def subgradient_norm(problem, theta, y):
    return gd.minimize(problem, X, y, start=theta, epochs=0).history.gradient_norm[0]


@pytest.mark.parametrize("intercept", [True, False])
def test_ridge_has_the_same_optimum(intercept):
    """|y - Xw|^2 + alpha * |w|^2 is n times ours with alpha = n * lam / 2."""
    problem = gd.Problem(gd.Linear(4, intercept=intercept), penalty=gd.L2(0.4))
    peer = parameters(Ridge(N * 0.4 / 2.0, fit_intercept=intercept, solver="cholesky").fit(X, Y))
    assert subgradient_norm(problem, peer, Y) < 1e-12
    np.testing.assert_allclose(optimum(problem, Y), peer, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("ratio", [1.0, 0.6])
def test_lasso_and_elastic_net_have_the_same_optimum(ratio):
    """|y - Xw|^2 / 2n + alpha * (ratio * |w|_1 + (1 - ratio) / 2 * |w|^2) is half of ours with alpha = lam / 2."""
    lam = 0.8
    exact = {"tol": 1e-14, "max_iter": 10_000}
    peer = Lasso(lam / 2.0, **exact) if ratio == 1.0 else ElasticNet(lam / 2.0, l1_ratio=ratio, **exact)
    penalty = gd.L1(lam) if ratio == 1.0 else gd.ElasticNet(lam, ratio)
    problem, peer = gd.Problem(gd.Linear(4), penalty=penalty), parameters(peer.fit(X, Y))
    assert 0 < np.count_nonzero(peer[:4]) < 4
    assert subgradient_norm(problem, peer, Y) < 1e-6
    ours = optimum(problem, Y)
    np.testing.assert_allclose(ours, peer, atol=1e-6)
    assert (ours == 0.0).tolist() == (peer == 0.0).tolist()


def test_logistic_regression_has_the_same_optimum():
    """C * sum of losses + |w|^2 / 2 is ours over lam with C = 1 / (n * lam)."""
    problem = gd.Problem(gd.Linear(4), gd.BinaryCrossEntropy(), gd.L2(0.05))
    peer = LogisticRegression(C=1.0 / (N * 0.05), solver="newton-cholesky", tol=1e-12).fit(X, LABELS)
    theta = parameters(peer)
    assert subgradient_norm(problem, theta, LABELS) < 1e-9
    ours = optimum(problem, LABELS, eta=0.2)
    np.testing.assert_allclose(ours, theta, rtol=1e-7)
    sigmoid = 1.0 / (1.0 + np.exp(-problem.scores(ours, X)))
    np.testing.assert_allclose(sigmoid, peer.predict_proba(X)[:, 1], rtol=1e-7)


def test_softmax_regression_has_the_same_optimum():
    """The same C. The intercepts count up to a common shift, which no softmax sees: compare their differences."""
    problem = gd.Problem(gd.Linear(4, 3), gd.CrossEntropy(), gd.L2(0.05))
    peer = LogisticRegression(C=1.0 / (N * 0.05), solver="newton-cholesky", tol=1e-12).fit(X, CLASSES)
    theta = parameters(peer)
    assert subgradient_norm(problem, theta, CLASSES) < 1e-9
    ours = optimum(problem, CLASSES, eta=0.2)
    np.testing.assert_allclose(ours[:12], theta[:12], rtol=1e-7)
    np.testing.assert_allclose(np.diff(ours[12:]), np.diff(theta[12:]), rtol=1e-7)
