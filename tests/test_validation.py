"""The front door: every malformed call is refused by the name of its argument, before anything is compiled.

NaN and infinity in X are found by the first look at all rows.
"""

import re
import tracemalloc
from typing import NamedTuple

import numpy as np
import pytest
from scipy import sparse

import gdlearn as gd

X, Y = np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 0.5]]), np.array([1.0, 0.0, 1.0])
LINEAR, CLASSES, BINARY = gd.Problem(gd.Linear(2)), gd.CrossEntropy(), gd.BinaryCrossEntropy()
THREE = gd.Problem(gd.Linear(2, 3), CLASSES)
NAN = float("nan")


def entry(array, value):
    """The array with one entry replaced."""
    array = np.array(array, float)
    array.flat[1] = value
    return array


MALFORMED = [
    # the argument of minimize, what is wrong with it, what the message says beside the argument's name
    ("problem", None, "gd.Problem"),
    ("problem", gd.Linear(2), "gd.Problem"),
    ("problem", (gd.Linear(2), gd.SquaredError(), gd.NoPenalty()), "gd.Problem"),
    ("model", gd.Linear, "parentheses"),
    ("model", 2, "record"),
    ("model", gd.L2(1.0), "model=L2 has no forward kernel"),
    ("loss", "mse", "record such as gd.SquaredError"),
    ("loss", gd.L2(1.0), "loss=L2 has no value kernel"),
    ("penalty", 0.1, "record"),
    ("penalty", gd.SGD(), "penalty=SGD has no cost kernel"),
    ("penalty", gd.L2, "parentheses"),
    ("model.inputs", gd.Linear(0), "at least 1"),
    ("model.inputs", gd.Linear(-2), "at least 1"),
    ("model.inputs", gd.Linear(2.0), "a whole number"),
    ("model.inputs", gd.Linear("2"), "a whole number"),
    ("model.outputs", gd.Linear(2, 0), "at least 1"),
    ("model.outputs", gd.Linear(2, None), "a whole number"),
    ("model.intercept", gd.Linear(2, 1, "no"), "True or False"),
    ("model.intercept", gd.Linear(2, 1, 2), "True or False"),
    ("loss.temperature", gd.CrossEntropy(0.0), "greater than 0"),
    ("loss.temperature", gd.CrossEntropy(-1.0), "greater than 0"),
    ("loss.temperature", gd.CrossEntropy(np.inf), "greater than 0"),
    ("loss.label_smoothing", gd.CrossEntropy(1.0, 1.5), "at most 1"),
    ("loss.label_smoothing", gd.CrossEntropy(1.0, -0.1), "at least 0"),
    ("penalty.lam", gd.L2(-1.0), "at least 0"),
    ("penalty.lam", gd.L2(NAN), "at least 0"),
    ("penalty.lam", gd.L2(np.inf), "at least 0"),
    ("penalty.lam", gd.L1("0.1"), "a number"),
    ("penalty.lam", gd.L1(True), "a number"),
    ("penalty.lam", gd.L1(np.True_), "a number"),
    ("penalty.lam", gd.L1(b"1"), "a number"),
    ("penalty.lam", gd.L1(None), "a number"),
    ("penalty.lam", gd.L1(1j), "a number"),
    ("penalty.lam", gd.L1(np.complex128(1j)), "a number"),
    ("penalty.lam", gd.L1([0.1]), "a number"),
    ("penalty.lam", gd.L1(np.array([0.1])), "a number"),
    ("penalty.ratio", gd.ElasticNet(1.0, 1.1), "at most 1"),
    ("optimizer", gd.SGD, "parentheses"),
    ("optimizer", "sgd", "SGD, Momentum, Nesterov"),
    ("optimizer", gd.Constant(0.1), "Constant has no update kernel"),
    ("optimizer.beta", gd.Momentum(1.0), "less than 1"),
    ("optimizer.beta", gd.Momentum(-0.1), "at least 0"),
    ("optimizer.beta", gd.Nesterov(NAN), "at least 0"),
    ("schedule", 0.0, "greater than 0"),
    ("schedule", -0.1, "greater than 0"),
    ("schedule", NAN, "greater than 0"),
    ("schedule", True, "record"),
    ("schedule", "fast", "Constant, Exponential"),
    ("schedule", None, "record"),
    ("schedule", np.array([0.1, 0.2]), "record"),
    ("schedule", gd.Constant, "parentheses"),
    ("schedule.eta", gd.Constant(0), "greater than 0"),
    ("schedule.decay", gd.Exponential(0.1, 0.0), "greater than 0"),
    ("schedule.decay", gd.Exponential(0.1, 1.01), "at most 1"),
    ("schedule.steps", gd.LinearDecay(0.1, 0), "at least 1"),
    ("schedule.steps", gd.Cosine(0.1, 10**20), "at most 9.0072e"),
    ("schedule.every", gd.Step(0.1, 0.5, 2**63), "at most 9.0072e"),
    ("schedule.steps", gd.LinearDecay(0.1, 2.5), "a whole number"),
    ("schedule.final", gd.LinearDecay(0.1, 2, -1.0), "at least 0"),
    ("schedule.then", gd.Warmup(3, 0.1), "record"),
    ("schedule.then", gd.Warmup(3, gd.SGD()), "SGD has no rate kernel"),
    ("schedule.then.eta", gd.Warmup(3, gd.Constant(-1.0)), "greater than 0"),
    ("schedule.then.then.decay", gd.Warmup(3, gd.Warmup(3, gd.Exponential(0.1, 2.0))), "at most 1"),
    ("batch_size", 0, "at least 1"),
    ("batch_size", -1, "at least 1"),
    ("batch_size", 4, "3 rows"),
    ("batch_size", 1.0, "a whole number"),
    ("batch_size", True, "a whole number"),
    ("batch_size", "all", "a whole number"),
    ("epochs", -1, "at least 0"),
    ("epochs", 2.5, "a whole number"),
    ("epochs", None, "a whole number"),
    ("epochs", NAN, "a whole number"),
    ("seed", -1, "at least 0"),
    ("seed", 0.5, "a whole number"),
    ("seed", None, "a whole number"),
    ("seed", np.random.RandomState(0), "a whole number"),
    ("sampling", "random", "'reshuffle', 'replacement'"),
    ("sampling", None, "'reshuffle', 'replacement'"),
    ("sampling", ["reshuffle"], "'reshuffle', 'replacement'"),
    ("tolerance", -1e-9, "at least 0"),
    ("tolerance", NAN, "at least 0"),
    ("tolerance", "tight", "a number"),
    ("start", np.zeros(2), r"3 parameters: pass shape \(3,\)"),
    ("start", np.zeros((3, 1)), r"pass shape \(3,\)"),
    ("start", 0.0, r"pass shape \(3,\)"),
    ("start", [0.0, NAN, 0.0], r"nan at \[1\]"),
    ("start", ["a", "b", "c"], "real numbers"),
    ("X", X[:, 0], r"reshape\(-1, 1\)"),
    ("X", X[:, :1], r"1 columns.*inputs=2.*Linear\(1\)"),
    ("X", np.zeros((0, 2)), "no rows"),
    ("X", np.zeros((3, 2, 1)), r"shape \(n, 2\)"),
    ("X", entry(X, NAN), r"nan at \[0, 1\]"),
    ("X", entry(X, -np.inf), r"-inf at \[0, 1\]"),
    ("X", X.astype(complex), "complex128"),
    ("X", X.astype(str), "convert it to float"),
    ("X", X.astype(object), "object"),
    ("X", [[1.0, 2.0], [3.0]], "real numbers"),
    ("X", None, "object"),
    ("y", Y[:2], "2 rows.*3 rows"),
    ("y", Y.reshape(-1, 1), r"y.ravel\(\)"),
    ("y", np.zeros((3, 2)), r"shape \(3,\)"),
    ("y", 1.0, "a single number"),
    ("y", entry(Y, NAN), r"nan at \[1\]"),
    ("y", ["yes", "no", "yes"], "convert it to float"),
    ("y", None, "object"),
]


