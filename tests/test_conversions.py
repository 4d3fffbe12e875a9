"""The table in book/reference/notation.md that tells how other libraries write the same problem."""

import numpy as np
import pytest
from sklearn import linear_model

import gdlearn as gd

RNG = np.random.default_rng(0)
N, D = 12, 3
X, TARGETS = RNG.normal(size=(N, D)), RNG.normal(size=N)
LAM, RATIO = 0.2, 0.3
ELSEWHERE = [
    (gd.SquaredError(), gd.L2(LAM), linear_model.Ridge(alpha=N * LAM / 2, tol=1e-12)),
    (gd.SquaredError(), gd.L1(LAM), linear_model.Lasso(alpha=LAM / 2, tol=1e-12)),
    (gd.SquaredError(), gd.ElasticNet(LAM, RATIO), linear_model.ElasticNet(alpha=LAM / 2, l1_ratio=RATIO, tol=1e-12)),
    (gd.BinaryCrossEntropy(), gd.L2(LAM), linear_model.LogisticRegression(C=1 / (N * LAM), tol=1e-10)),
]


@pytest.mark.parametrize(("loss", "penalty", "peer"), ELSEWHERE, ids=lambda part: type(part).__name__)
def test_the_same_problem_elsewhere(loss, penalty, peer):
    y = (TARGETS > 0).astype(float) if isinstance(loss, gd.BinaryCrossEntropy) else TARGETS
    problem = gd.Problem(gd.Linear(D), loss, penalty)
    run = gd.minimize(problem, X, y, schedule=1 / problem.smoothness(X).L, epochs=20_000, tolerance=1e-11)
    peer.fit(X, y)
    np.testing.assert_allclose(run.theta, np.append(peer.coef_, peer.intercept_), atol=2e-6)
