"""Newton's method: its derivatives against finite differences, its ends against scikit-learn and certificates."""

from typing import NamedTuple

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

import gdlearn as gd
import running
from gdlearn import second_order as module
from gdlearn import validation
from gdlearn.certificates import duality_gap
from gdlearn.hessians import factored, look, second_derivative
from gdlearn.second_order import Descent, newton
from test_solvers import LABELS, N, X, Y

LOG = gd.BinaryCrossEntropy()
intercepts = pytest.mark.parametrize("intercept", [True, False])
layouts = pytest.mark.parametrize("layout", [np.asarray, sparse.csr_array], ids=["dense", "CSR"])
compiled, _plain = running.plain_unless_compiled((module, "look"))


def matrix(problem, X, y, theta):
    """The second derivatives at theta, as the compiled or plain look finds them."""
    ready, data = problem.ready().load(X, y)
    descent = Descent(ready, data, 0.0)
    module.look(ready, theta, data, descent.place, True)
    H = np.tril(descent.place.H)
    return H + np.tril(H, -1).T, descent.place.work.g


# --- The derivatives


@pytest.mark.parametrize("loss", [gd.SquaredError(), LOG])
@pytest.mark.parametrize("z", [-3.0, -0.2, 0.0, 1.5, 30.0])
def test_second_derivatives_are_those_of_the_slope(loss, z):
    step = 1e-5
    difference = (gd.losses.slope(loss, z + step, 0.3) - gd.losses.slope(loss, z - step, 0.3)) / (2.0 * step)
    assert second_derivative(loss, z, 0.3) == pytest.approx(difference, rel=1e-8, abs=1e-10)


def test_no_score_overflows():
    assert second_derivative(LOG, 1e4, 1.0) == second_derivative(LOG, -1e4, 1.0) == 0.0


@intercepts
@layouts
@pytest.mark.parametrize("loss", [gd.SquaredError(), LOG])
def test_the_matrix_is_that_of_finite_differences(loss, layout, intercept):
    """N is no multiple of 4, nor of the block of rows."""
    problem = gd.Problem(gd.Linear(5, intercept=intercept), loss, gd.L2(0.3))
    theta = np.random.default_rng(1).standard_normal(5 + intercept)
    H, g = matrix(problem, layout(X), LABELS, theta)
    np.testing.assert_allclose(g, problem.gradient(theta, X, LABELS), rtol=1e-12, atol=1e-14)
    moves = 1e-5 * np.eye(len(theta))
    differences = [problem.gradient(theta + e, X, LABELS) - problem.gradient(theta - e, X, LABELS) for e in moves]
    np.testing.assert_allclose(H, np.array(differences) / 2e-5, rtol=1e-7, atol=1e-8)


def test_rows_with_repeated_and_unsorted_columns_count_right():
    odd = sparse.csr_array((np.array([1.0, 2.0, 4.0, 3.0]), np.array([1, 0, 1, 2]), np.array([0, 3, 4])), shape=(2, 3))
    problem = gd.Problem(gd.Linear(3))
    H = matrix(problem, odd, [0.0, 1.0], np.zeros(4))[0]
    np.testing.assert_allclose(H, matrix(problem, odd.toarray(), [0.0, 1.0], np.zeros(4))[0], rtol=1e-15)


def test_compiled_and_plain_looks_are_the_same(compiled, monkeypatch):
    problem = gd.Problem(gd.Linear(5), LOG, gd.L2(0.3))
    for layout in (np.asarray, sparse.csr_array):
        fast = matrix(problem, layout(X), LABELS, np.linspace(-1.0, 1.0, 6))
        with monkeypatch.context() as patch:
            patch.setattr(module, "look", look.py_func)
            plain = matrix(problem, layout(X), LABELS, np.linspace(-1.0, 1.0, 6))
        np.testing.assert_allclose(fast[0], plain[0], rtol=1e-12)
        np.testing.assert_allclose(fast[1], plain[1], rtol=1e-12)


# --- The minimum


@intercepts
@layouts
@pytest.mark.parametrize("lam", [1e-6, 0.05, 1e3])
def test_the_minimum_is_that_of_scikit_learn(layout, intercept, lam):
    problem = gd.Problem(gd.Linear(5, intercept=intercept), LOG, gd.L2(lam))
    run = newton(problem, layout(X), LABELS, tolerance=0.0)
    options = {"solver": "newton-cholesky", "tol": 1e-13, "max_iter": 1000, "fit_intercept": intercept}
    peer = LogisticRegression(C=1.0 / (N * lam), **options).fit(X, LABELS)
    expected = np.append(peer.coef_, peer.intercept_ if intercept else [])
    np.testing.assert_allclose(run.theta, expected, rtol=1e-8, atol=1e-8 * np.abs(expected).max())
    assert run.certificate.kind == "duality gap" and run.certificate.bound <= 1e-14
    assert run.certificate.bound == pytest.approx(duality_gap(problem, run.theta, X, LABELS), abs=1e-15)


