r"""Newton's method: a parabola has its minimum in one step, and near a minimum every smooth function is one.

With the gradient g and the matrix H of second derivatives, the parabola at theta is lowest at
:math:`\theta - H^{-1} g`. Two ideas save passes over the rows, and products:

- *A few rows first.* The minimum over a sample of m rows has an objective only some p / m above the least:
  most steps need no more than the sample.
- *An old matrix will do.* A step with the H of a place nearby leads downhill as well. It is renewed where
  the decrement :math:`g^\top H^{-1} g` no longer falls fast.
"""

import math
import time

import numpy as np
import scipy
from numpy.typing import ArrayLike

from . import validation
from ._types import Matrix
from .certificates import Certificate, certificate, has_dual, lower_bound
from .hessians import Place, factored, look, second_derivative
from .line_search import ARMIJO
from .models import Linear, size
from .penalties import ridge
from .problem import Problem, workspace
from .records import Range, number, ready
from .results import History, Run
from .sparse import as_matrix
from .threads import one_thread

# A sample has one row in so many, and at least so many rows for each parameter.
SHARE, ENOUGH = 16, 20
# A sample's minimum is known well enough at this share of what it differs from that of all rows.
ROUGH, MOST_OF_SAMPLE = 0.1, 20
# The matrix is renewed where a step leaves more than this share of the decrement.
KEPT = 0.05
# A step is halved at most so often.
HALVINGS = 30
# Below this share of the objective a decrement is lost in rounding, and the gradient tells what is downhill.
ROUNDING = 1e-13
BLOCK, LARGEST = 32, 10_000  # rows in one go; parameters, whose matrix fills 0.8 GB


@one_thread
def newton(
    problem: Problem,
    X: Matrix,
    y: ArrayLike,
    *,
    epochs: int = 100,
    tolerance: float = 1e-8,
    start: ArrayLike | None = None,
) -> Run:
    r"""Minimize a smooth convex problem by Newton's steps, halved until the objective falls.

    With the gradient g and the second derivatives H of the objective,

    .. math::
        \theta_{k+1} &= \theta_k - t_k H^{-1} g, \\
        H &= \frac{1}{n} \sum_i \ell''(z_i, y_i) \, x_i x_i^\top + \lambda I,

    with no :math:`\lambda` for the intercept, and :math:`t_k = 1, \frac12, \frac14, \ldots`, the first with
    :math:`J(\theta_{k+1}) \le J(\theta_k) - 10^{-4} \, t_k \, g^\top H^{-1} g`. With many rows, a sample of
    them gives a better start, and H may be that of an earlier step.

    Parameters
    ----------
    problem : Problem
        A linear model with one output, the squared error or the binary cross-entropy (or a loss of yours
        with a kernel for ``gdlearn.hessians.second_derivative``), and no penalty or L2.
    X : array or sparse matrix (n, d)
        H has (d + 1)^2 numbers: for d up to some thousands.
    y : array (n,)
    epochs : int
        At most so many steps over all rows.
    tolerance : float
        Stop at a duality gap of at most ``tolerance`` times the objective at zero. Without a penalty, where
        no gap is known, stop at a gradient with a norm of at most ``tolerance`` times that at zero.
    start : array (p,), optional
        Zeros by default.

    Returns
    -------
    Run
        ``history`` has the start, then the sample's minimum, if there is a sample, and one entry per step;
        ``history.learning_rate`` has the t of the next step. The certificate is of the end.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit; the message names it. Also where H is singular, so that no step is known.

    References
    ----------
    Boyd and Vandenberghe (2004), Convex optimization. Roosta-Khorasani and Mahoney (2019), Sub-sampled
    Newton methods.

    Examples
    --------
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.diabetes("bmi", "bp", standardize=True)
    >>> problem = gd.Problem(gd.Linear(2), gd.BinaryCrossEntropy(), gd.L2(0.01))
    >>> run = gd.newton(problem, X, y > 150.0)
    >>> run.status, run.theta.round(3)
    ('converged', array([ 0.876,  0.609, -0.218]))
    """
    asked, began = checked(problem), time.perf_counter()
    epochs, tolerance = number(epochs, "epochs", Range(0), int), number(tolerance, "tolerance", Range(0.0))
    problem, data = asked.load(X, y)
    start = validation.parameters(start, size(asked.model), data.Y.dtype, "start")
    known, descent, X = has_dual(asked), Descent(problem, data, began), as_matrix(data.X, asked.model.inputs)
    goal = tolerance * (descent.objective if known else descent.distance())
    try:
        descent.begin(start, epochs > 0 and not start.any())
        for share in (1.0, 0.1, 0.01, 0.0):
            going = descent.until(share * goal, epochs)
            theta = descent.theta.astype(data.Y.dtype)
            proof = proved(asked, theta, X, data.Y, descent.objective)
            finished = (proof.bound if known else descent.distance()) <= goal
            if finished or not going:
                break
    except np.linalg.LinAlgError:
        what = "X has dependent columns, or the classes can be separated without an error"
        raise ValueError(f"{what}, so there is no single minimum; pass a problem with penalty=gd.L2(lam)") from None
    history = History(*map(np.array, zip(*descent.seen, strict=True)))
    return Run(theta, history, "converged" if finished else "max_epochs", asked, certificate=proof)


