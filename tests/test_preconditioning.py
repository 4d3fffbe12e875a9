"""The matrix that L-BFGS begins from: beside finite differences, and what it is worth on columns as they come."""

from typing import NamedTuple

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.linear_model import LogisticRegression, Ridge

import gdlearn as gd
from gdlearn import quasi_newton
from gdlearn.losses import slope, value
from gdlearn.models import size
from gdlearn.preconditioning import CHEAP, LARGEST, PATIENT, Preconditioner, curvatures, due

N, D, LAM = 90, 4, 0.01
RNG = np.random.default_rng(3)
X = RNG.standard_normal((N, D)) * [1.0, 10.0, 0.1, 1.0] + [0.0, 5.0, 3.0, -1.0]
Z = (X - X.mean(axis=0)) / X.std(axis=0) @ [1.0, -1.0, 0.5, 0.5]
Y = Z + 0.3 * RNG.standard_normal(N)
LABELS = (Y > 0.0).astype(float)
CLASSES = np.digitize(Y, [-1.0, 1.0]).astype(float)
WEIGHT = RNG.integers(1, 4, N).astype(float)
RIDGE = gd.L2(LAM)
EXACT = {
    "squares": (gd.Problem(gd.Linear(D), penalty=RIDGE), Y),
    "no intercept": (gd.Problem(gd.Linear(D, intercept=False)), Y),
    "several outputs": (gd.Problem(gd.Linear(D, 2), penalty=RIDGE), np.column_stack([Y, -2.0 * Y])),
    "huber": (gd.Problem(gd.Linear(D), gd.Huber(100.0), RIDGE), Y),
    "binary": (gd.Problem(gd.Linear(D), gd.BinaryCrossEntropy(), RIDGE), LABELS),
    "weighted": (gd.Problem(gd.Linear(D), gd.Weighted(gd.BinaryCrossEntropy()), RIDGE), np.c_[LABELS, WEIGHT]),
}


def differences(problem, theta, X, y):
    """The second derivatives (p, p): central differences of the gradient."""
    step = 1e-5
    sides = [[problem.gradient(theta + t * e, X, y) for t in (step, -step)] for e in np.eye(len(theta))]
    return np.array([(right - left) / (2.0 * step) for right, left in sides])


def preconditioner(problem, theta, X, y):
    return Preconditioner(*problem.load(X, y), theta)


# --- The matrix


@pytest.mark.parametrize("kind", [np.ascontiguousarray, np.asfortranarray])
@pytest.mark.parametrize("name", EXACT)
def test_the_matrix_is_the_inverse_of_the_second_derivatives(name, kind):
    problem, y = EXACT[name]
    theta = 0.1 * RNG.standard_normal(size(problem.model))
    H, P = differences(problem, theta, X, y), preconditioner(problem, theta, kind(X), y)
    for v in np.eye(len(theta)):
        np.testing.assert_allclose(H @ (P @ v), v, atol=1e-5)


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_for_classes_that_are_equally_probable_as_well(temperature):
    """A number added to all scores changes nothing, so that only gradients that sum to 0 over the classes count."""
    problem = gd.Problem(gd.Linear(D, 3), gd.CrossEntropy(temperature))
    H, P = (f(problem, np.zeros(3 * D + 3), X, CLASSES) for f in (differences, preconditioner))
    for _ in range(5):
        W, b = RNG.standard_normal((3, D)), RNG.standard_normal(3)
        v = np.append(W - W.mean(axis=0), b - b.mean())
        np.testing.assert_allclose(H @ (P @ v), v, atol=1e-5)


def test_columns_far_from_zero_keep_their_digits():
    """And blocks of rows add up: there are more rows than one block holds."""
    A = RNG.standard_normal((40_000, 2))
    y, theta = A[:, 0] + 1.0, np.zeros(3)
    near = preconditioner(gd.Problem(gd.Linear(2)), theta, A, y)
    far = preconditioner(gd.Problem(gd.Linear(2)), theta, A + 1e6, y)
    S = 2.0 * np.cov(A.T, bias=True)
    v = np.array([1.0, -2.0, 0.0])
    np.testing.assert_allclose((near @ v)[:2], np.linalg.solve(S, v[:2]), rtol=1e-9)
    np.testing.assert_allclose((far @ v)[:2], np.linalg.solve(S, v[:2]), rtol=1e-6)


def test_the_parabola_of_huber_lies_above_the_loss_and_touches_it():
    loss, z = gd.Huber(0.7), np.linspace(-5.0, 5.0, 101)
    for y in (0.0, 1.5):
        for at in (-3.0, 0.9, 2.2, 2.3):
            h = curvatures(loss, np.array([[at]]), np.array([[y]]))[0]
            parabola = value(loss, at, y) + slope(loss, at, y) * (z - at) + 0.5 * h * (z - at) ** 2
            assert (parabola >= [value(loss, s, y) - 1e-12 for s in z]).all()
    assert curvatures(loss, np.array([[0.7], [-0.7], [1.4]]), np.zeros((3, 1))).tolist() == [1.0, 1.0, 0.5]


