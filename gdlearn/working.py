r"""The columns that a lasso works with: those let in so far, and what is known of the others.

A column needs to be looked at only where it may matter. From one residual to the next, the correlation of column a
changes little: for any number t,

.. math:: |a^\top r| \le |t| \, |a^\top r_{old}| + \lVert a \rVert \, \lVert r - t \, r_{old} \rVert,

and while this bound is below the line above which columns are let in, it stands for the product itself.
"""

import math

import numpy as np

from ._types import issparse
from .columns import read, subtract_columns
from .factors import Factor
from .validation import locked

# So many columns are let in at first, and at least so many at a time.
FEW = 64
# The bounds allow for so much rounding in a product of n numbers, as a share of n and of both lengths.
ROUNDING = 4.0 * np.finfo(float).eps
# Products tell the gap where their rounding is at most this share of the tolerance.
SMALL = 0.01
TOO_LARGE = "X and y are so large that their products overflow; scale y and the columns of X"


class WorkingSet:
    """The columns let in so far, their products, and the state of the descent.

    Parameters
    ----------
    columns : Columns
    y : ndarray (n,)
        Centered as the columns are.

    Attributes
    ----------
    bounds : ndarray (p,)
        No correlation with the residual is larger in magnitude, and those of columns that are not ``stale`` are equal.
    """

    def __init__(self, columns, y):
        self.columns, self.y, self.residual = columns, y.astype(np.float64), y.astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            self.energy, self.lengths = float(self.y @ self.y), None
            self.Xy = columns.correlations(self.y)
        self.w, self.apart, self.curvatures = np.zeros(len(self.Xy)), columns.apart(), np.full(len(self.Xy), -1.0)
        self.bounds, self.stale = np.abs(self.Xy), np.zeros(len(self.Xy), bool)
        self.squares = self.along = self.energy  # r^T r and y^T r
        self.ids, self.waiting = np.empty(0, np.intp), np.ones(len(self.Xy), bool)
        self.A, self.G, self.numbers, self.factor = columns.X[:, :0], np.zeros((0, 0)), np.zeros((3, 0)), Factor()

    def check(self):
        """Refuse data, all of them finite, whose products with y are not."""
        if not (math.isfinite(self.energy) and np.isfinite(self.Xy).all()):
            raise ValueError(TOO_LARGE)

    @property
    def state(self):
        """G, with room for more, and the views (c, w, q) of the columns let in."""
        return self.G, *self.numbers[:, : len(self.ids)]

    def weights(self):
        """w over all columns, shape (p,)."""
        w = self.w.copy()
        w[self.ids] = self.state[2]
        return w

    def resume(self, w):
        """Begin at these weights."""
        self.w = w
        if self.apart:
            self.take(w, self.true_residual())
        else:
            self.enter()
            self.refresh(0.0, 0.0)

    def take(self, w, residual):
        """Go on at these weights, before any column is in."""
        self.w, self.residual, self.bounds = w, residual, np.abs(self.columns.correlations(residual))
        self.squares, self.along = residual @ residual, self.y @ residual

    def true_residual(self):
        """The residual at w, without the rounding of many moves."""
        if not self.apart:
            return self.y - self.A[:, : len(self.ids)] @ self.state[2]
        residual = self.y.copy()
        subtract_columns(self.apart, self.weights(), residual)
        return residual

    def enter(self):
        """Let the columns in whose weights are not 0."""
        if len(ids := np.flatnonzero(self.w)):
            self.admit(ids)
            G, _, w, q = self.state
            w[:] = self.w[ids]
            q[:] = G[: len(ids), : len(ids)] @ w

    @np.errstate(over="ignore", invalid="ignore")
    def prepare(self, line, tolerance):
        """Begin a path down to ``line``, where many residuals follow that are much alike.

        If half of the columns may matter, and are no more than the rows, let all in: their products G, once known,
        take the place of all rows. Otherwise the lengths of the columns pay, which say what need not be read.
        """
        n, p = self.columns.X.shape
        self.apart = self.apart if issparse(self.columns.X) else None
        dense = 2 * np.count_nonzero(self.bounds > line) > p and not issparse(self.columns.X)
        if dense and n >= p and self.noise() <= SMALL * tolerance:
            self.admit(np.arange(p))
        elif self.columns.lie_in_a_row():
            self.lengths = np.sqrt(np.vecdot(self.columns.X, self.columns.X, axis=0))

    def admit(self, new):
        """Let the columns ``new`` in, with weights of 0."""
        old, m = len(self.ids), len(self.ids) + len(new)
        self.ids, self.waiting[new] = np.append(self.ids, new), False
        self._reserve(m)
        G = self.G[old:m, :m]
        if issparse(self.columns.X):
            self.A = self.columns.X[:, self.ids].astype(np.float64)
            means, root = self.columns.means, self.columns.root
            G[:] = (self.A[:, old:].T @ self.A).toarray() - (root @ root) * np.outer(means[new], means[self.ids])
        else:
            for column, j in zip(self.A.T[old:m], new, strict=True):
                column[:] = self.columns.X[:, j]
            self.Xy[new] = self.A[:, old:m].T @ self.y  # float32 X has them less exactly
            np.matmul(self.A[:, old:m].T, self.A[:, :m], out=G)
        self.G[:old, old:m] = G[:, :old].T
        self.numbers[0, old:m], self.numbers[2, old:m] = self.Xy[new], G[:, :old] @ self.numbers[1, :old]

    def grow(self, line):
        """Let in the columns with a correlation above ``line``, or the largest of them; return how many.

        Never more than there are weights other than zero by now, so that the set grows with the support; and
        not many more than a quarter of them, since the first correlations tell little of the last ones.
        """
        scores = np.where(self.waiting, self.bounds, 0.0)
        support = np.count_nonzero(self.state[2])
        count = min(np.count_nonzero(scores > line), max(FEW, min(support, 2 * FEW + support // 4)))
        if count:
            self.admit(np.argpartition(scores, -count)[-count:])
        return count

    def _reserve(self, m):
        """Room for m columns."""
        if m > len(self.G):
            room, old = min(max(m + m // 2, FEW), max(m, len(self.Xy))), len(self.G)
            G, self.G = self.G, np.zeros((room, room))
            self.G[:old, :old] = G
            self.numbers = np.pad(self.numbers, ((0, 0), (0, room - old)))
            if not issparse(self.columns.X):
                A, self.A = self.A, np.empty((len(self.y), room), order="F")
                self.A[:, :old] = A

    def refresh(self, line, tolerance):
        """Compute the residual and all correlations above ``line`` anew, without the rounding of many small moves.

        Where X is dense, no column waits, and rounding is far below ``tolerance``, products say all but the residual.
        """
        m, last = len(self.ids), self.residual
        G, c, w, q = self.state
        exact = not issparse(self.columns.X)  # else centering cancels in the products, and float32 has them inexactly
        if exact and not self.waiting.any() and (noise := self.noise()) <= SMALL * tolerance:
            q[:] = G[:m, :m] @ w
            self.bounds[self.ids], self.stale[:] = np.abs(c - q), False
            self.along = self.energy - c @ w
            self.squares = self.along - c @ w + q @ w + noise
            return
        self.residual = self.true_residual()
        if self.lengths is None:
            found = self.columns.correlations(self.residual)
            self.bounds, inside = np.abs(found), found[self.ids]
        else:
            self._widen(last)
            inside = self.A[:, :m].T @ self.residual
            self.bounds[self.ids], self.stale[self.ids] = np.abs(inside), False
            self.look(line)
        q[:] = c - inside
        self.squares, self.along = self.residual @ self.residual, self.y @ self.residual

    def noise(self):
        """A bound on the rounding of a gap from products alone: their terms, unlike the residual, may cancel."""
        w, longest = self.state[2], math.sqrt(np.diagonal(self.G).max(initial=np.finfo(float).tiny))
        reach = math.sqrt(self.energy) + longest * float(np.abs(w).sum())
        return reach * reach * len(self.y) * 2.0 * ROUNDING

    def _widen(self, last):
        """Make the bounds true of the residual, which was ``last`` before."""
        r = self.residual
        t = last @ r / max(last @ last, np.finfo(float).tiny)
        self.bounds *= abs(t)
        self.bounds += (np.linalg.norm(r - t * last) + ROUNDING * len(r) * np.linalg.norm(r)) * self.lengths
        self.stale[:] = True

    def look(self, line):
        """Read the columns that may have a correlation above ``line``."""
        ids = np.flatnonzero(self.stale & (self.bounds > line))
        if len(ids):
            self.bounds[ids] = np.abs(read(locked(self.columns.X.T), ids, self.residual, np.empty(len(ids))))
            self.stale[ids] = False

    def gap(self, threshold, dual=-math.inf):
        """The duality gap at w, and the dual's best value: ``dual``, or that at the best multiple of the residual."""
        w = self.state[2] if len(self.ids) else self.w
        objective, found = pair(self.squares, self.along, self.bounds.max(), w, threshold)
        if not math.isfinite(objective + found):  # products of columns, with each other or with the residual, were not
            raise ValueError(TOO_LARGE)
        dual = max(dual, found)
        return max(objective - dual, 0.0), dual

    def inner_gap(self, threshold):
        """The duality gap if the columns let in were all, up to the rounding of small moves."""
        _, c, w, q = self.state
        along = self.energy - c @ w
        objective, dual = pair(along - c @ w + q @ w, along, np.abs(c - q).max(), w, threshold)
        return objective - dual


def pair(squares, along, top, w, threshold):
    """The objective and the dual where r^T r = ``squares``, y^T r = ``along``, and no correlation is above ``top``."""
    objective = 0.5 * squares + threshold * np.abs(w).sum()
    share = along / squares if squares > 0.0 else 0.0
    if abs(share) * top > threshold:
        share = math.copysign(threshold / top, share)
    return objective, share * along - 0.5 * share**2 * squares
