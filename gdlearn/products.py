"""Matrix products inside the models: by BLAS where they are large, by loops where a call costs more than it saves."""

from typing import NamedTuple

from .elementary import like
from .generic import called
from .instructions import instruction, multiplied, viewed
from .models import Linear, forward, layers, pullback, size, units, weights
from .records import Count
from .sweeps import by_matrices, sweep

# BLAS first copies its factors into an order of its own. With so few rows or columns that takes longer than it saves.
FEW_ROWS, FEW_COLUMNS = 64, 16
# So many multiplications take about as long as a call of it.
FEW_PRODUCTS = 8192


def gemm(A, B, C, keep):
    """C = A B + keep C: A (m, p), B (p, n), C (m, n) in C order."""
    C[:] = A @ B if keep == 0.0 else A @ B + keep * C


instruction(gemm, lambda A, B, C, keep: "none", multiplied)


def matrix(values, begin, q, p):
    """The q times p numbers from ``begin`` on of an array in C order, as a matrix."""
    return values.reshape(-1)[begin : begin + q * p].reshape(q, p)


instruction(matrix, lambda values, begin, q, p: values.copy(ndim=2) if values.layout == "C" else None, viewed)


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
    m, q, p = len(A), len(W), A.shape[1]
    if m > FEW_ROWS and q > FEW_COLUMNS:
        gemm(A, W.T, out, 0.0)
        return
    i = 0
    while i + 4 <= m:  # four rows of A by two of W at a time: eight sums for six numbers that are read
        u = 0
        while u + 2 <= q:
            r = s = t = v = like(A[0, 0], 0.0)
            rr = ss = tt = vv = like(A[0, 0], 0.0)
            for j in range(p):
                w, x = W[u, j], W[u + 1, j]
                r += A[i, j] * w
                s += A[i + 1, j] * w
                t += A[i + 2, j] * w
                v += A[i + 3, j] * w
                rr += A[i, j] * x
                ss += A[i + 1, j] * x
                tt += A[i + 2, j] * x
                vv += A[i + 3, j] * x
            out[i, u], out[i + 1, u], out[i + 2, u], out[i + 3, u] = r, s, t, v
            out[i, u + 1], out[i + 1, u + 1], out[i + 2, u + 1], out[i + 3, u + 1] = rr, ss, tt, vv
            u += 2
        if u < q:
            dots(A, W, out, i, i + 4, u)
        i += 4
    for u in range(q):
        dots(A, W, out, i, m, u)


@called
def dots(A, W, out, start, stop, u):
    """Write the products of the rows from start to stop of A with row u of W to column u of ``out``."""
    for i in range(start, stop):
        total = like(A[0, 0], 0.0)
        for j in range(A.shape[1]):
            total += A[i, j] * W[u, j]
        out[i, u] = total


@called
def times(S, W, out):
    """Write S W to ``out``: S (m, q), W (q, p), out (m, p)."""
    m, q, p = len(S), len(W), W.shape[1]
    if q > FEW_COLUMNS and m * q * p > FEW_PRODUCTS:
        gemm(S, W, out, 0.0)
        return
    for i in range(m):
        for j in range(p):
            out[i, j] = like(S[0, 0], 0.0)
    add_times(S[::1], W, out)


@called
def add_transposed_times(S, A, G):
    """Add S^T A to G: S (m, q), A (m, p), G (q, p)."""
    m, q, p = len(S), len(G), G.shape[1]
    if q > FEW_COLUMNS and m * q * p > FEW_PRODUCTS:
        gemm(S.T, A, G, 1.0)
        return
    add_times(S[::1].T, A, G)


@called
def add_times(S, A, G):
    """Add S A to G, for few columns of S or few rows: S (q, m), A (m, p), G (q, p)."""
    q, m, p = len(G), len(A), G.shape[1]
    for u in range(0, q - 1, 2):  # two rows of G and four of A at a time: eight products for six numbers that are read
        i = 0
        while i + 4 <= m:
            r, s, t, v = S[u, i], S[u, i + 1], S[u, i + 2], S[u, i + 3]
            rr, ss, tt, vv = S[u + 1, i], S[u + 1, i + 1], S[u + 1, i + 2], S[u + 1, i + 3]
            for j in range(p):
                a, b, c, d = A[i, j], A[i + 1, j], A[i + 2, j], A[i + 3, j]
                G[u, j] += (r * a + s * b) + (t * c + v * d)
                G[u + 1, j] += (rr * a + ss * b) + (tt * c + vv * d)
            i += 4
        add_rows(S, A, G, u, i, m)
        add_rows(S, A, G, u + 1, i, m)
    if q % 2 == 1:
        add_rows(S, A, G, q - 1, 0, m)


@called
def add_rows(S, A, G, u, start, stop):
    """Add the rows from start to stop of A, times their numbers in row u of S, to row u of G."""
    for i in range(start, stop):
        s = S[u, i]
        for j in range(G.shape[1]):
            G[u, j] += s * A[i, j]


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


@sweep.kernel(MatrixLinear)
def _(model, loss, theta, data, order, start, stop, share, work, with_value):
    return by_matrices(model, loss, theta, data, order, start, stop, share, work, with_value)
