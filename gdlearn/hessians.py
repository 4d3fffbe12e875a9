r"""Second derivatives of the objective of a linear model, found in the same pass over the rows as its gradient.

With :math:`h_i = \ell''(z_i, y_i)`, the matrix is :math:`\frac{1}{n} \sum_i h_i x_i x_i^\top`, plus the curvature
of the penalty for the weights; :math:`x_i` ends with a 1 for the intercept.
"""

from typing import NamedTuple

import numpy as np
import scipy

from .blocks import slopes
from .elementary import exp
from .generic import compiled, generic
from .losses import BinaryCrossEntropy, SquaredError
from .models import Linear, forward, pullback, weights
from .penalties import cost, pull, ridge
from .problem import Workspace
from .sparse import SparseLinear


@generic
def second_derivative(loss, z, y):
    """The second derivative of the loss in the score z, at least 0."""
    raise NotImplementedError("this loss has no second_derivative kernel")


@second_derivative.kernel(SquaredError)
def _(loss, z, y):
    return 2.0


@second_derivative.kernel(BinaryCrossEntropy)
def _(loss, z, y):
    small = exp(-abs(z))
    return small / ((1.0 + small) * (1.0 + small))


@generic
def add_products(model, X, order, start, stop, h, H):
    """Add h_i x_i x_i^T to the lower triangle of H for the rows order[start:stop], the intercept's 1 included."""
    raise NotImplementedError("this model has no add_products kernel")


@add_products.kernel(Linear)
def _(model, X, order, start, stop, h, H):
    d, m, i = model.inputs, stop - start, 0
    while i + 4 <= m:  # four rows at a time, so that H is read and written once for them
        p, q, r, s = order[start + i], order[start + i + 1], order[start + i + 2], order[start + i + 3]
        for j in range(d):
            t, u, v, w = h[i] * X[p, j], h[i + 1] * X[q, j], h[i + 2] * X[r, j], h[i + 3] * X[s, j]
            for k in range(j + 1):
                H[j, k] += (t * X[p, k] + u * X[q, k]) + (v * X[r, k] + w * X[s, k])
            if model.intercept:
                H[d, j] += (t + u) + (v + w)
        i += 4
    while i < m:
        r = order[start + i]
        for j in range(d):
            t = h[i] * X[r, j]
            for k in range(j + 1):
                H[j, k] += t * X[r, k]
            if model.intercept:
                H[d, j] += t
        i += 1
    if model.intercept:
        for i in range(m):
            H[d, d] += h[i]


@add_products.kernel(SparseLinear)
def _(model, X, order, start, stop, h, H):
    d = model.inputs
    for i in range(stop - start):
        r = order[start + i]
        for e in range(X.begins[r], X.begins[r + 1]):
            j, t = X.columns[e], h[i] * X.values[e]
            for f in range(X.begins[r], X.begins[r + 1]):
                if X.columns[f] <= j:
                    H[j, X.columns[f]] += t * X.values[f]
            if model.intercept:
                H[d, j] += t
        if model.intercept:
            H[d, d] += h[i]


class Place(NamedTuple):
    """What is known of the objective over some rows at one theta; the arrays are filled anew by each look."""

    rows: np.ndarray  # (m,)
    work: Workspace  # work.g holds the gradient
    h: np.ndarray  # (block,)
    H: np.ndarray  # (p, p), its lower triangle


@compiled
def look(problem, theta, data, place, with_matrix):
    """Write the gradient of the objective, and its second derivatives if asked for; return the objective."""
    rows, work, h, H = place
    n, g, total, a = len(rows), work.g, 0.0, 0
    share = 1.0 / n
    g[:] = 0.0
    if with_matrix:
        H[:] = 0.0
    while a < n:
        b = min(a + len(work.Z), n)
        forward(problem.model, theta, data.X, rows, a, b, work.Z, work.H)
        total += slopes(problem.loss, work, data.Y, rows, a, b, True)
        pullback(problem.model, theta, data.X, rows, a, b, work.S, share, g, work.H)
        if with_matrix:
            for i in range(b - a):
                h[i] = share * second_derivative(problem.loss, work.z[i], data.Y[rows[a + i], 0])
            add_products(problem.model, data.X, rows, a, b, h, H)
        a = b
    total *= share
    for j in range(weights(problem.model)):
        total += cost(problem.penalty, theta[j])
        g[j] += pull(problem.penalty, theta[j])
        if with_matrix:
            H[j, j] += ridge(problem.penalty)
    return total


def factored(H, sizes=None):
    """Cholesky's factor of the matrix with this lower triangle; raises LinAlgError where it may be singular.

    It may be, where a pivot is within rounding of 0: of the diagonal, or the ``sizes`` (p,) of what it is a sum of.
    """
    if not np.isfinite(H).all():
        raise ValueError("X is so large that its squares overflow; scale the columns of X")
    factor = scipy.linalg.cho_factor(H, lower=True, check_finite=False)
    sizes = np.diag(H) if sizes is None else sizes
    if (np.diag(factor[0]) ** 2 <= len(H) * np.finfo(float).eps * sizes).any():
        raise np.linalg.LinAlgError
    return factor
