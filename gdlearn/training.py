"""The training loop: one for every model, loss, penalty, optimizer and schedule.

Gradient descent, mini-batch and stochastic gradient descent are the same loop; only the batch size
tells them apart.
"""

import math
import time
from typing import Any, NamedTuple

import numpy as np

from . import validation
from .generic import compiled, inlined
from .models import size, weights
from .optimizers import SGD, begin, extrapolate, slots, update
from .penalties import prox, pull
from .problem import Problem, gradient, measure
from .records import Range, number, ready
from .results import CONVERGED, DIVERGED, RUNNING, History, finish
from .sampling import ORDERS, arrange, seeded
from .schedules import Constant, rate

# Seconds of training between two looks at the clock.
PATIENCE = 0.05


class Method(NamedTuple):
    """How to minimize: what a step is, and how an epoch is cut into steps."""

    optimizer: Any
    schedule: Any
    batch_size: int
    sampling: int
    tolerance: float


class Memory(NamedTuple):
    """What a run carries from one epoch to the next."""

    theta: np.ndarray  # (p,)
    finite: np.ndarray  # (p,) the last theta with a finite objective
    state: np.ndarray  # (slots, p) what the optimizer remembers
    order: np.ndarray  # (n,) the rows of the epoch
    random: np.ndarray  # (1,) the state of the generator
    t: np.ndarray  # (1,) the number of the next step


@inlined
def step(problem, optimizer, memory, g, lr, t):
    """One step along the gradient of loss and penalty, then the penalty's proximal operator."""
    theta, state, w = memory.theta, memory.state, weights(problem.model)
    for j in range(w):
        moved, length = update(optimizer, theta[j], g[j] + pull(problem.penalty, theta[j]), state, j, lr, t)
        theta[j] = extrapolate(optimizer, prox(problem.penalty, moved, length), state, j)
    for j in range(w, len(theta)):
        moved, length = update(optimizer, theta[j], g[j], state, j, lr, t)
        theta[j] = extrapolate(optimizer, moved, state, j)


@inlined
def epoch(problem, method, data, memory, work):
    """Step once per batch through all rows."""
    n, t = len(data.rows), memory.t[0]
    full = method.batch_size == n
    if not full:
        arrange(memory.order, method.sampling, memory.random)
    for start in range(0, n, method.batch_size):
        if not full:  # the gradient of the full batch is at hand: the last measure left it in work.g
            stop = min(start + method.batch_size, n)
            gradient(problem, memory.theta, data, memory.order, start, stop, work, False)
        step(problem, method.optimizer, memory, work.g, rate(method.schedule, t), t)
        t += 1
    memory.t[0] = t


@inlined
def copy(source, target):
    """target[:] = source, which takes Numba two seconds to compile."""
    for j in range(len(source)):
        target[j] = source[j]


@compiled
def train(problem, method, data, memory, work, history, first, last):
    """Epochs ``first`` to ``last`` - 1, where epoch 0 is the start. Return how many are recorded, and the status."""
    for e in range(first, last):
        if e > 0:
            epoch(problem, method, data, memory, work)
        objective, norm = measure(problem, memory.theta, data, work)
        if not (math.isfinite(objective) and math.isfinite(norm)):
            copy(memory.finite, memory.theta)
            return e, DIVERGED
        copy(memory.theta, memory.finite)
        history.objective[e], history.gradient_norm[e] = objective, norm
        history.learning_rate[e] = rate(method.schedule, memory.t[0])
        if len(history.theta) > 0:
            copy(memory.theta, history.theta[e])
        if norm <= method.tolerance:
            return e + 1, CONVERGED
    return last, RUNNING


