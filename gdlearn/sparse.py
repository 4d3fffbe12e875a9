"""Sparse inputs: a linear model that touches only the non-zeros of a row."""

from typing import NamedTuple

import numpy as np

from ._types import issparse
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
    indices = X.indices.astype(np.intp, copy=False), X.indptr.astype(np.intp, copy=False)
    return SparseLinear(*model), CSR(*map(locked, (X.data, *indices)))


weights.kernel(SparseLinear)(weights.dispatch(Linear))
size.kernel(SparseLinear)(size.dispatch(Linear))
layers.kernel(SparseLinear)(layers.dispatch(Linear))


@forward.kernel(SparseLinear)
def _(model, theta, X, order, start, stop, Z, H):
    d, b = model.inputs, model.inputs * model.outputs
    for i in range(stop - start):
        r = order[start + i]
        for c in range(model.outputs):
            z = theta[b + c] if model.intercept else 0.0
            for e in range(X.begins[r], X.begins[r + 1]):
                z += theta[c * d + X.columns[e]] * X.values[e]
            Z[i, c] = z


@pullback.kernel(SparseLinear)
def _(model, theta, X, order, start, stop, S, share, g, H):
    d, b = model.inputs, model.inputs * model.outputs
    for i in range(stop - start):
        r = order[start + i]
        for c in range(model.outputs):
            s = share * S[i, c]
            for e in range(X.begins[r], X.begins[r + 1]):
                g[c * d + X.columns[e]] += s * X.values[e]
            if model.intercept:
                g[b + c] += s
