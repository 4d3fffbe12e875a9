"""Epochs of single rows, beside the SGD of scikit-learn on the same rows in the same order."""

import numpy as np
from scipy import sparse

import gdlearn as gd
from gdlearn.generic import compiled
from gdlearn.loop import Memory, Method, SingleRows, epoch
from gdlearn.models import size
from gdlearn.sampling import ORDERS, RESHUFFLE, arrange, seeded
from gdlearn.training import NEVER
from harness import OURS, Contender, Row, close, present

GROUP = "Stochastic gradient descent, one row a step"
EPOCHS = 20


def rows():
    """The rows of this group."""
    yield single_rows(100_000, 20, "float64", "squared error", 7.0)
    yield single_rows(100_000, 20, "float64", "log loss", 4.5)
    yield single_rows(20_000, 500, "float64", "squared error", 4.0)
    yield single_rows(20_000, 500, "float32", "squared error", 6.0)
    yield shuffled()
    yield single_rows(20_000, 50_000, "float64", "log loss", 1.5, filled=74)


def data(n, d, dtype, filled):
    """Rows scaled to length 1 on average, and targets of a linear model with noise."""
    rng = np.random.default_rng(2)
    if filled:
        columns = np.sort(rng.integers(0, d, (n, filled)), axis=1).ravel().astype(np.int32)
        values = rng.standard_normal(n * filled) / np.sqrt(filled)
        X = sparse.csr_array((values, columns, (np.arange(n + 1) * filled).astype(np.int32)), shape=(n, d))
        X.sum_duplicates()
    else:
        X = (rng.standard_normal((n, d)) / np.sqrt(d)).astype(dtype)
    return X, (X @ rng.standard_normal(d) + 0.1 * rng.standard_normal(n)).astype(dtype)


def single_rows(n, d, dtype, loss, goal, filled=0, lam=1e-4, eta=0.05):
    """Twenty epochs at a constant rate, with a ridge, and no shuffle, so that the iterates can be compared."""
    X, y = data(n, d, dtype, filled)
    square = loss == "squared error"
    ours = gd.SquaredError() if square else gd.BinaryCrossEntropy()
    y = y if square else (y > 0.0).astype(dtype)
    problem = gd.Problem(gd.Linear(d), ours, gd.L2(2.0 * lam if square else lam))  # scikit-learn's square has a 1/2
    method = {"schedule": 0.5 * eta if square else eta, "batch_size": 1, "epochs": EPOCHS, "sampling": "sequential"}
    # scikit-learn never computes the objective; ours does at the start and at the end.
    method |= {"tolerance": 0.0, "measure_every": EPOCHS}
    contenders = {OURS: Contender(lambda: gd.minimize(problem, X, y, **method).theta[:d])}
    contenders["our epochs alone"] = epochs_alone(problem, X, y, method["schedule"])
    peers, missing = present("sklearn")
    if peers:
        from sklearn.linear_model import SGDClassifier, SGDRegressor

        kind = SGDRegressor(loss="squared_error") if square else SGDClassifier(loss="log_loss")
        kind.set_params(alpha=lam, learning_rate="constant", eta0=eta, shuffle=False, tol=None, max_iter=EPOCHS)
        contenders["scikit-learn"] = Contender(lambda: kind.fit(X, y).coef_.ravel())
    tolerance = 1e-9 if dtype == "float64" else 1e-3
    # scikit-learn slows the intercept of sparse rows down a hundredfold, so there the results differ.
    agree = None if filled else close(tolerance, tolerance)
    shape = f"CSR, {filled} non-zeros a row" if filled else "dense"
    work = f"{EPOCHS} epochs, {loss}, {n:,} x {d:,}, {shape}, {dtype}"
    return Row(GROUP, work, contenders, {"scikit-learn": goal}, agree, missing)


@compiled
def walk(problem, method, data, memory, work):
    """The epochs of the training loop, without the objective and gradient after each."""
    for _ in range(EPOCHS):
        epoch(method.cut, problem, method, data, memory, work)


def epochs_alone(problem, X, y, eta):
    """What of our time goes into the steps themselves."""
    problem, data = problem.ready().load(X, y)
    work = problem.workspace(X.dtype)
    method = Method(gd.SGD(), gd.Constant(eta), 1, ORDERS["sequential"], 0.0, NEVER, 1, SingleRows())
    theta, n = np.zeros(size(problem.model), X.dtype), len(data.Y)
    none = np.zeros((0, len(theta)), X.dtype), np.arange(n), np.ones(1, np.uint64), theta, np.zeros(2, np.int64)

    def run():
        theta[:] = 0.0
        walk(problem, method, data, Memory(theta, theta, *none), work)
        return theta[: problem.model.inputs]

    return Contender(run)


def shuffled(n=100_000):
    """A random order of the rows. The generators differ, so each result is only a permutation."""

    @compiled
    def shuffle(order, random):
        arrange(order, RESHUFFLE, random)

    order, state, rng = np.arange(n), seeded(np.random.default_rng(0)), np.random.default_rng(0)

    def agree(ours, theirs):
        assert (np.sort(ours) == np.arange(n)).all()
        assert (np.sort(theirs) == np.arange(n)).all()

    def run():
        shuffle(order, state)
        return order

    mine = np.arange(n)

    def numpy():
        rng.shuffle(mine)
        return mine

    contenders = {OURS: Contender(run), "NumPy": Contender(numpy)}
    return Row(GROUP, f"shuffling {n:,} row numbers", contenders, {"NumPy": 8.0}, agree)