def minimize(
    problem,
    X,
    y,
    *,
    optimizer=SGD(),  # noqa: B008 (records are immutable)
    schedule=0.1,
    batch_size=None,
    epochs=100,
    seed=0,
    sampling="reshuffle",
    start=None,
    tolerance=1e-8,
    path=False,
):
    """Minimize a problem on data, one step per batch.

    Parameters
    ----------
    problem : Problem
    X : array (n, d)
        float32 or float64 decides the precision of the run; C-contiguous arrays are not copied.
    y : array (n,), or (n, k) for k outputs
        Labels 0 to k - 1 for the cross-entropies.
    optimizer : optimizer
    schedule : schedule or float
        A number is a constant learning rate.
    batch_size : int, optional
        None, the default, takes all rows: gradient descent. 1 is stochastic gradient descent.
    epochs : int
        Passes through the data, at least 0.
    seed : int or numpy.random.Generator
        The same seed gives the same run.
    sampling : {"reshuffle", "replacement", "sequential"}
        Rows in a new random order each epoch, drawn with replacement, or as they stand.
    start : array (p,), optional
        The first theta; zeros by default.
    tolerance : float
        Stop as converged once the norm of the gradient (the smallest subgradient for a penalty with a
        kink) is at most this.
    path : bool
        Keep theta of every epoch in ``history.theta``.

    Returns
    -------
    Run

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit; the message names it and says what to pass.

    Warns
    -----
    DivergenceWarning
        If the objective grew beyond bounds. The run then ends with status "diverged".

    Examples
    --------
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.quadratic([1.0, 10.0], center=[3.0, -2.0])
    >>> run = gd.minimize(gd.Problem(gd.Linear(2, intercept=False)), X, y, schedule=0.15, epochs=200)
    >>> run.status, run.theta.round(6)
    ('converged', array([ 3., -2.]))
    """
    if not isinstance(problem, Problem):
        raise TypeError(f"problem must be a gd.Problem, not {problem!r}")
    problem = problem.ready()
    data, work = problem.load(X, y)
    n, p, dtype = len(data.X), size(problem.model), data.X.dtype
    method = _method(optimizer, schedule, batch_size, sampling, tolerance, n)
    epochs = number(epochs, "epochs", Range(0), int)
    rng = _generator(seed)
    theta = validation.parameters(start, p, dtype, "start")
    state = np.zeros((slots(method.optimizer), p), dtype)
    begin(method.optimizer, theta, state)
    memory = Memory(theta, theta.copy(), state, np.arange(n), seeded(rng), np.zeros(1, np.int64))
    history = History(*np.empty((4, epochs + 1)), np.empty((epochs + 1 if path else 0, p), dtype))
    done, code = _train_in_stretches(problem, method, data, memory, work, history)
    if done == 0:
        remedy = "begin closer to zero, or scale y or the columns of X"
        raise ValueError(f"start has an objective that is not finite; {remedy}")
    return finish(problem, method.optimizer, data.X, memory.theta, history, done, code)


def _method(optimizer, schedule, batch_size, sampling, tolerance, n):
    if isinstance(schedule, (int, float, np.number)) and not isinstance(schedule, bool):
        schedule = Constant(number(schedule, "schedule", Range(0.0, open_low=True)))
    if not isinstance(sampling, str) or sampling not in ORDERS:
        raise ValueError(f"sampling must be one of {', '.join(map(repr, ORDERS))}, not {sampling!r}")
    batch = n if batch_size is None else number(batch_size, "batch_size", Range(1), int)
    if batch > n:
        raise ValueError(f"batch_size={batch} is larger than the {n} rows of X; pass None for all rows")
    return Method(
        ready(optimizer, update, name="optimizer"),
        ready(schedule, rate, name="schedule"),
        batch,
        ORDERS[sampling],
        number(tolerance, "tolerance", Range(0.0)),
    )


def _generator(seed):
    if isinstance(seed, np.random.Generator):
        return seed
    return np.random.default_rng(number(seed, "seed", Range(0), int))


def _train_in_stretches(problem, method, data, memory, work, history):
    """Train in stretches of a few hundredths of a second, so that Ctrl-C is heard and time is measured."""
    began, done, stretch, last = time.perf_counter(), 0, 1, len(history.objective)
    code = RUNNING
    while done < last and code == RUNNING:
        first, since = done, time.perf_counter()
        done, code = train(problem, method, data, memory, work, history, first, min(first + stretch, last))
        now = time.perf_counter()
        history.seconds[first:done] = np.linspace(since, now, done - first + 1)[1:] - began
        if now - since < PATIENCE:
            stretch *= 2
    return done, code
