r"""The lasso by coordinate descent: move one weight at a time, among the few that can be other than zero.

The problem, in the convention of scikit-learn, is :math:`\min_w \frac{1}{2n} \lVert y - A w \rVert^2 +
\alpha \lVert w \rVert_1`. Three ideas make it fast:

- *Working set.* At a solution, :math:`|a_j^\top (y - A w)| < n \alpha` implies :math:`w_j = 0`. Only
  columns above that line, the violators, are let in, until there are none. The first guess along a path
  is the strong rule (Tibshirani et al. 2012): column j can wait if its correlation at the last alpha is
  below :math:`n (2 \alpha - \alpha_{last})`.
- *Gram matrix.* Among m columns, a sweep needs only their products :math:`G = A^\top A` and
  :math:`c = A^\top y`: a move costs m operations instead of n.
- *Jump.* Once the signs of the weights stay the same, the rest is a linear system of equations, solved
  at once.

The duality gap over all columns says when to stop, so that no rule above needs to be trusted. Memory
grows with m^2: this is for solutions of up to some ten thousand weights other than zero.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import scipy

from ._types import issparse
from .generic import compiled

# So many columns are let in at first, and at least so many at a time.
FEW = 64
# A sweep that lowers the objective by at most this share of the gap is the last one before a new look.
LAST = 1e-2
# Before a jump, at most so many sweeps, until one lowers the objective by at most this share of the gap.
SETTLING, NEARER = 100, 1e-6
# Moves of all weights in their last digits seem to lower the objective by so much, per column and y^T y.
ROUNDING = 16.0 * np.finfo(float).eps ** 2
# A weight that leaves 0, or comes back, by a change of its correlation in the last digits has not changed its sign.
NOISE = 4.0 * np.finfo(float).eps


class Columns(NamedTuple):
    """The columns A = X - root means^T: dense X comes centered, with means of 0; sparse X stays as it is."""

    X: Any  # (n, p)
    means: np.ndarray  # (p,)
    root: np.ndarray  # (n,) square roots of the weights of the rows

    def correlations(self, v):
        """A^T v, shape (p,), in float64."""
        found = (self.X.T @ v.astype(self.X.dtype, copy=False)).astype(np.float64, copy=False)
        return found - self.means * (self.root @ v) if self.means.any() else found


@compiled
def sweep(G, c, w, q, threshold, least, most):
    """Minimize over w[0], w[1], ... in turn; q = G w. Return the sweeps done, and by how much they helped.

    Stops after ``most`` sweeps, or when one lowers the objective by at most ``least`` and keeps all signs.
    """
    m, done, helped, decrease, settled = len(w), 0, 0.0, math.inf, False
    while done < most and not (settled and decrease <= least):
        decrease, settled = 0.0, True
        for j in range(m):
            old, curvature = w[j], G[j, j]
            pull = c[j] - q[j]
            if (old == 0.0 and abs(pull) <= threshold) or curvature <= 0.0:
                continue
            pull += curvature * old
            new = math.copysign(max(abs(pull) - threshold, 0.0), pull) / curvature
            move = new - old
            if move != 0.0:
                noise = curvature * abs(move) <= NOISE * (abs(c[j]) + threshold)
                settled = settled and (new * old > 0.0 or noise)
                w[j] = new
                for k in range(m):
                    q[k] += move * G[j, k]
                decrease += 0.5 * curvature * move * move
        done, helped = done + 1, helped + decrease
    return done, helped


class WorkingSet:
    """The columns let in so far, their products, and the state of the descent.

    Parameters
    ----------
    columns : Columns
    y : ndarray (n,)
        Centered as the columns are.
    """

    def __init__(self, columns, y):
        self.columns, self.y = columns, y.astype(np.float64)
        self.energy = float(self.y @ self.y)
        self.Xy = columns.correlations(self.y)
        self.ids, self.waiting, self.blocks = np.empty(0, np.intp), np.ones(len(self.Xy), bool), []
        self.G, self.numbers = np.zeros((0, 0)), np.zeros((3, 0))
        self.residual, self.correlations = self.y, self.Xy

    @property
    def state(self):
        """The views (G, c, w, q) of the columns let in."""
        m = len(self.ids)
        return self.G[:m, :m], *self.numbers[:, :m]

    def weights(self):
        """w over all columns, shape (p,)."""
        w = np.zeros(len(self.Xy))
        w[self.ids] = self.state[2]
        return w

    def admit(self, new):
        """Let the columns ``new`` in, with weights of 0."""
        old, m = len(self.ids), len(self.ids) + len(new)
        self._reserve(m)
        self.ids, self.waiting[new] = np.append(self.ids, new), False
        block = self.columns.X[:, new].astype(np.float64)
        self.blocks.append(block)
        products = np.concatenate([dense(other.T @ block) for other in self.blocks])
        means, root = self.columns.means, self.columns.root
        products -= (root @ root) * np.outer(means[self.ids], means[new])
        self.G[:m, old:m], self.G[old:m, :m] = products, products.T
        self.numbers[0, old:m] = self.Xy[new]
        self.numbers[2, old:m] = self.numbers[1, :old] @ products[:old]

    def grow(self, line):
        """Let in the columns with a correlation above ``line``, or the largest of them; return how many.

        Never more than there are weights other than zero by now, so that the set grows with the support; and
        not many more than a quarter of them, since the first correlations tell little of the last ones.
        """
        scores = np.where(self.waiting, np.abs(self.correlations), 0.0)
        support = np.count_nonzero(self.state[2])
        count = min(np.count_nonzero(scores > line), max(FEW, min(support, 2 * FEW + support // 4)))
        if count:
            self.admit(np.argpartition(scores, -count)[-count:])
        return count

    def _reserve(self, m):
        """Room for m columns."""
        if m > len(self.G):
            room = min(max(2 * m, FEW), max(m, len(self.Xy)))
            self.G = np.pad(self.G, (0, room - len(self.G)))
            self.numbers = np.pad(self.numbers, ((0, 0), (0, room - self.numbers.shape[1])))

    def refresh(self):
        """Compute the residual and all correlations anew, without the rounding of many small moves."""
        _, c, w, q = self.state
        self.residual, begin = self.y + self.columns.root * (self.columns.means[self.ids] @ w), 0
        for block in self.blocks:
            self.residual -= block @ w[begin : begin + block.shape[1]]
            begin += block.shape[1]
        self.correlations = self.columns.correlations(self.residual)
        q[:] = c - self.correlations[self.ids]

    def bounds(self, threshold):
        """The objective at w, and the value of the dual at the multiple of the residual that is best there."""
        r, w = self.residual, self.state[2]
        squares, along = r @ r, self.y @ r
        objective = 0.5 * squares + threshold * np.abs(w).sum()
        share, top = along / squares if squares > 0.0 else 0.0, np.abs(self.correlations).max()
        if share * top > threshold:
            share = threshold / top
        return objective, share * along - 0.5 * share**2 * squares


def dense(A):
    return A.toarray() if issparse(A) else A


def solve(work, threshold, last, tolerance, most):
    """Close the gap at n * alpha = ``threshold``, coming from ``last``; return the gap and the sweeps done.

    Both the gap and its ``tolerance`` are n times those of the objective.
    """
    done, line, dual = 0, min(max(2.0 * threshold - last, 0.0), threshold), -math.inf
    while True:
        objective, found = work.bounds(threshold)
        dual = max(dual, found)
        gap = max(objective - dual, 0.0)
        if gap <= tolerance or done >= most:
            return gap, done
        count = work.grow(line)
        sweeps, helped = sweep(*work.state, threshold, LAST * gap, most - done)
        if not count and line == threshold and helped <= ROUNDING * len(work.ids) * work.energy:
            return gap, done
        done, line = done + sweeps, threshold
        if count <= FEW // 8:
            jump(*work.state, threshold, NEARER * gap)
        work.refresh()


def jump(G, c, w, q, threshold, least=0.0):
    """Settle the signs by sweeps among the weights other than 0, then go to the minimum for these signs.

    These sweeps do not pay for the columns that wait at 0. Weights that would change their sign in the jump
    stop at 0; if that does not lower the objective, go straight toward the minimum until the first is 0.
    """
    support = np.flatnonzero(w)
    H, c, old = G[np.ix_(support, support)], c[support], w[support]
    new, local = old.copy(), q[support]
    sweep(H, c, new, local, threshold, least, SETTLING)
    new += _to_the_minimum(H, c, new, local, threshold)
    move, w[support] = np.zeros(len(w)), new
    move[support] = new - old
    q += G @ move


def _to_the_minimum(H, c, w, q, threshold):
    """The move of the weights other than 0 to the minimum for their signs, or as far as the signs stay."""
    active, move = np.flatnonzero(w), np.zeros(len(w))
    if len(active) < len(w):
        H = H[np.ix_(active, active)]
    old, signs = w[active], np.sign(w[active])
    slope = q[active] - c[active] + threshold * signs
    factor = H.copy()
    factor[np.diag_indices_from(H)] *= 1.0 + 1e-12  # twins have no single minimum
    try:
        step = -scipy.linalg.cho_solve(scipy.linalg.cho_factor(factor, overwrite_a=True, check_finite=False), slope)
    except np.linalg.LinAlgError:
        return move
    crossing = (old + step) * signs <= 0.0
    stopped = np.where(crossing, -old, step)
    if stopped @ slope + 0.5 * stopped @ H @ stopped >= 0.0:
        shares = np.where(crossing, old / np.where(crossing, -step, 1.0), 1.0)
        first = crossing & (shares == shares.min(initial=1.0))
        stopped = np.where(first, -old, shares.min(initial=1.0) * step)
    move[active] = stopped
    return move