def checked(problem):
    """The problem, if it is one that newton takes; else an error that names what is wrong with it."""
    if not isinstance(problem, Problem):
        raise TypeError(f"problem must be a gd.Problem, not {problem!r}")
    problem = problem.ready()
    if not isinstance(problem.model, Linear) or problem.model.outputs > 1:
        raise TypeError(f"newton takes a Linear model with one output, not {problem.model}; use gd.minimize")
    ready(problem.loss, second_derivative, name="loss")
    if ridge(problem.penalty) < 0.0:
        raise TypeError(f"newton takes the penalty NoPenalty or L2, not {problem.penalty}; use gd.fista")
    if (p := size(problem.model)) > LARGEST:
        raise ValueError(f"the model has {p:,} parameters, too many for their matrix; use gd.dual_ascent or gd.fista")
    return problem


def proved(problem, theta, X, Y, objective):
    """The certificate of theta, whose objective is known, but for the rounding of theta to single precision."""
    if not has_dual(problem) or theta.dtype != np.float64:
        return certificate(problem, theta, X, Y[:, 0])
    return Certificate("duality gap", max(float(objective - lower_bound(problem, theta, X, Y)), 0.0))


class Descent:
    """Where the steps are, in double precision: theta, the objective and gradient there, a matrix of a place nearby.

    Attributes
    ----------
    seen : list
        Of each theta the objective, the t of the step from there, the norm of the gradient, and the time.
    """

    def __init__(self, problem, data, began):
        p = size(problem.model)
        self.problem, self.data, self.began, self.known = problem, data, began, has_dual(problem)
        self.place = Place(data.rows, workspace(np.empty(p), BLOCK, 1, 0), np.empty(BLOCK), np.empty((p, p)))
        self.seen, self.factor, self.decrement, self.t = [], None, 0.0, 1.0
        self._go(np.zeros(p))

    def distance(self):
        """How far the minimum is: nearly the duality gap, or the norm of the gradient where no gap is known.

        With the exact slopes, the gap is |g|^2 / (2 lam); moved to a sum of 0, they add |b g_b|.
        """
        g, model = self.place.work.g, self.problem.model
        if not self.known:
            return self.norm()
        unbalanced = abs(self.theta[-1] * g[-1]) if model.intercept else 0.0
        return self.norm() ** 2 / (2.0 * ridge(self.problem.penalty)) + unbalanced

    def norm(self):
        """The norm of the gradient."""
        with np.errstate(over="ignore"):
            return math.sqrt(self.place.work.g @ self.place.work.g)

    def begin(self, start, with_sample):
        """Go to the start, and on to the minimum of a sample where that is better."""
        if start.any():
            self._go(start.astype(np.float64))
        if not math.isfinite(self.objective):
            raise validation.bad_start()
        if not math.isfinite(self.norm()):
            raise ValueError("X is so large that its squares overflow; scale the columns of X")
        self._record()
        few, p = len(self.data.rows) // SHARE, len(start)
        if with_sample and few >= ENOUGH * p:
            before = self.theta, self.objective
            self._sample(ROUGH * p / few)
            if not self.objective < before[1]:
                self.factor, self.decrement = None, 0.0
                self._go(before[0])
            self._record()

    def _sample(self, enough):
        """Go to the minimum of a part of the rows."""
        try:
            self._go(self.theta, self.data.rows[::SHARE].copy())
            for _ in range(MOST_OF_SAMPLE):
                if not self.step() or self.decrement <= enough * self.objective:
                    break
        except np.linalg.LinAlgError:  # a sample may well have no single minimum
            self.factor = None
        self.decrement = math.inf
        self._go(self.theta, self.data.rows)

    def until(self, target, epochs):
        """Take steps until the distance is at most ``target``; return whether more could be taken."""
        while self.distance() > target:
            if len(self.seen) > epochs or not self.step():
                return False
            self.seen[-1][1] = self.t
            self._record()
        return True

    def step(self):
        """Take one step, with a t that lowers the objective; return False, and stay, if there is none."""
        g, old = self.place.work.g, self.factor is not None
        if not old:
            self.objective = look(self.problem, self.theta, self.data, self.place, True)
            self.factor = factored(self.place.H)
        move = scipy.linalg.cho_solve(self.factor, g, check_finite=False)
        before, self.decrement, norm, t = self.decrement, g @ move, self.norm(), 1.0
        renew, lost = self.decrement > KEPT * before, self.decrement <= ROUNDING * abs(self.objective)
        for _ in range(1 if lost else HALVINGS):
            theta = self.theta - t * move
            objective = look(self.problem, theta, self.data, self.place, renew)
            if self.norm() < norm if lost else objective <= self.objective - ARMIJO * t * self.decrement:
                self.theta, self.objective, self.t = theta, objective, t
                self.factor = factored(self.place.H) if renew else self.factor
                return True
            t *= 0.5
        self._go(self.theta)
        self.factor = None
        return old and self.step()

    def _go(self, theta, rows=None):
        self.theta, self.place = theta, self.place._replace(rows=self.place.rows if rows is None else rows)
        self.objective = look(self.problem, theta, self.data, self.place, False)

    def _record(self):
        seconds = time.perf_counter() - self.began
        self.seen.append([self.objective, 1.0, self.norm(), seconds])
