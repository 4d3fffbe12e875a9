"""Inside an epoch: reading X, the sums, the slopes that wait for each other, and what comes beside the steps."""

import numpy as np

import gdlearn as gd
import gradients
import stochastic
from gdlearn.elementary import like
from gdlearn.generic import compiled
from gdlearn.losses import slope, value
from gdlearn.problem import evaluate, gradient
from gdlearn.sampling import REPLACEMENT, RESHUFFLE, arrange, seeded
from gdlearn.sparse import add_row_of, row_times
from harness import OURS, Contender
from parts import in_turn

CACHED = 50_000  # numbers that stay in the caches


def parts():
    """The paragraphs on full gradients and on single rows."""
    double, single = (full_gradient(1_000_000, 50, dtype) for dtype in ("float64", "float32"))
    yield "gradient, 1,000,000 x 50", double | {f"{name}_single": share for name, share in single.items()}
    yield "gradient, 100,000 x 500", full_gradient(100_000, 500, "float64")
    yield "1,000 x 10, 200 epochs", small_epochs()
    yield "dense", dense_rows()
    yield "CSR", sparse_rows()
    yield "shuffling", shuffling()


def full_gradient(n, d, dtype):
    """The shares of reading X, and of the same sums over rows in the caches; the ratio if only X had to be read."""
    row, few, theta = gradients.full_gradient(n, d, dtype, None).contenders, CACHED // d, np.full(d, 0.1, dtype)
    X, y = np.random.default_rng(0).standard_normal((few, d), dtype=dtype), np.ones(few, dtype)
    problem, data = gd.Problem(gd.Linear(d, intercept=False)).ready().load(X, y)
    data = data._replace(rows=np.tile(data.rows, n // few))
    work = problem.workspace(X.dtype)
    sums = Contender(lambda: evaluate(problem, theta, *data, *work))
    t = in_turn(whole=row[OURS], numpy=row["NumPy"], read=row["reading X"], sums=sums)
    return {"read": t["read"] / t["whole"], "sums": t["sums"] / t["whole"], "limit": t["numpy"] / t["read"]}


@compiled
def passes(problem, theta, data, work, count, with_value):
    """The gradient of all rows, so many times."""
    for _ in range(count):
        gradient(problem.model, problem.loss, theta, data, data.rows, 0, len(data.rows), work, with_value)


def small_epochs(epochs=200):
    """One epoch and the call around them; the gradient alone, and with columns that fill the registers."""

    def alone(d):
        X, y = np.random.default_rng(1).standard_normal((1000, d)), np.ones(1000)
        problem, data = gd.Problem(gd.Linear(d, intercept=False)).ready().load(X, y)
        work = problem.workspace(X.dtype)
        return Contender(lambda: passes(problem, np.zeros(d), data, work, epochs, False), scale=epochs)

    whole, call = (gradients.small_epochs(epochs=count).contenders[OURS] for count in (epochs, 0))
    t = in_turn(whole=whole, call=call, gradient=alone(10), eight=alone(8), sixteen=alone(16))
    return t | {"epoch": (t["whole"] - t["call"]) / epochs}


@compiled
def chained(loss, z, Y):
    """Each slope waits for the one before."""
    for r in range(len(Y)):
        z = slope(loss, z, Y[r])
    return z


@compiled
def side_by_side(loss, Z, Y, S, with_value):
    """The slopes of many scores, none of which waits for another; the sum of their losses, if asked for."""
    total = like(Z[0], 0.0)
    for r in range(len(Y)):
        z, y = Z[r], Y[r]
        S[r] = slope(loss, z, y)
        if with_value:
            total += value(loss, z, y)
    return total


def dense_rows():
    """What is not steps; an epoch of long rows, and reading them; a row with the log loss, and a slope of it."""
    z, y, s = *np.random.default_rng(2).random((2, 100_000)), np.empty(100_000)
    X, loss = stochastic.data(20_000, 500, "float64", 0)[0], gd.BinaryCrossEntropy()
    short, long, log = single_rows(100_000, 20), single_rows(20_000, 500), single_rows(len(y), 20, "log loss")
    t = in_turn(
        **{f"{name}_{d}": run for d, row in ((20, short), (500, long)) for name, run in row.items()},
        log=log["epochs"],
        read500=lambda: gradients.read(X),
        chained=lambda: chained(loss, 0.0, y),
        side=lambda: side_by_side(loss, z, y, s, False),
    )
    found = {f"rest{d}": 1.0 - t[f"epochs_{d}"] / t[f"whole_{d}"] for d in (20, 500)}
    found |= {"epoch500": t["epochs_500"] / stochastic.EPOCHS, "read500": t["read500"]}
    row = {"row": t["log"] / stochastic.EPOCHS, "chained": t["chained"], "side": t["side"]}
    return found | {name: seconds / len(y) for name, seconds in row.items()}


def single_rows(n, d, loss="squared error", filled=0):
    """A row of the table: the whole, and its epochs alone."""
    row = stochastic.single_rows(n, d, "float64", loss, None, filled).contenders
    return {"whole": row[OURS], "epochs": row["our epochs alone"]}


@compiled
def scores_of(X, order, w):
    """The products of all rows with w."""
    total = 0.0
    for r in order:
        total += row_times(X, r, w)
    return total


@compiled
def moves_along(X, order, w):
    """A small move of w along each row."""
    for r in order:
        add_row_of(X, r, 1e-9, w)


def sparse_rows(n=20_000, d=50_000, filled=74):
    """An epoch, its scores alone and its moves alone; the share of all that is no step."""
    X, y = stochastic.data(n, d, "float64", filled)
    _, data = gd.Problem(gd.Linear(d)).ready().load(X, y)
    w = np.full(d, 1e-3)
    t = in_turn(
        **single_rows(n, d, "log loss", filled),
        scores=lambda: scores_of(data.X, data.rows, w),
        moves=lambda: moves_along(data.X, data.rows, w),
    )
    found = {"epoch": t["epochs"] / stochastic.EPOCHS, "rest": 1.0 - t["epochs"] / t["whole"]}
    return found | {"scores": t["scores"], "moves": t["moves"]}


@compiled
def arranged(order, sampling, random):
    """A new order, or as many numbers drawn."""
    arrange(order, sampling, random)


def shuffling(n=100_000):
    """A row number's place in the order, and the draw alone."""
    order, random = np.arange(n), seeded(np.random.default_rng(0))
    drawn = order.copy()
    t = in_turn(
        number=lambda: arranged(order, RESHUFFLE, random),
        draw=lambda: arranged(drawn, REPLACEMENT, random),
    )
    return {name: seconds / n for name, seconds in t.items()}
