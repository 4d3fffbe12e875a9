"""Matrix products inside the models: by BLAS where they are large, by loops where a call costs more than it saves."""

from typing import NamedTuple

import numpy as np

from .elementary import like
from .generic import called
from .models import Linear, forward, layers, pullback, size, units, weights
from .records import Count

# So many multiplications take about as long as a call of BLAS.
LARGE = 8192


@called
def gather(X, order, start, stop, out):
    """Copy the rows order[start:stop] of X to the first rows of ``out``."""
    for i in range(stop - start):
        r = order[start + i]
        for j in range(X.shape[1]):
            out[i, j] = X[r, j]


@called
def times_transposed(A, W, out):
    """Write A W^T to ``out``: A (m, p), W (q, p), out (m, q)."""
    m, p, q = len(A), A.shape[1], len(W)
    if m * p * q >= LARGE:
        np.dot(A, W.T, out)
        return
    for i in range(m):
        for u in range(q):
            total = like(A[0, 0], 0.0)
            for j in range(p):
                total += A[i, j] * W[u, j]
            out[i, u] = total


@called
def times(S, W, out):
    """Write S W to ``out``: S (m, q), W (q, p), out (m, p)."""
    m, q, p = len(S), len(W), W.shape[1]
    if m * p * q >= LARGE:
        np.dot(S, W, out)
        return
    for i in range(m):
        for j in range(p):
            out[i, j] = like(S[0, 0], 0.0)
        for u in range(q):
            s = S[i, u]
            for j in range(p):
                out[i, j] += s * W[u, j]


@called
def add_transposed_times(S, A, G):
    """Add S^T A to G: S (m, q), A (m, p), G (q, p)."""
    m, q, p = len(S), len(G), G.shape[1]
    if m * p * q >= LARGE:
        product = np.empty_like(G)
        np.dot(S.T, A, product)
        for u in range(q):
            for j in range(p):
                G[u, j] += product[u, j]
        return
    for i in range(m):
        for u in range(q):
            s = S[i, u]
            for j in range(p):
                G[u, j] += s * A[i, j]


@called
def matrix(values, begin, q, p):
    """The q times p numbers from ``begin`` on as a matrix."""
    return values[begin : begin + q * p].reshape(q, p)


@called
def scale(S, m, share):
    """Multiply the first m rows of S by a number."""
    factor = like(S[0, 0], share)
    for i in range(m):
        for c in range(S.shape[1]):
            S[i, c] *= factor


@called
def add_row(Z, m, theta, begin):
    """Add the numbers of theta from ``begin`` on to each of the first m rows of Z."""
    for i in range(m):
        for c in range(Z.shape[1]):
            Z[i, c] += theta[begin + c]


@called
def add_sums(S, m, g, begin):
    """Add the sums of the columns of the first m rows of S to g, from ``begin`` on."""
    for i in range(m):
        for c in range(S.shape[1]):
            g[begin + c] += S[i, c]


class MatrixLinear(NamedTuple):
    """``Linear`` with several outputs, by matrix products; a problem takes it by itself."""

    inputs: Count
    outputs: Count
    intercept: bool = True


weights.kernel(MatrixLinear)(weights.dispatch(Linear))
size.kernel(MatrixLinear)(size.dispatch(Linear))
layers.kernel(MatrixLinear)(layers.dispatch(Linear))


@units.kernel(MatrixLinear)
def _(model):
    return model.inputs


@forward.kernel(MatrixLinear)
def _(model, theta, X, order, start, stop, Z, H):
    d, k, m = model.inputs, model.outputs, stop - start
    gather(X, order, start, stop, H[0])
    times_transposed(H[0, :m], matrix(theta, 0, k, d), Z[:m])
    if model.intercept:
        add_row(Z, m, theta, d * k)


@pullback.kernel(MatrixLinear)
def _(model, theta, X, order, start, stop, S, share, g, H):
    d, k, m = model.inputs, model.outputs, stop - start
    scale(S, m, share)
    add_transposed_times(S[:m], H[0, :m], matrix(g, 0, k, d))
    if model.intercept:
        add_sums(S, m, g, d * k)