@intercepts
@pytest.mark.parametrize("penalty", [gd.NoPenalty(), gd.L2(0.0), gd.L2(0.4)])
def test_least_squares_take_one_step(penalty, intercept):
    problem = gd.Problem(gd.Linear(5, intercept=intercept), penalty=penalty)
    run = newton(problem, X, Y, tolerance=1e-12)
    np.testing.assert_allclose(run.theta, gd.closed_form(problem, X, Y).theta, rtol=1e-9, atol=1e-11)
    assert (run.epochs, run.status) == (1, "converged") and run.certificate.bound < 1e-12


@intercepts
@pytest.mark.parametrize("tolerance", [1e-2, 1e-5, 1e-8, 1e-12])
def test_the_gap_at_the_end_is_within_the_tolerance(tolerance, intercept):
    problem = gd.Problem(gd.Linear(5, intercept=intercept), LOG, gd.L2(0.01))
    run = newton(problem, X, LABELS, tolerance=tolerance)
    assert run.status == "converged" and duality_gap(problem, run.theta, X, LABELS) <= tolerance * np.log(2.0)


def test_the_history_is_that_of_its_steps():
    problem = gd.Problem(gd.Linear(5), LOG, gd.L2(0.01))
    run = newton(problem, X, LABELS)
    assert (np.diff(run.history.objective) < 0.0).all() and (np.diff(run.history.seconds) >= 0.0).all()
    assert run.history.objective[0] == pytest.approx(np.log(2.0))
    assert run.history.objective[-1] == pytest.approx(problem.objective(run.theta, X, LABELS), rel=1e-14)
    end = np.linalg.norm(problem.gradient(run.theta, X, LABELS))
    assert run.history.gradient_norm[-1] == pytest.approx(end, rel=1e-4)
    assert run.history.theta is None and (run.history.learning_rate == 1.0).all()


def test_steps_too_long_are_halved():
    """From far away the scores are saturated: the full step of Newton leads ever further."""
    problem = gd.Problem(gd.Linear(1, intercept=False), LOG, gd.L2(1e-4))
    x, y = np.array([[1.0], [1.0], [1.0]]), np.array([1.0, 1.0, 0.0])
    run = newton(problem, x, y, start=[8.0], tolerance=1e-12)
    assert run.history.learning_rate.min() < 1.0 and run.status == "converged"
    assert (np.diff(run.history.objective) < 0.0).all()
    assert run.theta[0] == pytest.approx(newton(problem, x, y, tolerance=1e-12).theta[0], rel=1e-6)


def test_a_matrix_that_leads_astray_is_made_anew():
    problem, data = gd.Problem(gd.Linear(5), LOG, gd.L2(0.01)).ready().load(X, LABELS)
    descent = Descent(problem, data, 0.0)
    descent.begin(np.zeros(6), False)
    before, descent.factor = descent.objective, factored(np.eye(6) * 1e-15)  # even 30 halvings leave too long a step
    assert descent.step() and descent.objective < before


def large(n=3000, seed=0):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((n, 4))
    return A, (A @ [1.0, -2.0, 0.5, 0.0] + rng.logistic(size=n) > 0.0).astype(float)


@intercepts
@layouts
def test_with_many_rows_a_sample_gives_the_start(compiled, intercept, layout, monkeypatch):
    A, y = large()
    problem = gd.Problem(gd.Linear(4, intercept=intercept), LOG, gd.L2(0.01))
    run = newton(problem, layout(A), y, tolerance=1e-10)
    assert run.status == "converged" and run.certificate.bound <= 1e-10
    monkeypatch.setattr(module, "SHARE", 10**9)
    alone = newton(problem, layout(A), y, tolerance=1e-10)
    assert run.history.objective[1] < alone.history.objective[1]
    np.testing.assert_allclose(run.theta, alone.theta, atol=1e-4)


@pytest.mark.parametrize("penalty", [gd.NoPenalty(), gd.L2(1e-9)])
def test_a_sample_that_misleads_is_dropped(compiled, penalty):
    """Each sixteenth row, the sample, says the opposite of the others, or has no minimum at all."""
    A, y = large()
    for labels in (1.0 - y[::16], (A[::16, 0] > 0.0).astype(float)):
        y[::16] = labels
        problem = gd.Problem(gd.Linear(4), LOG, penalty)
        run = newton(problem, A, y, tolerance=1e-9)
        peer = LogisticRegression(C=1e9, solver="newton-cholesky", tol=1e-12).fit(A, y)
        np.testing.assert_allclose(run.theta, np.append(peer.coef_, peer.intercept_), atol=1e-5)


