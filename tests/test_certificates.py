"""Certificates: never below the true distance to the minimum, and zero at the minimum itself."""

import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import minimize, minimize_scalar
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge

import gdlearn as gd
import running
from gdlearn import certificates, penalties
from gdlearn.certificates import Certificate, balanced, certificate, duality_gap, gradient_bound, subgradient_norm
from strategies import positives, problems, rows

RNG = np.random.default_rng(3)
N = 60
X = RNG.standard_normal((N, 4)) + np.array([0.0, 1.0, 0.0, -1.0])
Y = X @ [1.5, 0.0, -0.7, 0.3] + 0.5 + 0.5 * RNG.standard_normal(N)
LABELS = (Y + RNG.logistic(size=N) > 0.0).astype(float)
PENALTIES = [gd.L2(0.3), gd.L1(0.1), gd.ElasticNet(0.2, 0.5), gd.ElasticNet(0.2, 0.0), gd.ElasticNet(0.2, 1.0)]
TARGETS = {gd.SquaredError: Y, gd.BinaryCrossEntropy: LABELS}
cases = pytest.mark.parametrize("penalty", PENALTIES, ids=str)
losses = pytest.mark.parametrize("loss", [gd.SquaredError(), gd.BinaryCrossEntropy()], ids=str)
intercepts = pytest.mark.parametrize("intercept", [True, False])


@pytest.fixture(scope="module", autouse=True)
def _plain():
    """Nothing here is worth the time that the compiler takes."""
    with running.plainly():
        yield


def best(problem, y):
    """The minimum by SciPy, which knows nothing of duality: over u and v, at least 0, with w = u - v."""
    d, p = problem.model.inputs, gd.models.size(problem.model)
    kink = certificates.strengths(problem.penalty)[0]
    smooth = problem._replace(penalty=gd.L2(certificates.strengths(problem.penalty)[1]))

    def split(x):
        return np.append(x[:d] - x[d : 2 * d], x[2 * d :])

    def objective(x):
        g = smooth.gradient(split(x), X, y)
        return smooth.objective(split(x), X, y) + kink * x[: 2 * d].sum(), np.append(
            kink + g[:d], [*kink - g[:d], *g[d:]]
        )

    bounds = [(0.0, None)] * 2 * d + [(None, None)] * (p - d)
    exact = {"ftol": 1e-16, "gtol": 1e-10, "maxiter": 10_000, "maxcor": 30}
    found = minimize(objective, np.zeros(d + p), jac=True, bounds=bounds, method="L-BFGS-B", options=exact)
    return split(found.x), problem.objective(split(found.x), X, y)


# --- The duality gap


@cases
@losses
@intercepts
def test_the_gap_bounds_the_distance_and_is_zero_at_the_minimum(loss, penalty, intercept):
    problem, y = gd.Problem(gd.Linear(4, intercept=intercept), loss, penalty), TARGETS[type(loss)]
    theta, least = best(problem, y)
    # L-BFGS-B ends where the objective no longer changes: at a theta exact to the root of 1e-16, as is a kink's gap.
    assert duality_gap(problem, theta, X, y) <= 1e-7
    for scale in (1e-4, 1e-2, 1.0, 100.0):
        for _ in range(5):
            there = theta + scale * RNG.standard_normal(len(theta))
            assert duality_gap(problem, there, X, y) >= problem.objective(there, X, y) - least - 1e-10


@given(problems(), st.data())
def test_no_theta_beats_the_bound_of_another(case, data):
    """J(theta) - gap(theta) is a lower bound on every J(theta')."""
    problem, theta, X, Y = case
    assume(isinstance(problem.model, gd.Linear))
    loss = problem.loss if isinstance(problem.loss, gd.BinaryCrossEntropy) else gd.SquaredError()
    kind, lam = data.draw(st.sampled_from([gd.L1, gd.L2, gd.ElasticNet])), data.draw(positives(1e-3, 10.0))
    problem, y = problem._replace(loss=loss, penalty=kind(lam)), Y[:, 0] if problem.model.outputs == 1 else Y
    bound = problem.objective(theta, X, y) - duality_gap(problem, theta, X, y)
    for other in (data.draw(st.floats(-2.0, 2.0)) * theta, data.draw(rows(len(theta), 2.0))):
        assert bound <= problem.objective(other, X, y) * (1.0 + 1e-12) + 1e-10


