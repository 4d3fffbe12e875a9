"""Problems: objective, gradient, scores and smoothness, and what ``load`` copies."""

import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from sklearn.datasets import load_diabetes

import gdlearn as gd
import naive
import running
from gdlearn.models import block, forward, pullback, size, weights
from strategies import LAYOUTS, dtypes, layouts, problems


class Offset(NamedTuple):
    """The sum of a row, and a number more; what a workspace needs to know of it, only plain Python can tell."""

    inputs: int

    @property
    def outputs(self):
        return 1


size.kernel(Offset)(lambda model: 1)
weights.kernel(Offset)(lambda model: 0)
block.kernel(Offset)(lambda model: sum(1 for name in model._fields))


@forward.kernel(Offset)
def _(model, theta, X, order, start, stop, Z, H):
    for i in range(stop - start):
        Z[i, 0] = theta[0]
        for j in range(model.inputs):
            Z[i, 0] += X[order[start + i], j]


@pullback.kernel(Offset)
def _(model, theta, X, order, start, stop, S, share, g, H):
    for i in range(stop - start):
        g[0] += share * S[i, 0]


PENALIZED = [
    (gd.SquaredError(), 1, gd.ElasticNet(0.3, 0.4)),
    (gd.SquaredError(), 3, gd.NoPenalty()),
    (gd.Huber(0.8), 1, gd.L1(0.1)),
    (gd.BinaryCrossEntropy(), 1, gd.L2(0.2)),
    (gd.BinaryCrossEntropy(), 3, gd.L2(0.2)),
    (gd.CrossEntropy(2.0, 0.1), 3, gd.L1(0.05)),
]
components = pytest.mark.parametrize(("loss", "outputs", "penalty"), PENALIZED)


def instance(loss, outputs, penalty, n=70):
    """A problem whose rows fill more than two blocks, with parameters and data."""
    rng = np.random.default_rng(7)
    problem = gd.Problem(gd.Linear(3, outputs), loss, penalty)
    theta, X = rng.standard_normal(gd.models.size(problem.model)), rng.standard_normal((n, 3))
    Y = rng.integers(0, 2, (n, outputs)).astype(float)
    if isinstance(loss, gd.CrossEntropy):
        Y = np.eye(outputs)[rng.integers(0, outputs, n)]
    return problem, theta, X, Y


def targets(problem, Y):
    return Y[:, 0] if problem.model.outputs == 1 else Y


# --- Against the formula


def check_against_the_formula(problem, theta, X, Y):
    y, lists = targets(problem, Y), (theta.tolist(), X.tolist(), Y.tolist())
    expected = naive.objective(problem, *lists)
    assert problem.objective(theta, X, y) == pytest.approx(expected, rel=1e-11, abs=1e-11)
    np.testing.assert_allclose(problem.gradient(theta, X, y), naive.gradient(problem, *lists), rtol=1e-10, atol=1e-10)
    scores = np.array([naive.scores(problem.model, lists[0], x) for x in lists[1]])
    np.testing.assert_allclose(problem.scores(theta, X), targets(problem, scores), rtol=1e-12, atol=1e-12)


@given(problems())
def test_every_problem_equals_its_formula(case):
    with running.plainly():
        check_against_the_formula(*case)


def test_a_workspace_is_measured_in_plain_python():
    problem, X = gd.Problem(Offset(2)), np.array([[1.0, 2.0], [0.0, -1.0], [4.0, 0.0]])
    assert problem.scores([1.0], X).tolist() == [4.0, 0.0, 5.0]
    assert problem.objective([1.0], X, [0.0, 0.0, 0.0]) == pytest.approx(41.0 / 3.0)
    assert problem.gradient([1.0], X, [0.0, 0.0, 0.0]) == pytest.approx([6.0])
    assert gd.minimize(problem, X, [0.0, 0.0, 0.0], schedule=0.5, epochs=1).theta == pytest.approx([-2.0])


@components
def test_compiled_problems_equal_their_formula(loss, outputs, penalty):
    for n in (1, 3, 4, 32, 33, 70):
        check_against_the_formula(*instance(loss, outputs, penalty, n))


@components
def test_the_gradient_is_that_of_the_objective(loss, outputs, penalty):
    """Central differences, at weights far from the kink of L1; the gradient leaves out the kink's own slope."""
    problem, theta, X, Y = instance(loss, outputs, penalty)
    y, h, w = targets(problem, Y), 1e-5, gd.models.weights(problem.model)
    differences = [
        (problem.objective(theta + h * e, X, y) - problem.objective(theta - h * e, X, y)) / (2 * h)
        for e in np.eye(len(theta))
    ]
    kink = np.append(naive.strengths(penalty)[0] * np.sign(theta[:w]), np.zeros(len(theta) - w))
    np.testing.assert_allclose(problem.gradient(theta, X, y) + kink, differences, rtol=1e-7, atol=1e-8)


