r"""L-BFGS: what the last steps have told of the curvature stands in for its matrix.

A step s that changed the gradient by y tells what the second derivatives do along it: :math:`H s \approx y`. A
matrix B that returns :math:`B y = s` is as good as :math:`H^{-1}` along this step. The last few pairs give such a
matrix, and it is never written down: :math:`B g` takes two loops over the pairs.
"""

import math
import sys
import time
import warnings
from contextlib import suppress

import numpy as np
from numpy.typing import ArrayLike

from . import validation
from ._types import Matrix, Seed
from .generic import has_kernel
from .interruptions import Interruptions
from .line_search import Point, along
from .losses import AbsoluteError, curvature
from .models import initial, size
from .pairs import Pairs
from .penalties import ridge
from .preconditioning import Preconditioner, due
from .problem import Problem, evaluate
from .records import Range, number, shown
from .results import CONVERGED, DIVERGED, INTERRUPTED, RUNNING, STALLED, STATUS, DivergenceWarning, History, Run
from .sampling import generator
from .threads import one_thread

# The first step tried goes so many times as far as to where the tangent is 0, the least that most objectives can be.
# On a parabola above 0 that is too far, so the search finds where it is lowest. If columns have means, a first step
# that is merely good enough costs three times as many steps.
FIRST = 4.0
# Below this share of the objective a change of it is rounding.
ROUNDING = {"float64": 1e-13, "float32": 1e-6}
# So many steps in a row may bring neither a lower objective nor a smaller gradient: its norm falls by fits and starts.
PATIENCE = 50
# The rate of the descent is that of so many steps.
RECENT = 10


@one_thread
def lbfgs(
    problem: Problem,
    X: Matrix,
    y: ArrayLike,
    *,
    epochs: int = 1000,
    tolerance: float = 1e-6,
    start: ArrayLike | None = None,
    seed: Seed = 0,
) -> Run:
    r"""Minimize a smooth problem by L-BFGS: gradient descent that learns the curvature on its way.

    With the gradient g and the pairs :math:`s_i = \theta_{i+1} - \theta_i`, :math:`y_i = g_{i+1} - g_i` of the
    last ten steps,

    .. math::
        \theta_{k+1} = \theta_k - t_k B_k g_k,

    where :math:`B_k` is the scaled identity :math:`\frac{s^\top y}{y^\top y} I` of the last pair, into which all
    pairs are worked in turn, the oldest first, each with :math:`\rho = 1 / (y^\top s)`:

    .. math::
        B \leftarrow (I - \rho \, s y^\top) \, B \, (I - \rho \, y s^\top) + \rho \, s s^\top .

    For a linear model and dense X with no more columns than rows, the identity soon gives way to the inverse of the
    second derivatives at some :math:`\theta_k`, or near enough (``gdlearn.preconditioning``), so that columns need no
    scaling.

    :math:`t_k`, mostly 1, is such that the objective and its slope fall enough (Wolfe 1969): with
    :math:`d = -B_k g_k`,

    .. math::
        J(\theta_k + t d) &\le J(\theta_k) + 10^{-4} \, t \, g_k^\top d, \\
        \nabla J(\theta_k + t d)^\top d &\ge 0.9 \, g_k^\top d .

    Parameters
    ----------
    problem : Problem
        Any model, a loss without kinks, and no penalty or L2.
    X : array or sparse matrix (n, d)
    y : array (n,), or (n, k)
    epochs : int
        At most so many steps, each of which takes one pass through the data, the first two or three, others seldom;
        second derivatives take another.
    tolerance : float
        Stop once the norm of the gradient is at most this.
    start : array (p,), optional
        By default zeros for ``Linear``, random by the seed for ``MLP``.
    seed : int or numpy.random.Generator
        The same seed gives the same run.

    Returns
    -------
    Run
        ``history`` has the start and one entry per step; ``history.learning_rate`` has the t of the next step.
        The status is "stalled" where rounding hides the way down before the tolerance is reached.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit; the message names it.

    Warns
    -----
    DivergenceWarning
        If the objective falls without end along a line, as that of a loss of yours may.

    References
    ----------
    Nocedal (1980), Updating quasi-Newton matrices with limited storage. Liu and Nocedal (1989), On the limited
    memory BFGS method for large scale optimization. Böhning (1992), Multinomial logistic regression algorithm.

    Examples
    --------
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.diabetes("bmi", "bp", standardize=True)
    >>> problem = gd.Problem(gd.Linear(2), gd.BinaryCrossEntropy(), gd.L2(0.01))
    >>> run = gd.lbfgs(problem, X, y > 150.0)
    >>> run.status, run.theta.round(3)
    ('converged', array([ 0.876,  0.609, -0.218]))
    """
    asked, began = _checked(problem), time.perf_counter()
    epochs, tolerance = number(epochs, "epochs", Range(0), int), number(tolerance, "tolerance", Range(0.0))
    problem, data = asked.load(X, y, looks=True)
    given, rng = start is not None, generator(seed)
    if not given and has_kernel(initial, type(asked.model)):
        start = initial(asked.model, rng)
    start = validation.parameters(start, size(asked.model), data.Y.dtype, "start")
    search = Search(problem, data, start, began)
    if not math.isfinite(search.at.objective + search.at.norm):
        validation.inputs(X, asked.model.inputs)
        if given:
            raise validation.bad_start()
        raise ValueError("the objective where the descent begins is not finite; scale y or X, or begin elsewhere")
    code = search.until(tolerance, epochs)
    if code == DIVERGED:
        message = "the objective falls without end along a line; pass a penalty, or a loss that has a least value"
        warnings.warn(message, DivergenceWarning, stacklevel=3)
    history = History(*map(np.array, zip(*search.seen, strict=True)))
    return Run(search.at.theta.astype(data.Y.dtype), history, STATUS[code], asked)