def test_the_gap_is_that_of_scikit_learn_at_its_own_solution():
    """Its objective is half of ours, and so is its gap; both only bound, so they agree in size."""
    peer = ElasticNet(0.1, l1_ratio=0.5, tol=1e-6).fit(X, Y)
    problem = gd.Problem(gd.Linear(4), penalty=gd.ElasticNet(0.2, 0.5))
    gap = duality_gap(problem, np.append(peer.coef_, peer.intercept_), X, Y)
    assert gap <= 4.0 * 1e-6 * Y.var()


def test_the_gap_certifies_the_optima_of_scikit_learn():
    ridge = Ridge(N * 0.3 / 2.0).fit(X, Y)
    problem = gd.Problem(gd.Linear(4), penalty=gd.L2(0.3))
    assert duality_gap(problem, np.append(ridge.coef_, ridge.intercept_), X, Y) <= 1e-13
    for penalty, kind in [(gd.L2(0.05), 0.0), (gd.L1(0.02), 1.0)]:
        C = 1.0 / (N * (0.05 if kind == 0.0 else 0.02))
        peer = LogisticRegression(C=C, l1_ratio=kind, solver="saga", tol=1e-10, max_iter=100_000).fit(X, LABELS)
        problem = gd.Problem(gd.Linear(4), gd.BinaryCrossEntropy(), penalty)
        assert duality_gap(problem, np.append(peer.coef_, peer.intercept_), X, LABELS) <= 1e-7


@losses
@pytest.mark.parametrize(("u", "y"), [(0.3, 0.0), (0.8, 0.0), (-0.3, 0.4), (0.5, 0.4), (-0.9, 1.0), (-0.4, 1.0)])
def test_conjugates_are_the_largest_of_u_z_less_the_loss(loss, u, y):
    found = certificates.conjugate(loss, np.array([u]), np.array([y]))[0]
    brute = minimize_scalar(lambda z: gd.losses.value(loss, z, y) - u * z, bounds=(-50, 50), options={"xatol": 1e-10})
    assert found == pytest.approx(-brute.fun, abs=1e-8)


@losses
def test_slopes_are_those_of_the_loss(loss):
    Z, targets = np.array([-800.0, -1.0, 0.0, 2.0, 800.0]), np.array([0.0, 1.0, 0.3, 0.0, 1.0])
    expected = [gd.losses.slope(loss, z, y) for z, y in zip(Z, targets, strict=True)]
    np.testing.assert_allclose(certificates.slopes(loss, Z, targets), expected, rtol=1e-12, atol=1e-15)


def test_balanced_columns_sum_to_zero_and_no_entry_grows():
    U = RNG.standard_normal((20, 3)) + np.array([0.0, 1.0, -5.0])
    B = balanced(U)
    np.testing.assert_allclose(B.sum(axis=0), 0.0, atol=1e-14)
    assert (np.abs(B) <= np.abs(U)).all() and (B * U >= 0.0).all()


@losses
def test_inputs_of_every_kind_give_the_same_gap(loss):
    problem, y, theta = gd.Problem(gd.Linear(4), loss, gd.L1(0.1)), TARGETS[type(loss)], RNG.standard_normal(5)
    expected = duality_gap(problem, theta, X, y)
    assert duality_gap(problem, theta, sparse.csr_array(X), y) == pytest.approx(expected, rel=1e-12)
    single = duality_gap(problem, theta, X.astype(np.float32), y.astype(np.float32))
    assert single == pytest.approx(expected, rel=1e-5)


def test_outputs_are_bounded_together():
    Z = np.column_stack([Y, 2.0 * Y + 1.0, -Y])
    problem = gd.Problem(gd.Linear(4, 3), penalty=gd.L2(0.3))
    alone = [gd.Problem(gd.Linear(4), penalty=gd.L2(0.3)) for _ in range(3)]
    W, b = RNG.standard_normal((3, 4)), RNG.standard_normal(3)
    together = duality_gap(problem, np.append(W.ravel(), b), X, Z)
    apart = sum(duality_gap(p, np.append(W[c], b[c]), X, Z[:, c]) for c, p in enumerate(alone))
    assert together == pytest.approx(apart)


