r"""Dual coordinate ascent: one number per row instead of one per column, raised one row at a time.

The ridge-penalized objective :math:`J(w) = \frac{1}{n} \sum_i f_i(x_i^\top w) + \frac{\lambda}{2} \lVert w \rVert^2`
and its dual

.. math:: D(u) = -\frac{1}{n} \sum_i f_i^*(u_i) - \frac{\lambda}{2} \lVert w(u) \rVert^2 \quad\text{with}\quad
    w(u) = -\frac{1}{\lambda n} \sum_i u_i x_i

meet at the solution: J(w(u)) - D(u), the duality gap, is 0 there. A new u_i needs the score of its row alone, and
moves w along that row alone: an epoch touches each stored number of X twice, however many columns there are.
"""

import math
import time

import numpy as np
import scipy
from numpy.typing import ArrayLike

from ._types import Matrix, Seed, issparse
from .certificates import Certificate
from .conjugates import conjugate, slopes
from .elementary import exp
from .generic import compiled, generic
from .losses import BinaryCrossEntropy, SquaredError, value
from .models import Linear, forward, pullback
from .penalties import L2
from .problem import Problem, workspace
from .records import Range, number, ready, shown
from .results import History, Run
from .sampling import RESHUFFLE, arrange, generator, seeded
from .sparse import as_matrix
from .threads import one_thread

# Runs of so many rows are taken in a random order: reading row after row is twice as fast as jumping.
RUN = 32
# A step may be wrong by this share of its length: its aim moves anyway, until the other rows are right.
ENOUGH, ROUNDING, TRIES = 0.1, 1e-14, 60


@generic
def dual_step(loss, u, z, y, q):
    r"""The best new number v of a row: :math:`\arg\min_v f^*(v) - z v + \frac{q}{2} (v - u)^2`, at its score z."""
    raise NotImplementedError("this loss has no dual_step kernel")


@dual_step.kernel(SquaredError)
def _(loss, u, z, y, q):
    return (z - y + q * u) / (0.5 + q)


@dual_step.kernel(BinaryCrossEntropy)
def _(loss, u, z, y, q):
    """Newton's steps for the logit t of p = v + y, where t - z + q (p - before) is 0; halving where they leave."""
    before, t, low, high, tries = u + y, z, z - q, z + q, 0
    while True:
        small = exp(-abs(t))
        p = (1.0 if t >= 0.0 else small) / (1.0 + small)
        error = t - z + q * (p - before)
        if abs(error) <= max(ENOUGH * q * abs(p - before), ROUNDING * (1.0 + abs(z))) or tries == TRIES:
            return p - y
        if error > 0.0:
            high = t
        else:
            low = t
        t -= error / (1.0 + q * p * (1.0 - p))
        if not low < t < high:
            t = 0.5 * (low + high)
        tries += 1


@compiled
def ascend(loss, model, data, runs, random, u, q, w, share, work):
    """Raise the number of each row once, and keep w = -X^T u share; data.rows hold the numbers of all rows."""
    n = len(u)
    arrange(runs, RESHUFFLE, random)
    for run in runs:
        for r in range(RUN * run, min(RUN * run + RUN, n)):
            forward(model, w, data.X, data.rows, r, r + 1, work.Z, work.H)
            new = dual_step(loss, u[r], work.z[0], data.Y[r, 0], q[r])
            work.s[0] = u[r] - new
            pullback(model, w, data.X, data.rows, r, r + 1, work.S, share, w, work.H)
            u[r] = new


@compiled
def mean_loss(loss, scores, Y):
    """The mean loss of the scores (n,)."""
    total = 0.0
    for i in range(len(scores)):
        total += value(loss, scores[i], Y[i, 0])
    return total / len(scores)


@one_thread
def dual_ascent(
    problem: Problem,
    X: Matrix,
    y: ArrayLike,
    *,
    epochs: int = 1000,
    tolerance: float = 1e-8,
    seed: Seed = 0,
) -> Run:
    r"""Minimize a ridge-penalized problem by dual coordinate ascent: for sparse rows with many columns.

    Each epoch takes the rows in a random order (in runs of 32) and gives row i the number :math:`u_i` that is best for

    .. math::
        D(u) &= -\frac{1}{n} \sum_i f_i^*(u_i) - \frac{\lambda}{2} \lVert w \rVert^2, \\
        w &= -\frac{1}{\lambda n} \sum_i u_i x_i .

    For rows drawn at random, the expected duality gap J(w) - D(u) falls like :math:`\exp(-\frac{k}{1 + \kappa / n})`
    in k epochs, with :math:`\kappa = L \max_i \lVert x_i \rVert^2 / \lambda` and L the largest second derivative of
    the loss: few epochs, unless the penalty is weak.

    Parameters
    ----------
    problem : Problem
        ``Linear(d, intercept=False)``, the squared error or the binary cross-entropy, and L2 greater than 0.
        A free intercept would tie all rows together; ``gd.newton`` and ``gd.fista`` have one.
    X : array or sparse matrix (n, d)
    y : array (n,)
    epochs : int
        At most so many.
    tolerance : float
        Stop at a duality gap of at most ``tolerance`` times the objective at zero.
    seed : int or numpy.random.Generator
        The same seed gives the same run.

    Returns
    -------
    Run
        Of the best w seen. ``history.objective`` has w = 0, and the least so far for each epoch; no gradient is
        ever computed, nor is there a learning rate, so both are NaN. The certificate is of the end.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit; the message names it.

    References
    ----------
    Hsieh, Chang, Lin, Keerthi and Sundararajan (2008), A dual coordinate descent method for large-scale
    linear SVM. Shalev-Shwartz and Zhang (2013), Stochastic dual coordinate ascent methods.

    Examples
    --------
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.diabetes("bmi", "bp", standardize=True)
    >>> model = gd.Linear(2, intercept=False)
    >>> problem = gd.Problem(model, gd.BinaryCrossEntropy(), gd.L2(0.01))
    >>> run = gd.dual_ascent(problem, X, y > 150.0)
    >>> run.status, run.theta.round(3)
    ('converged', array([0.882, 0.607]))
    """
    asked, began = _checked(problem), time.perf_counter()
    epochs, tolerance = number(epochs, "epochs", Range(0), int), number(tolerance, "tolerance", Range(0.0))
    problem, data = asked.load(X, y)
    state = Ascent(problem, data, as_matrix(data.X, asked.model.inputs), began)
    goal, random = tolerance * state.objective, seeded(generator(seed))
    if epochs > 0 and state.gap > goal:
        state.begin()
    while state.gap > goal and len(state.seen) <= epochs:
        state.epoch(random)
    theta = state.best.astype(data.Y.dtype)
    exact = theta.dtype == np.float64  # else the objective is that of the theta that was rounded
    objective = state.objective if exact else asked.objective(theta.astype(np.float64), state.X, data.Y[:, 0])
    proof = Certificate("duality gap", max(float(objective - state.lower_bound()), 0.0))
    history = History(*map(np.array, zip(*state.seen, strict=True)))
    status = "converged" if proof.bound <= goal else "max_epochs"
    return Run(theta, history, status, asked, certificate=proof)