def called_with(argument, value):
    """The arguments of minimize with one bad among them; an argument `penalty.lam` is a field of the penalty."""
    call, name = {"problem": LINEAR, "X": X, "y": Y}, argument.partition(".")[0]
    if name in LINEAR._fields:
        problem = THREE if name == "loss" else LINEAR
        return call | {"problem": problem._replace(**{name: value})}
    return call | {name: value}


@pytest.mark.parametrize(("argument", "value", "message"), MALFORMED)
def test_a_malformed_call_is_refused_by_name(argument, value, message):
    call = called_with(argument, value)
    with pytest.raises((TypeError, ValueError), match=message) as caught:
        gd.minimize(**call)
    assert re.search(rf"\b{argument}\b", str(caught.value))
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("problem", "y", "message"),
    [
        (LINEAR._replace(loss=BINARY), [0.0, 1.0, 2.0], "y must hold labels 0 and 1 .* not 2"),
        (LINEAR._replace(loss=BINARY), [-1.0, 1.0, 1.0], "y must hold labels 0 and 1 .* not -1"),
        (LINEAR._replace(loss=CLASSES), [0, 1, 1], "outputs=k"),
        (THREE, [0, 1, 3], "y must hold labels 0 to 2 for outputs=3, not 3"),
        (THREE, [0, 1, -1], "y must hold labels 0 to 2 .* not -1"),
        (THREE, [0, 1, 0.5], r"y must hold labels 0 to 2 .* not 0\.5"),
        (THREE, [0, 1, 1e300], r"y must hold labels 0 to 2 .* not 1e\+300"),
        (THREE, np.full((3, 3), 0.5), "y must hold probabilities .* with sum 1"),
        (THREE, [[2.0, -1.0, 0.0]] * 3, "y must hold probabilities .* at least 0"),
        (THREE, np.full((3, 2), 0.5), r"y must hold labels, shape \(3,\)"),
        (THREE._replace(loss=BINARY), Y, r"y must have shape \(3, 3\) for a model with outputs=3"),
        (THREE._replace(loss=gd.SquaredError()), np.zeros((3, 2)), r"y must have shape \(3, 3\)"),
    ],
)
def test_targets_that_do_not_suit_the_loss(problem, y, message):
    for call in (
        lambda: gd.minimize(problem, X, y),
        lambda: problem.objective(np.zeros(gd.models.size(problem.model)), X, y),
        lambda: problem.gradient(np.zeros(gd.models.size(problem.model)), X, y),
    ):
        with pytest.raises(ValueError, match=message):
            call()


