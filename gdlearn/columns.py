"""The columns of a lasso, dense or sparse, and sweeps that take one after the other.

A move of one weight costs two readings of its column: one for its correlation with the residual, one to change that.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from ._types import issparse
from .elementary import like, place
from .generic import compiled, generic
from .rows import read_in_line
from .sparse import CSR, add_row_of, row_times
from .validation import locked

# So many sweeps over columns are always tried. One sweep costs as much as the products of each with so many others;
# and where columns are short, their factor costs as much as the products when they are so many times their length.
FEWEST, CHEAP, SHORT = 8, 16, 2
# So many rows at a time are turned into columns, for they stay in the cache.
ROWS = 1024


class Columns(NamedTuple):
    """The columns A = X - root means^T: dense X comes centered, with means of 0; sparse X stays as it is."""

    X: Any  # (n, p); or X^T, an array in C order or a CSR, for loops that take one column after the other
    means: np.ndarray  # (p,)
    root: np.ndarray  # (n,) square roots of the weights of the rows

    def correlations(self, v):
        """A^T v, shape (p,), in float64."""
        found = products(self.X, v)
        return found - self.means * (self.root @ v) if self.means.any() else found

    def lie_in_a_row(self):
        """Whether a column is one piece of memory, in float64, so that some can be read without the others."""
        return not issparse(self.X) and self.X.flags.f_contiguous and self.X.dtype == np.float64

    def affordable(self, m):
        """How many sweeps over m of the columns cost less than their products and a factor of these, as a rule.

        For columns of length l, a sweep takes some m l operations, their products m^2 l, and the factor m^3.
        """
        n, p = self.X.shape
        length = max(self.X.nnz, 1) / p if issparse(self.X) else n
        return FEWEST + int(m / CHEAP * (1.0 + m / (SHORT * length)))

    def apart(self):
        """These columns with X^T in the place of X, for sweeps over them, or None where these do not pay."""
        n, p = self.X.shape
        if issparse(self.X):
            return self._replace(X=CSR(*map(locked, (self.X.data, self.X.indices, self.X.indptr))))
        return self._replace(X=locked(self.X.T)) if self.X.flags.f_contiguous and n >= p else None


def products(X, v):
    """X^T v in float64: dense columns that BLAS would read four at a time from the memory, by ``read``."""
    v = v.astype(X.dtype, copy=False)
    if issparse(X) or not (X.flags.f_contiguous and read_in_line(X.T)):
        return (X.T @ v).astype(np.float64, copy=False)
    return read(locked(X.T), np.arange(X.shape[1]), v, np.empty(X.shape[1]))


@compiled
def read(rows, ids, v, found):
    """Return ``found``, filled with the products of the columns ``ids``, rows of X^T, with v."""
    for k in range(len(ids)):
        found[k] = product(rows, place(ids[k]), v)
    return found


def in_columns(X):
    """A copy of X in Fortran order."""
    rows = np.empty(X.shape[::-1], X.dtype)
    transpose(locked(X), rows)
    return rows.T


@compiled
def transpose(X, rows):
    """Write each column of X to a row."""
    for first in range(0, len(X), ROWS):
        for j in range(X.shape[1]):
            for i in range(first, min(first + ROWS, len(X))):
                rows[j, i] = X[i, j]


@generic
def product(rows, j, v):
    """The product of column j, a row of X^T, with v."""
    total = like(v[0], 0.0)
    for i in range(rows.shape[1]):
        total += rows[j, i] * v[i]
    return total


@generic
def add(rows, j, factor, v):
    """Add ``factor`` times column j to v."""
    for i in range(rows.shape[1]):
        v[i] += factor * rows[j, i]


@generic
def square(rows, j):
    """The product of column j with itself."""
    return product(rows, j, rows[j])


@product.kernel(CSR)
def _(rows, j, v):
    return row_times(rows, j, v)


@add.kernel(CSR)
def _(rows, j, factor, v):
    add_row_of(rows, j, factor, v)


@square.kernel(CSR)
def _(rows, j):
    total = 0.0
    for e in range(rows.begins[j], rows.begins[j + 1]):
        total += rows.values[e] * rows.values[e]
    return total


@compiled
def subtract_columns(columns, w, r):
    """Subtract A w from r."""
    rows, means, root = columns
    shift = 0.0
    for j in range(len(w)):
        if w[j] != 0.0:
            add(rows, j, -w[j], r)
            shift += w[j] * means[j]
    for i in range(len(r)):
        r[i] += shift * root[i]


@compiled
def sweep_columns(columns, curvatures, ids, w, r, threshold):
    """Minimize over w[j] for j in ids, in turn; r = y - A w. Return by how much that lowered the objective.

    The curvature of a column a is a^T a, or -1 as long as nobody has asked.
    """
    rows, means, root = columns
    n, decrease, shift = len(r), 0.0, 0.0
    for j in ids:
        if curvatures[j] < 0.0:
            curvatures[j] = max(square(rows, j) - n * means[j] * means[j], 0.0)
        old, curvature = w[j], curvatures[j]
        if curvature == 0.0:
            continue
        # The residual is r + shift root. Centered columns, and y, are at right angles to root.
        pull = product(rows, j, r) + shift * n * means[j] + curvature * old
        new = math.copysign(max(abs(pull) - threshold, 0.0), pull) / curvature
        if new != old:
            add(rows, j, old - new, r)
            shift += (new - old) * means[j]
            decrease += 0.5 * curvature * (new - old) * (new - old)
            w[j] = new
    for i in range(n):
        r[i] += shift * root[i]
    return decrease