@pytest.mark.parametrize("scale", [1e-4, 1e4])
def test_logits_far_out_give_a_finite_gap(scale):
    problem = gd.Problem(gd.Linear(4), gd.BinaryCrossEntropy(), gd.ElasticNet(0.2, 0.5))
    for theta in (np.full(5, scale), np.full(5, -scale)):
        assert math.isfinite(duality_gap(problem, theta, X, LABELS))


@pytest.mark.parametrize(
    "problem",
    [
        gd.Problem(gd.Linear(4)),
        gd.Problem(gd.Linear(4), penalty=gd.L1(0.0)),
        gd.Problem(gd.Linear(4), gd.Huber(), gd.L1(0.1)),
        gd.Problem(gd.MLP(4, (3,)), penalty=gd.L2(0.1)),
    ],
    ids=["no penalty", "penalty of 0", "Huber", "MLP"],
)
def test_what_has_no_gap_says_so(problem):
    with pytest.raises(TypeError, match="no duality gap is known for"):
        duality_gap(problem, np.zeros(gd.models.size(problem.model)), X, Y)


# --- The gradient bound


@pytest.mark.parametrize("penalty", [gd.NoPenalty(), *PENALTIES], ids=str)
def test_the_gradient_bound_holds(penalty):
    problem = gd.Problem(gd.Linear(4), penalty=penalty)
    theta, least = best(problem, Y)
    for scale in (1e-3, 1.0, 30.0):
        there = theta + scale * RNG.standard_normal(5)
        there[0] = 0.0  # a weight at the kink
        assert gradient_bound(problem, there, X, Y) >= problem.objective(there, X, Y) - least - 1e-10


def test_along_the_flattest_direction_the_bound_is_exact():
    """On a quadratic, in the direction of the smallest curvature, J - J* = |g|^2 / (2 mu)."""
    X, y = gd.datasets.quadratic([1.0, 100.0], center=[5.0, 6.0])
    problem = gd.Problem(gd.Linear(2, intercept=False))
    assert gradient_bound(problem, [9.0, 6.0], X, y) == pytest.approx(problem.objective([9.0, 6.0], X, y))


def test_without_strong_convexity_nothing_is_bounded():
    twins = np.column_stack([X, X])
    problem = gd.Problem(gd.Linear(8))
    assert gradient_bound(problem, np.ones(9), twins, Y) == math.inf
    assert certificate(problem, np.ones(9), twins, Y) == Certificate("none", math.inf)


def test_the_subgradient_is_that_of_the_training_loop():
    for penalty in PENALTIES:
        problem, theta = gd.Problem(gd.Linear(4), penalty=penalty), np.array([0.0, 1.0, -2.0, 0.0, 0.5])
        expected = gd.minimize(problem, X, Y, start=theta, epochs=0).history.gradient_norm[0]
        assert subgradient_norm(problem, theta, X, Y) == pytest.approx(expected)


class Kinked(NamedTuple):
    """L1 as somebody else writes it."""

    lam: float


for function in (penalties.cost, penalties.prox, penalties.subgradient):
    function.kernel(Kinked)(function.dispatch(gd.L1))


def test_the_kink_of_a_penalty_of_yours_counts():
    theirs, ours = (gd.Problem(gd.Linear(4), penalty=penalty) for penalty in (Kinked(0.5), gd.L1(0.5)))
    for theta in (np.zeros(5), gd.closed_form(gd.Problem(gd.Linear(4)), X, Y).theta):
        assert subgradient_norm(theirs, theta, X, Y) == subgradient_norm(ours, theta, X, Y) > 0.1
        assert certificate(theirs, theta, X, Y).bound == gradient_bound(ours, theta, X, Y)
    run = gd.fista(theirs, X, Y)
    assert run.status == "converged" and run.certificate.bound < 1e-8


# --- Which one


def test_the_certificate_is_the_gap_or_the_gradient_bound_or_nothing():
    theta = np.zeros(5)
    kinds = {
        "duality gap": gd.Problem(gd.Linear(4), penalty=gd.L1(0.1)),
        "gradient bound": gd.Problem(gd.Linear(4)),
        "none": gd.Problem(gd.Linear(4), gd.Huber()),
    }
    for kind, problem in kinds.items():
        found = certificate(problem, theta, X, Y)
        assert found.kind == kind and math.isinf(found.bound) == (kind == "none")
    assert certificate(gd.Problem(gd.Linear(4), gd.AbsoluteError()), theta, X, Y).kind == "none"