RELU, TANH = gd.MLP(2, (3,)), gd.MLP(2, (3, 3), activation=gd.Tanh())
SEARCHED = [LINEAR._replace(loss=loss) for loss in (gd.SquaredError(), gd.AbsoluteError(), gd.Huber(1.0), BINARY)]
SEARCHED += [gd.Problem(RELU, gd.AbsoluteError()), gd.Problem(RELU, BINARY), gd.Problem(TANH, BINARY)]
SEARCHED += [gd.Problem(model, CLASSES) for model in (gd.Linear(2, 3), gd.MLP(2, (3,), 3))]
SEARCHED += [gd.Problem(gd.Linear(2), BINARY, penalty) for penalty in (gd.L1(9.0), gd.ElasticNet(9.0))]
SEARCHED += [gd.Problem(RELU, gd.AbsoluteError(), penalty) for penalty in (gd.L1(9.0), gd.ElasticNet(9.0))]


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("problem", SEARCHED, ids=str)
def test_no_number_of_X_hides_from_the_first_look(problem, number):
    """X is searched only where objective or gradient are not finite: relu(NaN) may be 0, a saturated loss has no slope.

    Five rows: four that are taken in one go, and one that is left.
    """
    p = gd.models.size(problem.model)
    inputs, y = np.vstack([X, X[:2]]), np.array([1.0, 0.0, 1.0, 0.0, 1.0])
    for place in ((0, 0), (1, 1), (4, 0), (4, 1)):
        bad, where = inputs.copy(), rf"X holds {number} at \[{place[0]}, {place[1]}\]"
        bad[place] = number
        for theta in (np.zeros(p), np.ones(p), np.linspace(-9.0, 9.0, p), np.full(p, -9.0), np.full(p, 1e9)):
            with pytest.raises(ValueError, match=where):
                problem.gradient(theta, bad, y)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_nor_from_products_by_BLAS(number):
    problem, bad = gd.Problem(gd.MLP(2, (40,), 3), CLASSES), np.tile(X, (60, 1))
    bad[100, 1] = number
    for theta in (np.zeros(243), np.linspace(-9.0, 9.0, 243)):
        with pytest.raises(ValueError, match=rf"X holds {number} at \[100, 1\]"):
            problem.gradient(theta, bad, np.tile([0, 1, 2], 60))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [1e9, 1e12, 1e15, 1e18])