@components
def test_single_precision_follows_double_precision(loss, outputs, penalty):
    """The sums have 70 terms of order 1: an error of 70 units of single precision at most."""
    problem, theta, X, Y = instance(loss, outputs, penalty)
    theta, X, y = theta.astype(np.float32), X.astype(np.float32), targets(problem, Y)
    g = problem.gradient(theta, X, y)
    assert g.dtype == problem.scores(theta, X).dtype == np.float32
    exact = problem.gradient(theta, X.astype(np.float64), y)
    np.testing.assert_allclose(g, exact, rtol=70 * 1.2e-7, atol=70 * 1.2e-7)
    assert problem.objective(theta, X, y) == pytest.approx(
        problem.objective(theta, X.astype(float), y), rel=70 * 1.2e-7
    )


def test_labels_are_rows_with_one_one():
    problem, theta, X, Y = instance(gd.CrossEntropy(), 3, gd.NoPenalty())
    labels = Y.argmax(axis=1)
    for y in (labels, labels.astype(np.uint8), labels.astype(float), labels.tolist()):
        assert problem.objective(theta, X, y) == problem.objective(theta, X, Y)


def test_intercepts_are_free():
    """The penalty sees the weights only: however large the intercepts, it costs the same."""
    free = gd.Problem(gd.Linear(1, 2), penalty=gd.NoPenalty())
    X, Y = np.zeros((1, 1)), np.zeros((1, 2))
    for penalty, cost in [(gd.L2(2.0), 25.0), (gd.L1(2.0), 14.0), (gd.ElasticNet(2.0, 0.5), 19.5)]:
        for b in (0.0, 100.0):
            theta = [3.0, -4.0, b, -b]
            difference = free._replace(penalty=penalty).objective(theta, X, Y) - free.objective(theta, X, Y)
            assert difference == pytest.approx(cost, rel=1e-10)


# --- Smoothness


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("penalty", [gd.NoPenalty(), gd.L2(0.7), gd.ElasticNet(1.0, 0.25)])
def test_smoothness_holds_the_eigenvalues_of_the_hessian(penalty, intercept):
    """For the squared error the Hessian is constant: columns are differences of gradients, exact up to rounding."""
    rng = np.random.default_rng(3)
    X, y = rng.standard_normal((20, 3)) + np.arange(3), rng.standard_normal(20)
    problem = gd.Problem(gd.Linear(3, intercept=intercept), penalty=penalty)
    p = gd.models.size(problem.model)
    at_zero = problem.gradient(np.zeros(p), X, y)
    hessian = np.array([problem.gradient(e, X, y) - at_zero for e in np.eye(p)])
    eigenvalues = np.linalg.eigvalsh(hessian)
    assert problem.smoothness(X) == pytest.approx((eigenvalues[-1], eigenvalues[0]), rel=1e-10)


@pytest.mark.parametrize(
    ("loss", "k"),
    [(gd.Huber(0.1), 1), (gd.BinaryCrossEntropy(), 1), (gd.CrossEntropy(0.5), 3), (gd.CrossEntropy(2.0, 0.2), 3)],
)
def test_smoothness_bounds_the_growth_of_the_gradient(loss, k):
    """|g(a) - g(b)| <= L |a - b| and (g(a) - g(b)) . (a - b) >= mu |a - b|^2, for any a and b."""
    rng = np.random.default_rng(5)
    X, y = rng.standard_normal((30, 2)), rng.integers(0, max(k, 2), 30)
    problem = gd.Problem(gd.Linear(2, k, intercept=False), loss, gd.L2(0.01))
    L, mu = problem.smoothness(X)
    for scale in (1e-3, 1.0, 100.0):
        for a, b in scale * rng.standard_normal((20, 2, 2 * k)):
            rise = problem.gradient(a, X, y) - problem.gradient(b, X, y)
            assert np.linalg.norm(rise) <= L * np.linalg.norm(a - b) * (1 + 1e-12)
            assert rise @ (a - b) >= mu * (a - b) @ (a - b) * (1 - 1e-9)


