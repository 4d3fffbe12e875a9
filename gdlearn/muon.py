"""Muon: steps along the orthogonal matrix that is nearest to the momentum."""

import math
from typing import NamedTuple

import numpy as np

from .generic import inlined, makes_arrays
from .models import layers
from .optimizers import looks_at_all, prepare, slots, update
from .products import matrix
from .records import Memory

# Five steps of this polynomial bring the singular values of a matrix of norm 1 close to 1 (Jordan 2024).
A, B, C, STEPS = 3.4445, -4.7750, 2.0315, 5


class Muon(NamedTuple):
    r"""Momentum, made orthogonal for every weight matrix (Jordan 2024).

    :math:`M_{t+1} = \beta M_t + (1 - \beta) G_t`, :math:`N = \beta M_{t+1} + (1 - \beta) G_t`,
    :math:`W \leftarrow W - \eta_t \sqrt{\max(1, q / p)} \, O(N)` for W of shape (q, p), where O maps
    each singular value to about 1 by five Newton-Schulz steps. Intercepts step along N itself.

    Parameters
    ----------
    beta : float
        The memory of the momentum, in [0, 1).

    Examples
    --------
    The momentum of a matrix with singular values 3 and 1 becomes one with both near 1.

    >>> import gdlearn as gd
    >>> model = gd.Linear(2, 2, intercept=False)
    >>> G, state = np.array([3.0, 0.0, 0.0, 1.0]), np.zeros((slots(Muon()), 4))
    >>> looks_at_all(Muon()), prepare(Muon(), model, G, state)
    (True, 1.0)
    >>> G.reshape(2, 2).round(2) + 0.0
    array([[0.75, 0.  ],
           [0.  , 1.13]])
    """

    beta: Memory = 0.95


@slots.kernel(Muon)
def _(optimizer):
    return 1


@update.kernel(Muon)
def _(optimizer, w, g, state, j, lr, t):
    return w - lr * g, lr


@looks_at_all.kernel(Muon)
def _(optimizer):
    return True


@prepare.kernel(Muon)
def _(optimizer, model, g, state):
    for j in range(len(g)):
        state[0, j] = optimizer.beta * state[0, j] + (1.0 - optimizer.beta) * g[j]
        g[j] = optimizer.beta * state[0, j] + (1.0 - optimizer.beta) * g[j]
    units, w = layers(model), 0
    for layer in range(len(units) - 1):
        p, q = units[layer], units[layer + 1]
        orthogonalize(matrix(g, w, q, p))
        w += p * q
    return 1.0


@makes_arrays
def orthogonalize(N):
    """Overwrite N (q, p) by sqrt(max(1, q / p)) O(N): five steps X <- aX + bYX + cYYX with Y = XX^T, X wide."""
    q, p = N.shape
    rows, columns = min(p, q), max(p, q)
    X, Q = np.empty((rows, columns), N.dtype), np.empty((rows, columns), N.dtype)
    Y, YY = np.empty((rows, rows), N.dtype), np.empty((rows, rows), N.dtype)
    squares = 0.0
    for i in range(q):
        for j in range(p):
            squares += N[i, j] ** 2
    for i in range(rows):
        for j in range(columns):
            X[i, j] = (N[i, j] if q <= p else N[j, i]) / (math.sqrt(squares) + 1e-7)
    for _ in range(STEPS):
        multiply_transposed(X, X, Y)
        multiply_transposed(Y, Y, YY)  # Y is symmetric
        multiply(Y, YY, X, Q)
        for i in range(rows):
            for j in range(columns):
                X[i, j] = A * X[i, j] + Q[i, j]
    scale = math.sqrt(max(1.0, q / p))
    for i in range(q):
        for j in range(p):
            N[i, j] = scale * (X[i, j] if q <= p else X[j, i])


@inlined
def multiply_transposed(P, Q, out):
    """out = P Q^T."""
    for i in range(len(P)):
        for j in range(len(Q)):
            total = 0.0
            for e in range(P.shape[1]):
                total += P[i, e] * Q[j, e]
            out[i, j] = total


@inlined
def multiply(Y, YY, X, out):
    """out = (b Y + c YY) X."""
    for i in range(len(X)):
        for j in range(X.shape[1]):
            out[i, j] = 0.0
        for e in range(len(X)):
            factor = B * Y[i, e] + C * YY[i, e]
            for j in range(X.shape[1]):
                out[i, j] += factor * X[e, j]