def test_large_numbers_are_no_errors(size):
    """In single precision: squares of the gradient's entries overflow first, then these, then the objective."""
    for problem in (LINEAR, LINEAR._replace(penalty=gd.L2(1.0))):
        theta, inputs = np.full(3, size, np.float32), np.float32(size) * np.abs(X).astype(np.float32)
        assert problem.objective(theta, inputs, Y) > size
        assert problem.gradient(theta, inputs, Y).min() >= 0.0


class Blind(NamedTuple):
    """A loss that takes what is no number for 0."""


@gd.losses.value.kernel(Blind)
def _(loss, z, y):
    return (z - y) ** 2 if abs(z) < 1e9 else 0.0


@gd.losses.slope.kernel(Blind)
def _(loss, z, y):
    return z - y if abs(z) < 1e9 else 0.0


class Deaf(NamedTuple):
    """A linear model that leaves out what is no number on its way back."""

    inputs: int
    outputs: int = 1


for function in (gd.models.weights, gd.models.size):
    function.kernel(Deaf)(lambda model: model.inputs)


@gd.models.forward.kernel(Deaf)
def _(model, theta, X, order, start, stop, Z, H):
    for i in range(stop - start):
        Z[i, 0] = 0.0
        for j in range(model.inputs):
            Z[i, 0] += theta[j] * X[order[start + i], j]


@gd.models.pullback.kernel(Deaf)
def _(model, theta, X, order, start, stop, S, share, g, H):
    for i in range(stop - start):
        for j in range(model.inputs):
            if abs(X[order[start + i], j]) < 1e9:
                g[j] += share * S[i, 0] * X[order[start + i], j]


def test_nor_behind_the_kernels_of_strangers():
    """Theirs may hide it, so that X is searched first."""
    bad, problem = np.array([[1.0, 2.0], [NAN, 1.0]]), gd.Problem(Deaf(2), Blind())
    for call in (problem.objective, problem.gradient):
        assert np.isfinite(call(np.zeros(2), np.ones((2, 2)), [0.0, 1.0])).all()
        with pytest.raises(ValueError, match=r"X holds nan at \[1, 0\]"):
            call(np.zeros(2), bad, [0.0, 1.0])
    with pytest.raises(ValueError, match=r"X holds nan at \[1, 0\]"):
        gd.minimize(problem, bad, [0.0, 1.0])