@pytest.mark.parametrize("X", [[[1e200], [2e200], [4e200]], [[1.0], [np.inf], [2.0]]])
def test_numbers_that_overflow_have_no_matrix(X):
    problem, data = gd.Problem(gd.Linear(1)).load(X, np.arange(3.0), looks=True)
    with np.errstate(all="ignore"), pytest.raises(np.linalg.LinAlgError):
        Preconditioner(problem, data, np.zeros(2))


def test_rows_without_curvature_have_no_matrix():
    problem = gd.Problem(gd.Linear(1), gd.BinaryCrossEntropy())
    with pytest.raises(np.linalg.LinAlgError):
        preconditioner(problem, np.array([1e4, 0.0]), np.ones((3, 1)), np.ones(3))


# --- When it pays


class Unknown(NamedTuple):
    """The squared error, under a name that nobody knows."""


@value.kernel(Unknown)
def _(loss, z, y):
    return (z - y) * (z - y)


@slope.kernel(Unknown)
def _(loss, z, y):
    return 2.0 * (z - y)


def test_who_has_a_matrix():
    def when(problem, X=X, y=Y):
        return due(*problem.load(X, y))

    never, few = (np.inf, np.inf), D / CHEAP
    assert when(EXACT["squares"][0]) == (few, np.inf)
    assert when(*EXACT["binary"][:1], y=LABELS) == (PATIENT + few, PATIENT + few)
    assert when(gd.Problem(gd.Linear(D, 3), gd.CrossEntropy()), y=CLASSES)[0] == PATIENT + few
    assert when(EXACT["squares"][0], sparse.csr_array(X)) == never
    assert when(gd.Problem(gd.Linear(D), Unknown())) == never
    assert when(gd.Problem(gd.MLP(D, (3,)))) == never
    for rows, columns, has in ((7, 7, True), (7, 8, False), (LARGEST, LARGEST, True), (LARGEST, LARGEST + 1, False)):
        wide = np.broadcast_to(np.float32(0.0), (rows, columns))
        assert (when(gd.Problem(gd.Linear(columns)), wide, np.zeros(rows)) != never) == has


@pytest.mark.parametrize(("shift", "tolerance", "built"), [(0.0, 1e-6, 0), (0.0, 1e-9, 1), (5.0, 1e-6, 1)])
def test_a_matrix_is_taken_only_where_many_steps_are_left(shift, tolerance, built, monkeypatch):
    """At the rate of the last steps, these scaled columns need few more to the first tolerance."""
    rng = np.random.default_rng(0)
    A = rng.standard_normal((400, 20))
    y = (A @ rng.standard_normal(20) + rng.logistic(size=400) > 0.0).astype(float)
    taken = []
    monkeypatch.setattr(quasi_newton, "Preconditioner", lambda *a: taken.append(a) or Preconditioner(*a))
    problem = gd.Problem(gd.Linear(20), gd.BinaryCrossEntropy(), gd.L2(1e-3))
    run = gd.lbfgs(problem, A + shift, y, tolerance=tolerance)
    assert run.status == "converged" and len(taken) == built


# --- What it is worth


def steps(model, X, y):
    model.fit(X, y)
    assert model.run_.status == "converged"
    return model.n_iter_


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_least_squares_take_one_step_and_what_rounding_asks_for(dtype):
    A, y = load_diabetes(return_X_y=True, scaled=False)
    model = gd.GDRegressor(lam=1e-3, tolerance=1e-6 if dtype is np.float64 else 1.0)
    assert steps(model, A.astype(dtype), y) <= 3
    peer = Ridge(len(y) * 1e-3 / 2.0, solver="cholesky").fit(A, y)
    np.testing.assert_allclose(model.coef_, peer.coef_, rtol=1e-6 if dtype is np.float64 else 1e-2)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("load", [load_wine, load_breast_cancer])
def test_columns_that_nobody_scaled(load):
    """Without the matrix, a thousand steps are not enough for them."""
    A, y = load(return_X_y=True)
    model = gd.GDClassifier(lam=1e-3, tolerance=1e-7)
    assert steps(model, A, y) < 100
    peer = LogisticRegression(C=1.0 / (len(y) * 1e-3), solver="newton-cholesky", tol=1e-9, max_iter=1000).fit(A, y)
    np.testing.assert_allclose(model.predict_proba(A), peer.predict_proba(A), atol=1e-4)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("y", [Y, LABELS, CLASSES], ids=["numbers", "two classes", "three"])
@pytest.mark.parametrize("lam", [0.0, LAM])
def test_columns_that_depend_on_each_other(y, lam):
    """Twice the same column, and one without any spread: the scores are those of the columns that there are."""
    A = np.hstack([X, X[:, :1], np.ones((N, 1))])
    kind = gd.GDRegressor if y is Y else gd.GDClassifier
    model = kind(lam=lam, tolerance=1e-8)
    assert steps(model, A, y) < 50
    np.testing.assert_allclose(model.coef_.T[0], model.coef_.T[4], rtol=1e-3)
    if lam == 0.0:
        alone = kind(lam=lam, tolerance=1e-8).fit(X, y)
        np.testing.assert_allclose(model.predict(A), alone.predict(X), atol=1e-5)
