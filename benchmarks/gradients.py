"""The gradient of all rows, beside NumPy and beside what it takes only to read X; and many small epochs."""

import numpy as np

import gdlearn as gd
from gdlearn.generic import compiled
from gdlearn.problem import evaluate
from harness import OURS, Contender, Row, close, present

GROUP = "Full-batch gradient descent"


@compiled
def read(X):
    """The sum of all entries, as fast as memory gives them."""
    values, total = X.reshape(X.size), X[0, 0] - X[0, 0]
    for i in range(len(values)):
        total += values[i]
    return total


def rows():
    """The rows of this group."""
    yield from (full_gradient(1_000_000, 50, dtype, goals) for dtype, goals in (("float64", 3.3), ("float32", 3.2)))
    yield full_gradient(100_000, 500, "float64", 2.3, limit=0.75)
    yield small_epochs()


def full_gradient(n, d, dtype, goal, limit=0.85):
    """The mean squared error and its gradient."""
    rng = np.random.default_rng(0)
    X, theta = rng.standard_normal((n, d), dtype=dtype), rng.standard_normal(d, dtype=dtype)
    y = X @ theta + rng.standard_normal(n, dtype=dtype)
    problem, data = gd.Problem(gd.Linear(d, intercept=False)).ready().load(X, y)
    start, work = np.full(d, 0.1, dtype), problem.workspace(X.dtype)

    def ours():
        evaluate(problem, start, *data, *work)
        return work.g

    def two_passes():
        r = X @ start
        r -= y
        return X.T @ r * np.asarray(2.0 / n, dtype)

    contenders = {
        OURS: Contender(ours),
        "NumPy": Contender(two_passes),
        "reading X": Contender(lambda: read(X) and None),
    }
    tolerance = 1e-9 if dtype == "float64" else 2e-3
    agree = close(tolerance, tolerance)
    return Row(GROUP, f"gradient, {n:,} x {d}, {dtype}", contenders, {"NumPy": goal, "reading X": limit}, agree)


def small_epochs(n=1000, d=10, epochs=200, lr=0.05):
    """Gradient descent from start to end, in one call."""
    rng = np.random.default_rng(1)
    X, theta = rng.standard_normal((n, d)), rng.standard_normal(d)
    y = X @ theta + rng.standard_normal(n)
    problem = gd.Problem(gd.Linear(d, intercept=False))

    def numpy():
        w = np.zeros(d)
        for _ in range(epochs):
            w -= (2.0 * lr / n) * ((X @ w - y) @ X)
        return w

    contenders = {
        OURS: Contender(lambda: gd.minimize(problem, X, y, schedule=lr, epochs=epochs, tolerance=0.0).theta),
        "NumPy": Contender(numpy),
    }
    peers, missing = present("torch")
    if peers:
        torch = peers["torch"]
        A, b = torch.from_numpy(X), torch.from_numpy(y)

        def autograd():
            w = torch.zeros(d, dtype=torch.float64, requires_grad=True)
            optimizer = torch.optim.SGD([w], lr=lr)
            for _ in range(epochs):
                optimizer.zero_grad()
                torch.nn.functional.mse_loss(A @ w, b).backward()
                optimizer.step()
            return w.detach().numpy()

        contenders["torch"] = Contender(autograd)
    return Row(GROUP, f"{n:,} x {d}, {epochs} epochs", contenders, {"NumPy": 3.0, "torch": 9.0}, close(1e-10), missing)
