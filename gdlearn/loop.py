"""The compiled loop: one for every model, loss, penalty, optimizer and schedule.

Gradient descent, mini-batch and stochastic gradient descent are the same loop; only how it cuts an epoch
into steps tells them apart.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from .elementary import like
from .generic import compiled, generic, inlined
from .models import weights
from .optimizers import at_step, decay, extrapolate, looks_at_all, prepare, update
from .penalties import prox, pull, ridge
from .problem import gradient, measure
from .results import CONVERGED, DIVERGED, RUNNING
from .rowwise import in_one_go, plain_steps
from .sampling import arrange
from .schedules import rate


class Method(NamedTuple):
    """How to minimize: what a step is, and how an epoch is cut into steps."""

    optimizer: Any
    schedule: Any
    batch_size: int
    sampling: int
    tolerance: float
    average_from: int  # the step from which on the iterates are averaged
    measure_every: int  # epochs from one look at the objective to the next
    cut: Any


class Memory(NamedTuple):
    """What a run carries from one epoch to the next."""

    theta: np.ndarray  # (p,)
    finite: np.ndarray  # (p,) the last theta with a finite objective
    state: np.ndarray  # (slots, p) what the optimizer remembers
    order: np.ndarray  # (n,) the rows of the epoch
    random: np.ndarray  # (1,) the state of the generator
    average: np.ndarray  # (p,) the mean of the last iterates
    t: np.ndarray  # (2,) the number of the next step, and of the entries recorded


@inlined
def step(model, penalty, optimizer, memory, g, lr, t):
    """One step along the gradient of loss and penalty, then the penalty's proximal operator."""
    theta, state, w, lr = memory.theta, memory.state, weights(model), like(memory.theta[0], lr)
    now = at_step(optimizer, theta, lr, t)
    whole, share = looks_at_all(optimizer), 1.0
    if whole:
        for j in range(w):
            g[j] += pull(penalty, theta[j])
        share = prepare(optimizer, model, g, state)
    for j in range(w):
        slope = g[j] if whole else like(g[j], g[j] + pull(penalty, theta[j]))
        moved, length = update(now, decay(optimizer, theta[j], lr), slope, state, j, lr, t)
        theta[j] = extrapolate(optimizer, prox(penalty, moved, share * length), state, j)
    for j in range(w, len(theta)):
        moved, length = update(now, theta[j], g[j], state, j, lr, t)
        theta[j] = extrapolate(optimizer, moved, state, j)


@inlined
def take_step(problem, method, memory, g, t):
    """Step t along the gradient g, which counts for the average when its time has come."""
    step(problem.model, problem.penalty, method.optimizer, memory, g, rate(method.schedule, t), t)
    if t >= method.average_from:
        add_to_mean(memory.average, memory.theta, t - method.average_from)


class AllRows(NamedTuple):
    """An epoch is one step: gradient descent."""


class Batches(NamedTuple):
    """An epoch is a step for each batch."""


class SingleRows(NamedTuple):
    """An epoch is a step for each row, several taken in one go."""


def cut_for(problem, optimizer, batch_size, n):
    """How an epoch is cut into steps. It is known before the loop is compiled, which need not hold the other ways."""
    if batch_size == n:
        return AllRows()
    return SingleRows() if batch_size == 1 and in_one_go(problem, optimizer) else Batches()


@generic
def epoch(cut, problem, method, data, memory, work):
    """Step through all rows once."""
    raise NotImplementedError("there is no other way to cut an epoch")


@epoch.kernel(AllRows)
def _(cut, problem, method, data, memory, work):
    take_step(problem, method, memory, work.g, memory.t[0])  # the last measure left the gradient of all rows there
    memory.t[0] += 1


@epoch.kernel(Batches)
def _(cut, problem, method, data, memory, work):
    n, t = len(data.rows), memory.t[0]
    arrange(memory.order, method.sampling, memory.random)
    for start in range(0, n, method.batch_size):
        stop = min(start + method.batch_size, n)
        gradient(problem.model, problem.loss, memory.theta, data, memory.order, start, stop, work, False)
        take_step(problem, method, memory, work.g, t)
        t += 1
    memory.t[0] = t


@epoch.kernel(SingleRows)
def _(cut, problem, method, data, memory, work):
    n, t, lam = len(data.rows), memory.t[0], ridge(problem.penalty)
    if t + n > method.average_from:
        epoch(Batches(), problem, method, data, memory, work)
        return
    arrange(memory.order, method.sampling, memory.random)
    plain_steps(problem.model, problem.loss, method.schedule, lam, data, memory.order, memory.theta, t, work)
    memory.t[0] = t + n


@inlined
def copy(source, target):
    """target[:] = source, which takes Numba two seconds to compile."""
    for j in range(len(source)):
        target[j] = source[j]


@inlined
def add_to_mean(mean, theta, k):
    """The mean of k + 1 vectors, from that of the first k and the last."""
    for j in range(len(theta)):
        mean[j] += (theta[j] - mean[j]) / (k + 1)


@compiled
def train(problem, method, data, memory, work, history, last):
    """Go on until ``last`` entries of the history are recorded, of which the first is the start. Return the status."""
    for e in range(memory.t[1], last):
        if e > 0:
            epoch(method.cut, problem, method, data, memory, work)
        history.learning_rate[e] = rate(method.schedule, memory.t[0])
        if len(history.theta) > 0:
            copy(memory.theta, history.theta[e])
        if e % method.measure_every > 0 and e + 1 < last:
            continue
        objective, norm = measure(problem, memory.theta, data, work)
        if not (math.isfinite(objective) and math.isfinite(norm)):
            copy(memory.finite, memory.theta)
            return DIVERGED
        copy(memory.theta, memory.finite)
        history.objective[e], history.gradient_norm[e] = objective, norm
        memory.t[1] = e + 1
        if norm <= method.tolerance:
            return CONVERGED
    return RUNNING
