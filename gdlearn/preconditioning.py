r"""The second derivatives of a linear model at one theta, near enough, as a matrix that is inverted once.

Each row has one number h, the mean of the second derivatives of its loss in its scores. With the mean
:math:`\bar x = \sum_i h_i x_i / \sum_i h_i`, the weights of each score then have the matrix

.. math::
    \frac{1}{n} \sum_i h_i (x_i - \bar x)(x_i - \bar x)^\top + \lambda I,

and an intercept that moves with them so that the scores of :math:`\bar x` stay has the curvature
:math:`\frac{1}{n} \sum_i h_i`. For one score these are the second derivatives; for the cross-entropy they are where
all classes are equally probable (Böhning 1992).
"""

from functools import singledispatch

import numpy as np
import scipy

from .losses import BinaryCrossEntropy, CrossEntropy, Huber, SquaredError
from .models import Linear
from .penalties import ridge
from .probabilities import softmax
from .products import MatrixLinear
from .weighting import Weighted

# With no more columns than rows, so many cost the time of one more step.
CHEAP = 32
# So many steps go by first if the matrix changes with theta: most problems whose columns are scaled are done then.
PATIENT = 10
LARGEST = 5000  # columns, whose matrix fills 0.2 GB
# Rows come in blocks of so many numbers, which stay in the cache, and at least so many rows, whose products pay.
BLOCK, ROWS = 2**15, 512
# This share of the diagonal is added to it, so that columns that depend on others have an inverse.
LEAST = 1e-12


@singledispatch
def curvatures(loss, Z, Y):
    """The mean second derivative of the loss in the scores Z (m, k) of each row, or that of a parabola above it."""
    raise NotImplementedError


@curvatures.register(SquaredError)
def _(loss, Z, Y):
    return np.full(len(Z), 2.0)


@curvatures.register(Huber)
def _(loss, Z, Y):
    """Of the parabola that touches the loss at z and -z, and lies above it: its second derivative may be 0."""
    return (loss.delta / np.maximum(np.abs(Z - Y), loss.delta)).mean(axis=1)


@curvatures.register(BinaryCrossEntropy)
def _(loss, Z, Y):
    small = np.exp(-np.abs(Z))
    return (small / (1.0 + small) ** 2).mean(axis=1)


@curvatures.register(CrossEntropy)
def _(loss, Z, Y):
    p = softmax(Z / loss.temperature)
    return (p * (1.0 - p)).sum(axis=1) / max(Z.shape[1] - 1, 1) / loss.temperature**2


@curvatures.register(Weighted)
def _(loss, Z, Y):
    return Y[:, -1] * curvatures(loss.then, Z, Y[:, :-1])


def due(problem, data):
    """After how many steps the matrix pays, and how many later another one: infinity where there is none."""
    loss, model = getattr(problem.loss, "then", problem.loss), problem.model
    unknown = curvatures.dispatch(type(loss)) is curvatures.dispatch(object)
    if unknown or not isinstance(model, (Linear, MatrixLinear)) or model.inputs > min(len(data.Y), LARGEST):
        return np.inf, np.inf
    steps = model.inputs / CHEAP
    return (steps, np.inf) if isinstance(loss, SquaredError) else (steps + PATIENT, steps + PATIENT)


class Preconditioner:
    """The inverse of the matrix at theta, to be multiplied with vectors (p,).

    Raises
    ------
    LinAlgError
        If the matrix has no inverse, or numbers that are not finite.
    """

    def __init__(self, problem, data, theta):
        model, (n, d) = problem.model, data.X.shape
        self.model = model
        # The products of columns far from 0 keep more digits once some mean is subtracted.
        near = data.X[:: max(n // ROWS, 1)].mean(axis=0, dtype=np.float64) if model.intercept else np.zeros(d)
        H, sums, total = np.zeros((d, d)), np.zeros(d), 0.0
        W, b = self._parts(theta)
        block = max(BLOCK // d, ROWS)
        for first in range(0, n, block):
            X, Y = data.X[first : first + block], data.Y[first : first + block]
            h = curvatures(problem.loss, X @ W.T + b, Y)
            root = np.sqrt(h)
            X = X - near
            X *= root[:, None]
            H += X.T @ X
            sums += root @ X
            total += h.sum()
        self.bend = total / n
        self.means = near
        if model.intercept:
            sums /= max(total, np.finfo(float).tiny)
            H -= total * np.outer(sums, sums)
            self.means = near + sums
        H /= n
        diagonal = H.diagonal() + ridge(problem.penalty)
        if not (np.isfinite(diagonal).all() and self.bend > 0.0):
            raise np.linalg.LinAlgError
        np.fill_diagonal(H, np.where(diagonal > 0.0, (1.0 + LEAST) * diagonal, 1.0))
        self.factor = scipy.linalg.cho_factor(H, lower=True, overwrite_a=True, check_finite=False)

    def __matmul__(self, v):
        G, g = self._parts(v)
        W = scipy.linalg.cho_solve(self.factor, (G - np.outer(g, self.means)).T, check_finite=False).T
        return np.append(W, g / self.bend - W @ self.means) if self.model.intercept else W.ravel()

    def _parts(self, theta):
        """The weights (k, d) and the intercepts (k,), or zeros."""
        k, w = self.model.outputs, self.model.outputs * self.model.inputs
        return theta[:w].reshape(k, -1), theta[w:] if self.model.intercept else np.zeros(k)
