"""Sparse inputs: a linear model that touches only the non-zeros of a row."""

from typing import NamedTuple

import numpy as np
import scipy

from ._types import issparse
from .elementary import like, place
from .generic import inlined
from .models import Linear, forward, layers, pullback, size, weights
from .products import MatrixLinear
from .records import Count
from .validation import locked


class CSR(NamedTuple):
    """A sparse matrix in compressed rows, as in SciPy: the values, their columns, and where each row begins."""

    values: np.ndarray
    columns: np.ndarray
    begins: np.ndarray


class SparseLinear(NamedTuple):
    """``Linear`` for inputs in compressed rows; a problem takes it by itself when X is sparse."""

    inputs: Count
    outputs: Count = 1
    intercept: bool = True


def suited(model, X):
    """The model that goes with the kind of X, and X as it takes it, closed for writing."""
    if not issparse(X):
        several = isinstance(model, Linear) and model.outputs > 1
        return MatrixLinear(*model) if several else model, locked(X)
    if not isinstance(model, Linear):
        raise TypeError(f"X is sparse, but {type(model).__name__} takes dense inputs only; pass X.toarray()")
    columns = X.indices.astype(np.int32 if X.shape[1] < 2**31 else np.intp, copy=False)
    return SparseLinear(*model), CSR(*map(locked, (X.data, columns, X.indptr.astype(np.intp, copy=False))))


def as_matrix(X, columns):
    """The inputs of the compiled loops as a matrix in double precision."""
    if not isinstance(X, CSR):
        return X.astype(np.float64, copy=False)
    values = X.values.astype(np.float64, copy=False)
    return scipy.sparse.csr_array((values, X.columns, X.begins), shape=(len(X.begins) - 1, columns))


weights.kernel(SparseLinear)(weights.dispatch(Linear))
size.kernel(SparseLinear)(size.dispatch(Linear))
layers.kernel(SparseLinear)(layers.dispatch(Linear))


@inlined
def row_times(X, r, w):
    """The product of row r of X with w."""
    total = like(w[0], 0.0)
    for e in range(place(X.begins[r]), place(X.begins[r + 1])):
        total += w[place(X.columns[e])] * X.values[e]
    return total


@inlined
def add_row_of(X, r, factor, w):
    """Add ``factor`` times row r of X to w."""
    for e in range(place(X.begins[r]), place(X.begins[r + 1])):
        w[place(X.columns[e])] += factor * X.values[e]


@forward.kernel(SparseLinear)
def _(model, theta, X, order, start, stop, Z, H):
    d, k = model.inputs, model.outputs
    for c in range(k):  # one output after another, so that its weights stay in the cache
        b = theta[k * d + c] if model.intercept else like(theta[0], 0.0)
        for i in range(stop - start):
            Z[i, c] = b + row_times(X, place(order[start + i]), theta[c * d : c * d + d])


@pullback.kernel(SparseLinear)
def _(model, theta, X, order, start, stop, S, share, g, H):
    d, k = model.inputs, model.outputs
    for c in range(k):
        for i in range(stop - start):
            s = like(g[0], share) * S[i, c]
            add_row_of(X, place(order[start + i]), s, g[c * d : c * d + d])
            if model.intercept:
                g[k * d + c] += s