class LogCosh(NamedTuple):
    """log cosh(z - y), a smooth relative of the absolute error."""


gd.losses.value.kernel(LogCosh)(lambda loss, z, y: np.log(np.cosh(z - y)))
gd.losses.slope.kernel(LogCosh)(lambda loss, z, y: np.tanh(z - y))
second_derivative.kernel(LogCosh)(lambda loss, z, y: 1.0 - np.tanh(z - y) ** 2)


def test_a_loss_of_ones_own_needs_but_its_derivatives():
    run = newton(gd.Problem(gd.Linear(5), LogCosh(), gd.L2(0.1)), X, Y, tolerance=1e-9)
    assert run.status == "converged" and run.certificate.kind == "none"
    assert run.history.gradient_norm[-1] <= 1e-9 * run.history.gradient_norm[0]


def test_epochs_and_start_are_respected():
    problem = gd.Problem(gd.Linear(5), LOG, gd.L2(0.01))
    none = newton(problem, X, LABELS, epochs=0)
    assert (none.epochs, none.status) == (0, "max_epochs") and not none.theta.any()
    assert (newton(problem, X, LABELS, epochs=2, tolerance=0.0).epochs) == 2
    best = newton(problem, X, LABELS, tolerance=1e-10)
    again = newton(problem, X, LABELS, tolerance=1e-8, start=best.theta)
    assert again.epochs == 0 and again.status == "converged" and "duality gap" in repr(again)


def test_where_rounding_ends_the_descent_it_ends():
    """No step helps any more: neither an endless loop, nor a claim that a gap of 0 was reached."""
    run = newton(gd.Problem(gd.Linear(5), LOG, gd.L2(0.01)), X, LABELS, tolerance=0.0)
    assert run.epochs < 40 and run.certificate.bound < 1e-14


def test_the_inputs_are_validated_once(monkeypatch):
    seen, inputs = [], validation.inputs
    monkeypatch.setattr(validation, "inputs", lambda X, columns: seen.append(X) or inputs(X, columns))
    assert newton(gd.Problem(gd.Linear(5), LOG, gd.L2(0.01)), X, LABELS).status == "converged"
    assert len(seen) == 1


def test_single_precision_stays_single():
    problem = gd.Problem(gd.Linear(5), LOG, gd.L2(0.01))
    run = newton(problem, X.astype(np.float32), LABELS)
    assert run.theta.dtype == np.float32 and run.status == "converged"
    np.testing.assert_allclose(run.theta, newton(problem, X, LABELS).theta, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"problem": gd.Linear(5)}, "problem"),
        ({"problem": gd.Problem(gd.MLP(5, (3,)))}, "MLP"),
        ({"problem": gd.Problem(gd.Linear(5, 2))}, "one output"),
        ({"problem": gd.Problem(gd.Linear(5), gd.Huber())}, "loss"),
        ({"problem": gd.Problem(gd.Linear(5), gd.AbsoluteError())}, "loss"),
        ({"problem": gd.Problem(gd.Linear(5), penalty=gd.L1(0.1))}, "penalty"),
        ({"problem": gd.Problem(gd.Linear(20_000))}, "parameters"),
        ({"X": X[:, :4]}, "X"),
        ({"y": Y[:3]}, "y"),
        ({"y": np.full(N, np.nan)}, "y"),
        ({"epochs": -1}, "epochs"),
        ({"epochs": 1.5}, "epochs"),
        ({"tolerance": -1.0}, "tolerance"),
        ({"start": [1.0]}, "start"),
        ({"start": np.full(6, 1e200)}, "start has an objective that is not finite"),
        ({"X": 1e200 * X}, "X is so large"),
    ],
)
def test_odd_arguments_are_refused_by_name(change, word):
    with pytest.raises((TypeError, ValueError), match=rf"\b{word}\b"):
        newton(**{"problem": gd.Problem(gd.Linear(5)), "X": X, "y": Y} | change)


def test_a_minimum_that_is_not_single_is_refused():
    twins = np.column_stack([X, X[:, 0]])
    with pytest.raises(ValueError, match="dependent columns"):
        newton(gd.Problem(gd.Linear(6)), twins, Y)
    assert newton(gd.Problem(gd.Linear(6), penalty=gd.L2(0.1)), twins, Y).status == "converged"
    problem = gd.Problem(gd.Linear(1), LOG)
    with pytest.raises(ValueError, match="separated"):
        newton(problem, [[1.0], [2.0], [3.0], [4.0]], [0.0, 0.0, 1.0, 1.0], tolerance=0.0)


def test_scale_alone_does_not_make_a_matrix_singular():
    assert factored(np.diag([1e-12, 1.0, 1e12]))[1]
    with pytest.raises(np.linalg.LinAlgError):
        factored(np.array([[1.0, 1.0], [1.0, 1.0]]))
