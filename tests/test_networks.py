"""Networks: back-propagation by finite differences, first weights by their size, one layer as a linear model."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor

import gdlearn as gd
import naive
import running
from gdlearn import products
from gdlearn.generic import compiled
from gdlearn.networks import activate, bend

RNG = np.random.default_rng(4)
X = RNG.standard_normal((37, 3))
NUMBERS, CLASSES = RNG.standard_normal((37, 2)), RNG.integers(0, 2, 37)
HIDDEN = [(1,), (4,), (3, 5), (2, 3, 2)]


def theta_of(model):
    """Random weights, and intercepts that are not 0."""
    return 0.7 * RNG.standard_normal(gd.models.size(model))


def numeric_gradient(problem, theta, X, y, h=1e-6):
    return [
        (problem.objective(theta + h * e, X, y) - problem.objective(theta - h * e, X, y)) / (2 * h)
        for e in np.eye(len(theta))
    ]


@pytest.mark.parametrize("activation", [gd.Relu(), gd.Tanh()], ids=repr)
@pytest.mark.parametrize("hidden", HIDDEN, ids=repr)
def test_networks_equal_plain_loops(hidden, activation):
    problem = gd.Problem(gd.MLP(3, hidden, 2, activation), gd.Huber(0.5), gd.L2(0.1))
    theta = theta_of(problem.model)
    lists = theta.tolist(), X.tolist(), NUMBERS.tolist()
    with running.plainly():
        assert problem.objective(theta, X, NUMBERS) == pytest.approx(naive.objective(problem, *lists), rel=1e-12)
        g = problem.gradient(theta, X, NUMBERS)
        scores = problem.scores(theta, X)
    np.testing.assert_allclose(g, naive.gradient(problem, *lists), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(scores, [naive.scores(problem.model, theta, x) for x in X], rtol=1e-12, atol=1e-13)


def inner(model, theta, X):
    """The numbers that the bends of all hidden layers see."""
    return np.array([z for x in X for layer in naive.passed(model, theta, x)[1][:-1] for z in layer])


@pytest.mark.parametrize("activation", [gd.Relu(), gd.Tanh()], ids=repr)
@pytest.mark.parametrize("loss", [gd.SquaredError(), gd.CrossEntropy(1.3, 0.1)], ids=repr)
def test_back_propagation_is_the_gradient(loss, activation):
    """Central differences; Relu at rows where no unit is within reach of its kink."""
    problem = gd.Problem(gd.MLP(3, (4, 3), 2, activation), loss, gd.L2(0.1))
    theta = theta_of(problem.model)
    clear = np.array([np.abs(inner(problem.model, theta, [x])).min() > 1e-3 for x in X])
    y = (CLASSES if isinstance(loss, gd.CrossEntropy) else NUMBERS)[clear]
    assert clear.sum() > 20
    with running.plainly():
        differences = numeric_gradient(problem, theta, X[clear], y)
        np.testing.assert_allclose(problem.gradient(theta, X[clear], y), differences, rtol=1e-6, atol=1e-8)


def test_the_slope_of_relu_at_its_kink_is_zero():
    assert [bend(gd.Relu(), activate(gd.Relu(), z)) for z in (-1.0, 0.0, 2.0)] == [0.0, 0.0, 1.0]


def test_relu_keeps_nan():
    """A run that diverged must not look finite again after the next layer."""
    assert np.isnan(activate(gd.Relu(), np.nan))


@pytest.mark.machine_code("the test above is the same in plain Python")
def test_compiled_relu_keeps_nan():
    numba = pytest.importorskip("numba")
    assert np.isnan(numba.njit(lambda z: activate(gd.Relu(), z))(np.nan))


@pytest.mark.parametrize(("activation", "std"), [(gd.Relu(), np.sqrt(2 / 300)), (gd.Tanh(), np.sqrt(2 / 500))])
def test_first_weights_have_the_spread_of_he_and_of_glorot(activation, std):
    model = gd.MLP(300, (200,), 1, activation)
    theta = gd.models.initial(model, np.random.default_rng(0))
    assert theta[:60_000].std() == pytest.approx(std, rel=0.02)
    assert abs(theta[:60_000].mean()) < 4 * std / np.sqrt(60_000)
    assert theta[60_200:].tolist() == [0.0] * 201
    assert len(theta) == gd.models.size(model)


def test_the_seed_decides_the_first_weights():
    problem = gd.Problem(gd.MLP(3, (4,)))

    def first(seed):
        with running.plainly():
            return gd.minimize(problem, X, NUMBERS[:, 0], epochs=0, seed=seed).theta.tolist()

    assert first(1) == first(1) == first(np.random.default_rng(1)) != first(2)


def test_the_penalty_spares_the_intercepts_of_all_layers():
    model = gd.MLP(2, (3, 2), 1)
    theta = np.arange(1.0, gd.models.size(model) + 1)
    assert gd.models.weights(model) == 2 * 3 + 3 * 2 + 2 * 1
    free, one = gd.Problem(model), gd.Problem(model, penalty=gd.L1(1.0))
    with running.plainly():
        cost = one.objective(theta, X[:, :2], NUMBERS[:, 0]) - free.objective(theta, X[:, :2], NUMBERS[:, 0])
    assert cost == pytest.approx(sum(range(1, 15)), rel=1e-9)


def test_single_precision_stays_single():
    problem = gd.Problem(gd.MLP(3, (4,), 2, gd.Tanh()))
    method = {"optimizer": gd.Adam(), "schedule": 0.01, "batch_size": 5, "epochs": 3}
    with running.plainly():
        single = gd.minimize(problem, X.astype(np.float32), NUMBERS, **method)
        double = gd.minimize(problem, X.astype(np.float32).astype(float), NUMBERS, **method)
    assert single.theta.dtype == np.float32
    np.testing.assert_allclose(single.theta, double.theta, rtol=1e-3, atol=1e-4)


# --- A peer: its loss is half ours for squares and the same for classes, its alpha |w|^2 / (2 n) our L2(alpha / n)


def parameters(peer):
    """Our theta: their matrices are transposed."""
    return np.concatenate([*(W.T.ravel() for W in peer.coefs_), *peer.intercepts_])


@pytest.mark.parametrize(("word", "activation"), [("relu", gd.Relu()), ("tanh", gd.Tanh())])
def test_loss_and_gradient_are_those_of_scikit_learn(word, activation):
    """Its one step of SGD without momentum goes along minus its gradient."""
    three = np.digitize(NUMBERS[:, 0], [-0.5, 0.5])
    for peer, y, outputs, loss, factor in [
        (MLPClassifier, three, 3, gd.CrossEntropy(), 1.0),
        (MLPClassifier, CLASSES, 1, gd.BinaryCrossEntropy(), 1.0),
        (MLPRegressor, NUMBERS[:, 0], 1, gd.SquaredError(), 0.5),
    ]:
        how = {"hidden_layer_sizes": (4, 3), "activation": word, "alpha": 0.2, "batch_size": 37, "random_state": 1}
        how |= {"solver": "sgd", "momentum": 0.0, "nesterovs_momentum": False, "learning_rate_init": 0.1}
        extra = {"classes": np.unique(y)} if peer is MLPClassifier else {}
        fitted = peer(**how).partial_fit(X, y, **extra)
        before = parameters(fitted)
        fitted.partial_fit(X, y)
        problem = gd.Problem(gd.MLP(3, (4, 3), outputs, activation), loss, gd.L2(0.2 / 37 / factor))
        with running.plainly():
            assert fitted.loss_ == pytest.approx(factor * problem.objective(before, X, y), rel=1e-9)
            step = factor * problem.gradient(before, X, y)
        np.testing.assert_allclose(parameters(fitted), before - 0.1 * step, rtol=1e-9, atol=1e-10)


@compiled
def products_of(A, W, S, out, back, G):
    """The products of a layer: forward, and both of the way back."""
    products.times_transposed(A, W, out)
    products.times(S, W, back)
    products.add_transposed_times(S, A, G)


@pytest.mark.parametrize("p", [1, 9])
@pytest.mark.parametrize("q", [1, 2, 5, products.FEW_COLUMNS, products.FEW_COLUMNS + 1])
@pytest.mark.parametrize("m", [1, 4, 7, products.FEW_ROWS + 1])
def test_products_of_any_shape(m, q, p):
    """The loops take four rows by two; below and beside them is the rest, and BLAS beyond (65 x 17 x 9 products)."""
    rng = np.random.default_rng(m + 10 * q)
    A, W, S, G = (rng.standard_normal(shape) for shape in ((m, p), (q, p), (m, q), (q, p)))
    out, back, before = np.full((m, q), np.nan), np.full((m, p), np.nan), G.copy()
    products_of(A, W, S, out, back, G)
    for found, exact in ((out, A @ W.T), (back, S @ W), (G, before + S.T @ A)):
        np.testing.assert_allclose(found, exact, rtol=0.0, atol=1e-13 * m)
