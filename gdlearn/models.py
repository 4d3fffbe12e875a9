"""Models: the scores of a flat parameter vector theta, and the way back from slopes to gradients.

``theta`` holds the weights first, then the intercepts, so that a penalty acts on the first
``weights(model)`` entries only.
"""

from typing import NamedTuple

import numpy as np
import scipy

from ._types import issparse
from .elementary import like, place
from .generic import generic
from .records import Count
from .rows import lie_in_line, product

# Up to so many columns, the curvature comes from all eigenvalues; beyond, from the largest alone.
FEW = 500


@generic
def forward(model, theta, X, order, start, stop, Z, H):
    """Write the scores at theta of the rows order[start:stop] of X to Z, and to H what the way back needs."""
    raise NotImplementedError("this model has no forward kernel")


@generic
def pullback(model, theta, X, order, start, stop, S, share, g, H):
    """The chain rule: add share J^T S to g, with J the derivative in theta of the scores of order[start:stop].

    X and H are those of ``forward``.
    """
    raise NotImplementedError("this model has no pullback kernel")


@generic
def size(model):
    """The number of parameters."""
    raise NotImplementedError("this model has no size kernel")


@generic
def weights(model):
    """The number of parameters that a penalty acts on."""
    raise NotImplementedError("this model has no weights kernel")


@generic
def layers(model):
    """The units of all layers, inputs and outputs included, for a model whose weights are matrices between them."""
    raise NotImplementedError("this model has no layers kernel")


@generic
def units(model):
    """How many numbers per row ``forward`` keeps for ``pullback``."""
    return 0


@generic
def block(model):
    """How many rows go through the model at a time: so many stay in the fastest cache until the way back."""
    return 32


@generic
def initial(model, rng):
    """The first theta, as floats drawn from the generator rng: by default zeros."""
    return np.zeros(size(model))


class Linear(NamedTuple):
    r"""Linear scores :math:`Z = X W^\top + 1 b^\top`.

    theta holds W row by row, shape (k, d), then b, shape (k,).

    Parameters
    ----------
    inputs : int
        d, the number of columns of X.
    outputs : int
        k, the number of scores per row.
    intercept : bool
        Whether there is a b. It is never penalized.

    Examples
    --------
    The score of one row, and the gradient of a loss that has slope 2 there.

    >>> model = Linear(2)
    >>> size(model), weights(model), layers(model), units(model), block(model)
    (3, 2, (2, 1), 0, 32)
    >>> initial(model, None)
    array([0., 0., 0.])
    >>> X, theta = np.array([[3.0, 4.0]]), np.array([1.0, 2.0, 0.5])
    >>> Z, g, H = np.empty((1, 1)), np.zeros(3), np.empty((2, 1, 0))
    >>> forward(model, theta, X, [0], 0, 1, Z, H)
    >>> pullback(model, theta, X, [0], 0, 1, np.array([[2.0]]), 1.0, g, H)
    >>> Z, g
    (array([[11.5]]), array([6., 8., 2.]))
    """

    inputs: Count
    outputs: Count = 1
    intercept: bool = True


@weights.kernel(Linear)
def _(model):
    return model.inputs * model.outputs


@size.kernel(Linear)
def _(model):
    return (model.inputs + int(model.intercept)) * model.outputs


@layers.kernel(Linear)
def _(model):
    return (model.inputs, model.outputs)


@forward.kernel(Linear)
def _(model, theta, X, order, start, stop, Z, H):
    d, m = model.inputs, stop - start
    for c in range(model.outputs):
        first, i = c * d, 0
        b = theta[d * model.outputs + c] if model.intercept else like(theta[0], 0.0)
        while i + 4 <= m:  # four rows at a time: four sums that need not wait for each other
            p, q = place(order[start + i]), place(order[start + i + 1])
            r, s = place(order[start + i + 2]), place(order[start + i + 3])
            t, u, v, w = b, b, b, b
            if lie_in_line(X, p, s):
                t, u = t + product(X, p, theta, first), u + product(X, q, theta, first)
                v, w = v + product(X, r, theta, first), w + product(X, s, theta, first)
            else:
                for j in range(d):
                    a = theta[first + j]
                    t, u, v, w = t + a * X[p, j], u + a * X[q, j], v + a * X[r, j], w + a * X[s, j]
            Z[i, c], Z[i + 1, c], Z[i + 2, c], Z[i + 3, c] = t, u, v, w
            i += 4
        while i < m:
            r, t = order[start + i], b
            for j in range(d):
                t += theta[first + j] * X[r, j]
            Z[i, c] = t
            i += 1


@pullback.kernel(Linear)
def _(model, theta, X, order, start, stop, S, share, g, H):
    d, m, part = model.inputs, stop - start, like(g[0], share)
    for c in range(model.outputs):
        first, total, i = c * d, like(g[0], 0.0), 0
        while i + 4 <= m:  # four rows at a time: g is read and written once
            p, q = order[start + i], order[start + i + 1]
            r, s = order[start + i + 2], order[start + i + 3]
            t, u = part * S[i, c], part * S[i + 1, c]
            v, w = part * S[i + 2, c], part * S[i + 3, c]
            for j in range(d):
                two = t * X[p, j] + u * X[q, j]
                g[first + j] += two + (v * X[r, j] + w * X[s, j])
            total += (t + u) + (v + w)
            i += 4
        while i < m:
            r, t = order[start + i], part * S[i, c]
            for j in range(d):
                g[first + j] += t * X[r, j]
            total += t
            i += 1
        if model.intercept:
            g[d * model.outputs + c] += total


def second_moments(model, X):
    """The matrix of mean products of the inputs, with the intercept's column of ones: (d, d) or (d + 1, d + 1)."""
    if not isinstance(model, Linear):
        raise TypeError(f"second moments tell the curvature of a Linear model only, not of {type(model).__name__}")
    if model.intercept:
        ones = np.ones((X.shape[0], 1), X.dtype)
        X = scipy.sparse.hstack([X, ones]) if issparse(X) else np.hstack([X, ones])
    with np.errstate(over="ignore"):
        moments = X.T @ X / X.shape[0]
    return _bounded(moments.toarray() if issparse(X) else moments)


def _bounded(moments):
    if not np.isfinite(moments).all():
        raise ValueError("X is so large that its squares overflow; scale the columns of X")
    return moments


def largest_moment(model, X):
    """The largest eigenvalue of ``second_moments``, or what is at most 1% more; of many columns without the matrix."""
    n, d = X.shape
    if d <= FEW:
        return np.linalg.eigvalsh(second_moments(model, X))[-1]
    ones = np.ones((n, int(model.intercept)))

    def moments(v):
        scores = X @ v[:d] + ones @ v[d:]
        return np.concatenate([X.T @ scores, ones.T @ scores]) / n

    p = d + ones.shape[1]
    with np.errstate(over="ignore", invalid="ignore"):
        start = _bounded(moments(np.random.default_rng(0).standard_normal(p)))
    if not start.any():
        return 0.0
    operator = scipy.sparse.linalg.LinearOperator((p, p), moments, dtype=np.float64)
    top = scipy.sparse.linalg.eigsh(operator, 1, v0=start, tol=1e-3, return_eigenvectors=False)[0]
    return 1.01 * top