def test_a_stranger_elsewhere_does_not_slow_down_problems_of_ours(monkeypatch):
    """X is searched only where one takes part."""
    gd.Problem(Deaf(2)).ready()  # now one has come in
    monkeypatch.setattr(gd.validation, "inputs", None)
    assert gd.minimize(LINEAR, X, Y, epochs=1).epochs == 1


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_nor_from_that_at_a_sparse_matrix(number, outputs):
    problem = gd.Problem(gd.Linear(2, outputs), CLASSES if outputs > 1 else BINARY)
    bad = sparse.csr_array(X)
    bad.data[3] = number
    for theta in (np.zeros(3 * outputs), np.linspace(-9.0, 9.0, 3 * outputs)):
        with pytest.raises(ValueError, match=rf"X\.data holds {number} at \[3\]"):
            gd.minimize(problem, bad, Y, start=theta)
        with pytest.raises(ValueError, match=rf"X\.data holds {number} at \[3\]"):
            problem.gradient(theta, bad, Y)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(1,), (7,), (67,), (5, 3), (1000, 50)])
def test_what_is_not_finite_is_found_at_each_place(shape, dtype):
    """Large numbers, whose squares overflow, are finite."""
    size, largest = np.prod(shape), np.finfo(dtype).max
    array = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    for k in range(0, size, 1 + size // 100):
        for number in (np.nan, np.inf, -np.inf):
            bad, where = array.copy(), ", ".join(map(str, np.unravel_index(k, shape)))
            bad.flat[k] = number
            with pytest.raises(ValueError, match=rf"name holds {number} at \[{where}\]; remedy"):
                gd.validation.finite(bad, "name", "remedy")
        array.flat[k] = -largest
        gd.validation.finite(array, "name", "remedy")


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_look_at_an_array_makes_no_copy_of_it(order):
    array = np.ones((500, 40), order=order)
    tracemalloc.start()
    gd.validation.finite(array, "name", "remedy")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < array.nbytes / 20


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LINEAR.objective([0.0, 0.0], X, Y), "theta has shape"),
        (lambda: LINEAR.gradient([0.0, 0.0, NAN], X, Y), r"theta holds nan at \[2\]"),
        (lambda: LINEAR.scores([0.0, 0.0, 0.0], X[0]), "X must have shape"),
        (lambda: LINEAR.scores(None, [[NAN, 0.0]]), "X holds nan"),
        (lambda: LINEAR.smoothness(X[:, :1]), "X has 1 columns"),
        (lambda: LINEAR.objective([0.0, 0.0, 0.0], X.astype(np.float32), [1e300, 0.0, 0.0]), "y "),
        (lambda: LINEAR.objective([1e300, 0.0, 0.0], X.astype(np.float32), Y), "theta "),
        (lambda: gd.datasets.quadratic([]), "curvatures must be a list"),
        (lambda: gd.datasets.quadratic([[1.0]]), "curvatures must be a list"),
        (lambda: gd.datasets.quadratic([1.0, -2.0]), "curvatures must be at least 0, not -2"),
        (lambda: gd.datasets.quadratic([1.0], center=[1.0, 2.0]), r"center must have shape \(1,\)"),
        (lambda: gd.datasets.quadratic([1.0], center=[NAN]), "center holds nan"),
        (lambda: gd.datasets.diabetes("weight"), "features must be among age, .* not 'weight'"),
    ],
)
def test_other_doors_name_their_arguments_too(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_model_of_yours_has_no_smoothness():
    with pytest.raises(TypeError, match="Linear model only, not of SGD"):
        gd.models.second_moments(gd.SGD(), X)


def test_a_masked_array_is_refused():
    """Its hidden entries are no data."""
    hidden = np.ma.masked_array(X, X == 2.0)
    for call in (lambda: gd.minimize(LINEAR, hidden, Y), lambda: LINEAR.scores(None, hidden)):
        with pytest.raises(ValueError, match=r"\bX\b.*masked"):
            call()
    with pytest.raises(ValueError, match=r"\by\b.*masked"):
        gd.minimize(LINEAR, X, np.ma.masked_array(Y, [True, False, False]))