def is_smooth(problem):
    """Whether the objective is known to have a bounded curvature and no kinks."""
    return ridge(problem.penalty) >= 0.0 and math.isfinite(curvature(problem.loss))


def _checked(problem):
    if not isinstance(problem, Problem):
        raise TypeError(f"problem must be a gd.Problem, not {shown(problem)}")
    problem = problem.ready()
    if isinstance(getattr(problem.loss, "then", problem.loss), AbsoluteError):
        raise TypeError(f"lbfgs takes a loss without kinks, not {problem.loss}; use gd.minimize, or gd.Huber(delta)")
    if ridge(problem.penalty) < 0.0:
        raise TypeError(f"lbfgs takes the penalty NoPenalty or L2, not {problem.penalty}; use gd.fista")
    return problem


class Search:
    """Where the descent is, in double precision whatever the data, and what it has seen.

    Attributes
    ----------
    at : Point
    seen : list
        Of each step the objective before it, its t, the norm of the gradient, and the time.
    best, when : Point, int
        The last point surely better than those before, by objective or gradient, and its step.
    """

    def __init__(self, problem, data, start, began):
        self.problem, self.data, self.began = problem, data, began
        self.work, self.pairs, self.seen = problem.workspace(data.Y.dtype), Pairs(), []
        self.rounding = ROUNDING[data.Y.dtype.name]
        self.at = self.look(start.astype(np.float64))
        self.best, self.when = self.at, 0
        self.due, self.every = due(problem, data)
        self.pays = self.due
        self._record()

    def look(self, theta):
        """What is known at theta, once it is rounded to the precision of the data."""
        rounded = theta.astype(self.data.Y.dtype, copy=False)
        objective, norm = evaluate(self.problem, rounded, *self.data, *self.work)
        return Point(rounded.astype(np.float64, copy=False), objective, self.work.g.astype(np.float64), norm)

    def until(self, tolerance, epochs):
        """Take steps until the norm of the gradient is at most ``tolerance``; return how that ended."""
        with Interruptions() as interrupted, np.errstate(over="ignore", invalid="ignore"):
            while not interrupted:
                if self.at.norm <= tolerance:
                    return CONVERGED
                if len(self.seen) > epochs:
                    return RUNNING
                if len(self.seen) > self.due and self.left(tolerance) > self.pays:
                    self.precondition()
                code = STALLED if self.lost() else self.step()
                if code != RUNNING and not interrupted:
                    self.back()
                    return code
        return INTERRUPTED

    def step(self):
        """Take one step, or stay and return why: none leads down, or the objective falls without end."""
        at, first = self.at, not self.pairs.kept and self.pairs.first is None
        d = self.pairs.direction(at.g)
        length = FIRST * abs(at.objective) / at.norm / at.norm or 1.0 if first else 1.0
        t, found = along(d, length, at, self.look, self.rounding)
        if found is None:
            if math.isinf(t):
                return DIVERGED
            self.pairs.forget()  # what they tell of the curvature is wrong here; -g leads down all the same
            return STALLED if first else self.step()
        self.pairs.add(found.theta - at.theta, found.g - at.g)
        self.at, self.seen[-1][1] = found, t
        self._record()
        return RUNNING

    def left(self, tolerance):
        """How many steps the way to the tolerance takes at the rate of the last few."""
        last = self.seen[-1 - RECENT :]
        before, now, goal = map(math.log, (last[0][2], self.at.norm, max(tolerance, sys.float_info.min)))
        return (len(last) - 1) * (now - goal) / (before - now) if now < before else math.inf

    def precondition(self):
        """Work the pairs into the second derivatives here, if their matrix has an inverse."""
        self.due += self.every
        with suppress(np.linalg.LinAlgError):
            self.pairs.begin(Preconditioner(self.problem, self.data, self.at.theta))

    def lost(self):
        """Whether the last steps led nowhere, as far as rounding lets see."""
        at, best, steps = self.at, self.best, len(self.seen) - 1
        if at.norm < best.norm or at.objective < best.objective - self.rounding * abs(best.objective):
            self.best, self.when = at, steps
        return steps >= self.when + PATIENCE

    def back(self):
        """Take back the steps since the best."""
        self.at, self.seen[self.when + 1 :] = self.best, []
        self.seen[-1][1] = 1.0

    def _record(self):
        self.seen.append([self.at.objective, 1.0, self.at.norm, time.perf_counter() - self.began])
