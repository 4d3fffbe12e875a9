"""Minimize: the front door of the training loop."""

import math
import os
import time
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from . import validation
from ._types import Matrix, Record, Seed
from .checkpoints import Checkpoint
from .generic import has_kernel
from .interruptions import Interruptions
from .loop import Memory, Method, cut_for, train
from .models import initial, size
from .optimizers import SGD, Clip, begin, slots, update
from .problem import Problem, alone
from .records import Range, number, ready, remembered, shown
from .results import INTERRUPTED, RUNNING, History, Run, finish
from .sampling import ORDERS, generator, seeded
from .schedules import Constant, rate
from .threads import one_thread

# Seconds of training between two looks at the clock, the keyboard and the callback.
PATIENCE = 0.05
# How many times longer the next stretch may be: the first is a look without steps, and tells little of theirs.
HASTE = 8.0
NEVER = 2**62


def minimize(
    problem: Problem,
    X: Matrix,
    y: ArrayLike,
    *,
    optimizer: Record = SGD(),  # noqa: B008 (records are immutable)
    schedule: Record | float = 0.1,
    batch_size: int | None = None,
    epochs: int = 100,
    seed: Seed = 0,
    sampling: str = "reshuffle",
    start: ArrayLike | Run | None = None,
    tolerance: float = 1e-8,
    average: float = 0.0,
    measure_every: int = 1,
    path: bool = False,
    callback: Callable[[int, float], object] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> Run:
    """Minimize a problem on data, one step per batch.

    Parameters
    ----------
    problem : Problem
    X : array or sparse matrix (n, d)
        float32 or float64 decides the precision of the run; dense arrays in C order are not
        copied, those in Fortran order are, once.
    y : array (n,), or (n, k) for k outputs
        Labels 0 to k - 1 for the cross-entropies.
    optimizer : optimizer
    schedule : schedule or float
        A number is a constant learning rate.
    batch_size : int, optional
        None, the default, or n takes all rows, each once: gradient descent. 1 is stochastic gradient descent.
    epochs : int
        Passes through the data, at least 0.
    seed : int or numpy.random.Generator
        The same seed gives the same run.
    sampling : {"reshuffle", "replacement", "sequential"}
        Rows in a new random order each epoch, drawn with replacement, or as they stand.
    start : array (p,) or Run, optional
        The first theta; by default zeros for ``Linear``, random by the seed for ``MLP``. A ``Run`` goes on
        where it stopped: with its theta, the memory of its optimizer, the number of its next step and its
        generator (``seed`` is ignored), on the same rows or others; that of a solver gives its theta.
    tolerance : float
        Stop as converged once the norm of the gradient (the smallest subgradient for a penalty with a
        kink) is at most this.
    average : float
        Return the mean of the iterates of this last share of the steps (Polyak and Juditsky 1992); 0, the
        default, returns the last iterate.
    measure_every : int
        Measure the objective and its gradient, which takes about as long as an epoch of steps, only every so many
        epochs and at the end; the entries of the history between are NaN. ``tolerance``, ``callback`` and
        the watch over divergence wait for it. Gradient descent has both at hand and measures each epoch.
    path : bool
        Keep theta of every epoch in ``history.theta``.
    callback : function, optional
        Called every few hundredths of a second as ``callback(epoch, objective)``; ``gd.progress_bar()``
        makes one. If it returns True, and no other value, the run stops as "interrupted", as it does at Ctrl-C.
    checkpoint : path, optional
        A file that keeps the state of the run. If it is there, the run goes on from it, to the same
        bits as without the interruption. It knows records by their class and fields: delete it if you
        change a kernel of your own. It may be given more epochs; with ``average``, so many that the
        average begins no earlier than where it stopped.

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
    >>> problem = gd.Problem(gd.Linear(2, intercept=False))
    >>> run = gd.minimize(problem, X, y, schedule=0.15, epochs=200)
    >>> run.status, run.theta.round(6)
    ('converged', array([ 3., -2.]))
    """
    if not isinstance(problem, Problem):
        raise TypeError(f"problem must be a gd.Problem, not {shown(problem)}")
    if not isinstance(path, bool):
        raise TypeError(f"path must be True or False, not {shown(path)}")
    if callback is not None and not callable(callback):
        raise TypeError(f"callback must be a function of epoch and objective, not {shown(callback)}")
    asked = problem.ready()
    problem, data = asked.load(X, y, looks=True)
    epochs = number(epochs, "epochs", Range(0), int)
    how = optimizer, schedule, batch_size, sampling, tolerance, average, measure_every, epochs
    method = _method(problem, len(data.Y), *how)
    if isinstance(start, Run) and start.memory is None:  # of a solver, or of early stopping
        start = start.theta
    with alone(problem.model):
        if isinstance(start, Run):
            memory = _continued(problem, method, start, data)
            method = method._replace(average_from=method.average_from + int(memory.t[0]))
        else:
            memory = _memory(problem, method, start, seed, data)
        theta = np.empty((epochs + 1 if path else 0, size(problem.model)), data.Y.dtype)
        history = History(*np.full((4, epochs + 1), np.nan))._replace(theta=theta)
        work = problem.workspace(data.Y.dtype)
        saved = Checkpoint(checkpoint, problem, method, data, memory, work, history)
        code = _train_in_stretches(problem, method, data, memory, work, history, callback, saved)
    if memory.t[1] == 0:
        validation.inputs(X, asked.model.inputs)
        raise validation.bad_start("begin closer to zero, or scale y or the columns of X")
    return finish(asked, method, X, memory, history, code, start)


def _method(problem, n, optimizer, schedule, batch_size, sampling, tolerance, average, measure_every, epochs):
    if isinstance(schedule, (int, float, np.number)) and not isinstance(schedule, bool):
        schedule = _constant(schedule)
    if not isinstance(sampling, str) or sampling not in ORDERS:
        raise ValueError(f"sampling must be one of {', '.join(map(repr, ORDERS))}, not {shown(sampling)}")
    batch = n if batch_size is None else number(batch_size, "batch_size", Range(1), int)
    if batch > n:
        raise ValueError(f"batch_size={batch} is larger than the {n} rows of X; pass None for all rows")
    every = number(measure_every, "measure_every", Range(1), int)
    share, steps = number(average, "average", Range(0.0, 1.0)), epochs * -(-n // batch)
    optimizer = ready(optimizer, update, name="optimizer")
    return Method(
        optimizer,
        _scheduled(schedule),
        batch,
        ORDERS[sampling],
        number(tolerance, "tolerance", Range(0.0)),
        round((1.0 - share) * steps) if share > 0.0 else NEVER,
        min(every, NEVER) if batch < n else 1,
        cut_for(problem, optimizer, batch, n),
    )


@lru_cache(typed=True)  # one record for one number, which is checked once; a complex 1 is not the number 1
def _constant(eta):
    return Constant(number(eta, "schedule", Range(0.0, open_low=True)))


@remembered
@one_thread  # the kernel may be a stranger's
def _scheduled(schedule):
    schedule = ready(schedule, rate, name="schedule")
    number(rate(schedule, 0), "the rate that the kernel of schedule returns", Range(0.0))
    return schedule


@lru_cache(typed=True)  # a generator takes as long to make as an epoch of a thousand rows
def _first_number(seed):
    return seeded(generator(seed))


def _memory(problem, method, start, seed, data):
    """The state of a run that has not begun."""
    p, dtype = size(problem.model), data.Y.dtype
    if isinstance(seed, int) and (start is not None or not has_kernel(initial, type(problem.model))):
        random = _first_number(seed).copy()
    else:
        rng = generator(seed)
        start = initial(problem.model, rng) if start is None else start
        random = seeded(rng)
    theta = validation.parameters(start, p, dtype, "start")
    state = np.zeros((slots(method.optimizer), p), dtype)
    begin(method.optimizer, theta, state)
    order, t = np.arange(len(data.Y)), np.zeros(2, np.int64)
    return Memory(theta, theta.copy(), state, order, random, np.zeros(p, dtype), t)


def _stepping(optimizer):
    """The class of the optimizer whose memory the state is."""
    return _stepping(optimizer.then) if isinstance(optimizer, Clip) else type(optimizer)


def _continued(problem, method, run, data):
    """The state of a run that goes on where it stopped, perhaps on other rows."""
    p, dtype, last = size(problem.model), data.Y.dtype, run.memory
    theta = validation.parameters(last.theta, p, dtype, "start.theta")
    now, before = _stepping(method.optimizer), _stepping(run.optimizer)
    if now is not before or last.state.shape != (slots(method.optimizer), p):
        raise ValueError(
            f"start is a run of another optimizer, {before.__name__}, whose memory means nothing to {now.__name__}; "
            "pass start=run.theta to keep only its parameters"
        )
    same = len(last.order) == len(data.Y) and method.sampling != ORDERS["sequential"]
    order = last.order.copy() if same else np.arange(len(data.Y))
    t = np.array([last.t[0], 0])
    return Memory(theta, theta.copy(), last.state.astype(dtype), order, last.random.copy(), np.zeros(p, dtype), t)


def _train_in_stretches(problem, method, data, memory, work, history, callback, saved):
    """Train in stretches of a few hundredths of a second, to hear Ctrl-C, ask the callback and save the state."""
    code, stretch, last, every = saved.load(), 1, len(history.objective), method.measure_every
    began = time.perf_counter() - (history.seconds[memory.t[1] - 1] if memory.t[1] else 0.0)
    done = int(memory.t[1])
    with Interruptions() as interrupted:
        while done < last and code == RUNNING:
            first, since = done, time.perf_counter()
            measured = 1 + math.ceil((first + stretch - 1) / every) * every  # so that each stretch ends with a look
            code = train(problem, method, data, memory, work, history, min(measured, last))
            done, now = int(memory.t[1]), time.perf_counter()
            each = (now - since) / max(done - first, 1)
            history.seconds[first:done] = since - began + each * np.arange(1, done - first + 1)
            took = max(now - since, PATIENCE / HASTE)  # more than 0, also where the clock ticks slowly
            stretch = max(1, round((done - first) * PATIENCE / took))
            saved.save(code, finished=done == last or code != RUNNING)
            asked = callback is not None and done and callback(done - 1, float(history.objective[done - 1]))
            stopped = code == RUNNING and done < last and isinstance(asked, (bool, np.bool_)) and asked
            if stopped or interrupted:  # also after the last epoch: whoever trains in a loop must hear of Ctrl-C
                code = INTERRUPTED
    return code