def _checked(problem):
    if not isinstance(problem, Problem):
        raise TypeError(f"problem must be a gd.Problem, not {problem!r}")
    problem = problem.ready()
    model, loss, penalty = problem
    if not isinstance(model, Linear) or model.outputs > 1 or model.intercept:
        needs = "a Linear model with one output and intercept=False"
        raise TypeError(f"dual_ascent takes {needs}, not model={shown(model)}; use gd.newton or gd.fista")
    ready(loss, dual_step, conjugate, name="loss")
    if not isinstance(penalty, L2) or penalty.lam == 0.0:
        raise TypeError(
            f"dual_ascent takes penalty=L2(lam) with lam greater than 0, not {shown(penalty)}; use gd.fista"
        )
    return problem


class Ascent:
    """Where the ascent is: the numbers u of the rows, and their w, in double precision whatever the data.

    The objective is that of the best w so far: while D rises, J(w) may go up as well.
    """

    def __init__(self, problem, data, X, began):
        (n, d), self.lam = X.shape, problem.penalty.lam
        self.problem, self.data, self.X, self.began, self.seen = problem, data, X, began, []
        self.u, self.w, self.best, self.runs = np.zeros(n), np.zeros(d), np.zeros(d), np.arange((n + RUN - 1) // RUN)
        self.work = workspace(np.empty(0), 1, 1, 0)
        with np.errstate(over="ignore"):
            squares = scipy.sparse.csr_array((X.data**2, X.indices, X.indptr), X.shape) if issparse(X) else X * X
            self.q = np.asarray(squares.sum(axis=1)).ravel() / (self.lam * n)
        if not np.isfinite(self.q).all():
            raise ValueError("X is too large for penalty.lam: |x|^2 / (lam n) overflows; scale the columns of X")
        self.slopes = slopes(problem.loss, np.zeros((n, 1)), data.Y)[:, 0]
        with np.errstate(over="ignore", invalid="ignore"):
            self.objective = mean_loss(problem.loss, np.zeros(n), data.Y)
        self.conjugates = conjugate(problem.loss, self.u, data.Y[:, 0]).mean()
        self.at_zero = -self.conjugates
        self.gap = self.objective - self.at_zero
        self._record()

    def begin(self):
        """Half the slopes at w = 0 are nearer to the best numbers than zeros."""
        self.u[:] = 0.5 * self.slopes
        self.w[:] = self.X.T @ self.u / (-self.lam * len(self.u))

    def epoch(self, random):
        """Raise each number once, and look at the gap."""
        share = 1.0 / (self.lam * len(self.u))
        model = self.problem.model
        ascend(self.problem.loss, model, self.data, self.runs, random, self.u, self.q, self.w, share, self.work)
        self.look()

    def look(self):
        """Measure the objective and the gap."""
        ridge = 0.5 * self.lam * (self.w @ self.w)
        objective = ridge + mean_loss(self.problem.loss, self.X @ self.w, self.data.Y)
        if not objective >= self.objective:
            self.objective, self.best = objective, self.w.copy()
        self.conjugates = conjugate(self.problem.loss, self.u, self.data.Y[:, 0]).mean()
        self.gap = self.objective - max(-self.conjugates - ridge, self.at_zero)
        self._record()

    def _record(self):
        if not math.isfinite(self.objective):
            raise ValueError("the objective is not finite; scale y or X, or pass a larger penalty.lam")
        self.seen.append([self.objective, math.nan, math.nan, time.perf_counter() - self.began])

    def lower_bound(self):
        """D(u), or D(0) if higher, with w computed anew, without the rounding of many small moves."""
        w = self.X.T @ self.u / (self.lam * len(self.u))
        return max(-self.conjugates - 0.5 * self.lam * (w @ w), self.at_zero)
