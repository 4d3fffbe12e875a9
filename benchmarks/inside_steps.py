"""Inside a step: exponentials and targets, products of matrices, the step of Adam, and the way into compiled code."""

import numpy as np

import gdlearn as gd
import gradients
import inside_epochs
import networks
import pieces
from gdlearn.blocks import copy_targets
from gdlearn.elementary import exp
from gdlearn.generic import compiled
from gdlearn.problem import evaluate
from gdlearn.products import add_transposed_times, gather, times_transposed
from harness import Contender
from parts import in_turn

LARGE = 1024  # rows and columns of a matrix that BLAS multiplies as fast as it can


def parts():
    """The paragraphs on pieces of a step, and on mini-batches."""
    for key, part in (("softmax cross-entropy", cross_entropy), ("log loss and gradient", log_loss)):
        yield key, part("float64") | {f"{name}_single": share for name, share in part("float32").items()}
    yield "softmax regression", network(20_000, 32, ())
    yield "MLP 784-256-10, one epoch of 4,000", network(4_000, 32, (256,))
    yield "MLP 784-256-10, one epoch of 8,000", network(8_000, 512, (256,))
    yield "Adam step, 1,000 parameters", in_turn(**adam(1000, 1000))
    yield "Adam step", many_parameters()


@compiled
def exponentials(z, s, count):
    """Of some numbers, so many times."""
    for _ in range(count):
        for e in range(len(z)):
            s[e] = exp(z[e])


def cross_entropy(dtype, n=1_000_000, k=10):
    """The shares of the exponentials, in the fastest cache, and of reading the targets."""
    rng = np.random.default_rng(3)
    z, Y = rng.standard_normal((n, k), dtype=dtype), np.eye(k, dtype=dtype)[rng.integers(0, k, n)]
    some = -np.abs(z[: pieces.BLOCK]).ravel()
    s, count = np.empty_like(some), n // pieces.BLOCK
    whole, power = pieces.ours_on(gd.CrossEntropy(), z, Y), lambda: exponentials(some, s, count)
    t = in_turn(whole=whole, powers=power, targets=lambda: gradients.read(Y))
    return {name: t[name] / t["whole"] for name in ("powers", "targets")}


def log_loss(dtype, n=1_000_000):
    """The shares of values and slopes, of numbers that lie side by side, and of finding the targets by row number."""
    rng = np.random.default_rng(4)
    z, y = rng.standard_normal(n, dtype=dtype), (rng.random(n) < 0.5).astype(dtype)
    loss, s, Y, order, some = gd.BinaryCrossEntropy(), np.empty_like(z), y.reshape(-1, 1), np.arange(n), pieces.BLOCK
    t = in_turn(
        whole=pieces.ours_on(loss, z, Y),
        loop=lambda: inside_epochs.side_by_side(loss, z, y, s, True),
        targets=lambda: targets(Y, order, s[:some].reshape(-1, 1)),
    )
    return {name: t[name] / t["whole"] for name in ("loop", "targets")}


@compiled
def forth(A, W, Z, count):
    """A layer's scores of one batch, so many times."""
    for _ in range(count):
        times_transposed(A, W, Z)


@compiled
def back(S, A, G, count):
    """The gradient of the layer's weights."""
    for _ in range(count):
        add_transposed_times(S, A, G)


@compiled
def targets(Y, order, S):
    """Those of all rows by their numbers, as many in one go as S has rows."""
    for start in range(0, len(order) - len(S) + 1, len(S)):
        copy_targets(Y, order, start, start + len(S), S)


@compiled
def copies(X, order, A):
    """Rows by their numbers, as many in one go as A has."""
    for start in range(0, len(order) - len(A) + 1, len(A)):
        gather(X, order, start, start + len(A), A)


def network(n, batch, hidden):
    """Of an epoch: the products with the first weights and their speed, copies of rows, steps, and objectives."""
    D, K, rng = networks.D, networks.K, np.random.default_rng(6)
    X, labels = rng.random((n, D), dtype=np.float32), rng.integers(0, K, n)
    model, q = (gd.MLP(D, hidden, K), hidden[0]) if hidden else (gd.Linear(D, K), K)
    problem, data = gd.Problem(model, gd.CrossEntropy()).ready().load(X, labels)
    theta, large = np.full(gd.models.size(model), 1e-3, X.dtype), np.ones((LARGE, LARGE), X.dtype)
    work = problem.workspace(X.dtype)
    ours, *peers = networks.epoch("", n, batch, hidden, {"torch": None} if hidden else {}).contenders.values()
    products = first_layer(data, min(batch, len(work.Z)), q)
    t = in_turn(
        whole=ours,
        look=lambda: evaluate(problem, theta, *data, *work),
        step=adam(len(theta), n // batch)["step"],
        large=lambda: large @ large,
        **products,
        **({"peer": peers[0]} if peers else {}),
    )
    looks, both, parts = 2.0 * t["look"] / networks.EPOCHS, t["forth"] + t["back"], batch / n
    found = {name: t[name] * parts for name in products} | {"step": t["step"], "batch": (t["whole"] - looks) * parts}
    found |= {"looks": looks / t["whole"], "products": both / t["whole"], "speed_large": 2.0 * LARGE**3 / t["large"]}
    found |= {f"speed_{name}": 2.0 * n * q * D / t[name] for name in ("forth", "back")}
    return found | ({"limit": t["peer"] / both} if "peer" in t else {})


def first_layer(data, m, q):
    """An epoch of products with the weights of q units, and of copies of rows, m rows in one go."""
    A, n = data.X[:m].copy(), len(data.rows)
    S, (W, G), B = np.ones((m, q), A.dtype), np.full((2, q, A.shape[1]), 1e-3, A.dtype), A.copy()
    count = n // m
    runs = {
        "forth": lambda: forth(A, W, S, count),
        "back": lambda: back(S, A, G, count),
        "copies": lambda: copies(data.X, data.rows, B),
    }
    return {name: Contender(run, scale=count * m / n) for name, run in runs.items()}


@compiled
def steps(theta, state, g, lr, count):
    """So many steps of the training loop."""
    for t in range(count):
        pieces.step_along(theta, state, g, lr, t)


@compiled
def enter(theta, state, g, lr, t):
    """The way into compiled code, and out again."""


def adam(p, count):
    """A step from Python, a step among many in compiled code, and the way into it."""
    theta, g = np.random.default_rng(5).standard_normal((2, p), dtype=np.float32)
    work = theta, np.zeros((2, p), theta.dtype), g, 1e-3
    return {
        "whole": lambda: pieces.one_step(*work, 9),
        "step": Contender(lambda: steps(*work, count), scale=count),
        "enter": lambda: enter(*work, 9),
    }


def many_parameters():
    """A step of some that stay in the caches, and of many that do not, with the time to read as many numbers."""
    few, many = adam(100_000, 1)["whole"], adam(10_000_000, 1)["whole"]
    numbers = np.ones((4, 10_000_000), np.float32)
    t = in_turn(few=few, many=many, read=lambda: gradients.read(numbers))
    return {"few": t["few"] / 100_000, "many": t["many"] / 10_000_000, "read": t["read"] / t["many"]}