def test_the_bound_of_binary_cross_entropy_is_attained_at_zero():
    """At theta = 0 every sigma' is 1/4, so the Hessian's largest eigenvalue is L itself."""
    X = np.random.default_rng(1).standard_normal((25, 2))
    problem, h = gd.Problem(gd.Linear(2), gd.BinaryCrossEntropy()), 1e-4
    y = np.zeros(25)
    hessian = [(problem.gradient(h * e, X, y) - problem.gradient(-h * e, X, y)) / (2 * h) for e in np.eye(3)]
    np.testing.assert_allclose(problem.smoothness(X).L, np.linalg.eigvalsh(np.array(hessian))[-1], rtol=1e-7)


def test_limit_and_condition_number():
    X, _ = gd.datasets.quadratic([2.0, 8.0, 5.0])
    smoothness = gd.Problem(gd.Linear(3, intercept=False)).smoothness(X)
    assert smoothness == pytest.approx((8.0, 2.0), rel=1e-14)
    assert (smoothness.limit, smoothness.kappa) == pytest.approx((0.25, 4.0), rel=1e-14)
    flat = gd.Problem(gd.Linear(3, intercept=False), gd.BinaryCrossEntropy()).smoothness(X)
    assert (flat.mu, flat.kappa) == (0.0, math.inf)
    nothing = gd.Problem(gd.Linear(2, intercept=False)).smoothness(np.zeros((3, 2)))
    assert (nothing.limit, nothing.kappa) == (math.inf, math.inf)


def test_a_loss_of_constant_curvature_needs_one_look_at_the_eigenvalues(monkeypatch):
    seen, eigenvalues = [], np.linalg.eigvalsh
    monkeypatch.setattr(np.linalg, "eigvalsh", lambda H: seen.append(H) or eigenvalues(H))
    gd.Problem(gd.Linear(3), penalty=gd.L2(0.1)).smoothness(np.eye(4, 3))
    assert len(seen) == 1


# --- Data sets and layouts


def test_quadratic_is_the_bowl_it_claims():
    h, c, theta = np.array([0.0, 0.5, 30.0]), np.array([7.0, -1.0, 2.0]), np.array([1.0, 2.0, 3.0])
    problem = gd.Problem(gd.Linear(3, intercept=False))
    X, y = gd.datasets.quadratic(h, center=c)
    assert problem.objective(theta, X, y) == pytest.approx(0.5 * h @ (theta - c) ** 2, rel=1e-13)
    np.testing.assert_allclose(problem.gradient(theta, X, y), h * (theta - c), rtol=1e-13)


def test_diabetes_has_442_patients_in_their_own_units():
    X, y = gd.datasets.diabetes("bmi", "age")
    assert (X.shape, y.shape, X.dtype) == ((442, 2), (442,), np.float64)
    assert X.min(axis=0).tolist() == [18.0, 19.0]
    assert (y.min(), y.max()) == (25.0, 346.0)
    Z, _ = gd.datasets.diabetes(standardize=True)
    np.testing.assert_allclose(Z.mean(axis=0), np.zeros(10), atol=1e-13)
    np.testing.assert_allclose(Z.std(axis=0), np.ones(10), rtol=1e-13)


def test_diabetes_is_that_of_scikit_learn():
    peer = load_diabetes(scaled=False)
    for found, expected in zip(gd.datasets.diabetes(), (peer.data, peer.target), strict=True):
        np.testing.assert_array_equal(found, expected)
        assert found.flags.c_contiguous
    with pytest.raises(ValueError, match="features must be among age, sex, bmi, bp, s1, s2, s3, s4, s5, s6, not 'b'"):
        gd.datasets.diabetes("age", "b")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_contiguous_data_are_not_copied(dtype):
    X, y = np.ones((5, 2), dtype), np.ones(5, dtype)
    problem, data = gd.Problem(gd.Linear(2)).load(X, y)
    assert problem == gd.Problem(gd.Linear(2))
    assert np.shares_memory(data.X, X)
    assert np.shares_memory(data.Y, y)
    assert {a.dtype for a in (*data[:2], *problem.workspace(data.Y.dtype))} == {np.dtype(dtype)}


@given(layouts, layouts, dtypes)
def test_any_layout_gives_the_same_and_stays_as_it_is(layout, target_layout, dtype):
    problem, theta, X, Y = instance(gd.SquaredError(), 3, gd.NoPenalty(), n=6)
    X, Y = X.round(1).astype(dtype), Y.astype(dtype)
    expected = problem.objective(theta, X.astype(float), Y)
    A, B = LAYOUTS[layout](X), LAYOUTS[target_layout](Y)
    assert problem.objective(theta, A, B) == pytest.approx(expected, rel=1e-5 if dtype == np.float32 else 1e-14)
    np.testing.assert_array_equal(np.asarray(A), X)
    np.testing.assert_array_equal(np.asarray(B), Y)
