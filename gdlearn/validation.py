"""Arrays at the front door: what fits is passed on without a copy, what does not is refused by name."""

import math

import numpy as np

from ._types import issparse
from .generic import generic
from .losses import BinaryCrossEntropy, CrossEntropy

FLOATS = np.dtype(np.float64), np.dtype(np.float32)


def inputs(X, columns):
    """X as a finite float array of shape (n, columns), C-contiguous, or in compressed rows if it is sparse.

    Of a sparse X, entries of one place are summed.

    Raises
    ------
    ValueError
        If X is empty, not two-dimensional, has another number of columns, or holds NaN or infinity.
    TypeError
        If X is no array of real numbers.
    """
    X = shaped(X, columns)
    if issparse(X):
        finite(X.data, "X.data", "remove or impute these values first")
    else:
        finite(X, "X", "remove or impute these rows first")
    return X


def shaped(X, columns):
    """``inputs`` without the search for NaN and infinity."""
    sparse = issparse(X)
    X = _compressed(X) if sparse else real(X, "X")
    if X.ndim != 2:
        hint = "; a single feature needs X.reshape(-1, 1)" if X.ndim == 1 else ""
        raise ValueError(f"X must have shape (n, {columns}), not {X.shape}{hint}")
    if X.shape[0] == 0:
        raise ValueError("X has no rows; pass at least one sample")
    if X.shape[1] != columns:
        raise ValueError(
            f"X has {X.shape[1]} columns, but the model has inputs={columns}; make them equal: Linear({X.shape[1]})"
        )
    if not sparse:
        return np.ascontiguousarray(X)
    return summed(type(X)((real(X.data, "X"), X.indices, X.indptr), shape=X.shape))


def summed(X):
    """A sparse matrix with one entry for each place: those that it has several times are summed, in a copy."""
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return X


def _compressed(X):
    """A sparse matrix in compressed rows, with indices that lie inside it."""
    X = X.tocsr()
    try:
        X.check_format(full_check=True)
    except ValueError as error:
        raise ValueError(f"X is no valid sparse matrix: {error}") from None
    return X


def targets(loss, y, rows, outputs, dtype):
    """The targets as a float array of shape (rows, outputs), checked as the loss needs it.

    Raises
    ------
    ValueError
        If the shape, the number of rows or a value does not fit.
    TypeError
        If y is no array of real numbers.
    """
    y = real(y, "y")
    if y.ndim == 0 or len(y) != rows:
        found = "a single number" if y.ndim == 0 else f"{len(y)} rows"
        raise ValueError(f"y has {found}, but X has {rows} rows; each row of X needs its target")
    y = rounded(y, dtype)
    finite(y, "y", "remove these rows from X and y first")
    return np.ascontiguousarray(encode(loss, y, outputs), dtype)


def parameters(theta, p, dtype, name):
    """A fresh copy of a parameter vector (p,); zeros for None."""
    if theta is None:
        return np.zeros(p, dtype)
    if hasattr(theta, "history"):
        raise TypeError(f"{name} must be an array of parameters, not a run; pass its theta")
    theta = real(theta, name)
    if theta.shape != (p,):
        raise ValueError(f"{name} has shape {theta.shape}, but the model has {p} parameters: pass shape ({p},)")
    theta = rounded(theta, dtype).copy()
    finite(theta, name, "pass finite parameters")
    return theta


def bad_start(remedy="begin closer to zero, or scale y or X"):
    """The error of a start whose objective is not finite."""
    return ValueError(f"start has an objective that is not finite; {remedy}")


def locked(array):
    """A view that cannot be written to: one type for all, and the caller's data stay as they are."""
    view = array.view()
    view.setflags(write=False)
    return view


def vector(values, name):
    """A finite float64 vector that is not empty."""
    array = real(values, name)
    if array.ndim != 1 or len(array) == 0:
        raise ValueError(f"{name} must be a list of numbers, not of shape {array.shape}")
    finite(array, name, "pass finite numbers")
    return array.astype(np.float64)


@generic
def encode(loss, y, outputs):
    """The targets of a loss in shape (n, outputs). By default they are numbers, one per output."""
    if outputs == 1 and y.ndim == 1:
        return y.reshape(-1, 1)
    if outputs > 1 and y.shape == (len(y), outputs):
        return y
    expected = f"({len(y)},)" if outputs == 1 else f"({len(y)}, {outputs})"
    hint = "; pass y.ravel()" if y.shape == (len(y), 1) and outputs == 1 else ""
    raise ValueError(f"y must have shape {expected} for a model with outputs={outputs}, not {y.shape}{hint}")


@encode.kernel(BinaryCrossEntropy)
def _(loss, y, outputs):
    y = encode.dispatch(object)(loss, y, outputs)
    if y.min() < 0 or y.max() > 1:
        bad = y[(y < 0) | (y > 1)][0]
        raise ValueError(f"y must hold labels 0 and 1 (or probabilities) for BinaryCrossEntropy, not {bad:g}")
    return y


@encode.kernel(CrossEntropy)
def _(loss, y, outputs):
    if outputs < 2:
        raise ValueError("CrossEntropy needs a model with outputs=k for k classes; for two, use BinaryCrossEntropy")
    if y.ndim == 1:
        return _one_hot(y, outputs)
    if y.shape != (len(y), outputs):
        raise ValueError(
            f"y must hold labels, shape ({len(y)},), or probabilities, shape ({len(y)}, {outputs}), not {y.shape}"
        )
    sums = y.sum(axis=1)
    if y.min() < 0 or not np.allclose(sums, 1.0, atol=1e-6):
        raise ValueError("y must hold probabilities for CrossEntropy: each row at least 0 and with sum 1")
    return y


def _one_hot(labels, classes):
    outside = (labels != np.floor(labels)) | (labels < 0) | (labels >= classes)
    if outside.any():
        raise ValueError(f"y must hold labels 0 to {classes - 1} for outputs={classes}, not {labels[outside][0]:g}")
    Y = np.zeros((len(labels), classes))
    Y[np.arange(len(labels)), labels.astype(np.intp)] = 1.0
    return Y


def real(values, name):
    if type(values) is np.ndarray and values.dtype in FLOATS:
        return values
    if np.ma.isMaskedArray(values) and np.ma.getmaskarray(values).any():
        raise ValueError(f"{name} has masked entries; remove or fill them first")
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise TypeError(f"{name} must be an array of real numbers: {error}") from None
    if array.dtype in FLOATS:
        return array
    if array.dtype.kind in "iubf":
        return array.astype(np.float64)
    raise TypeError(f"{name} must be an array of real numbers, not of dtype {array.dtype}; convert it to float first")


def rounded(array, dtype):
    """The array in the precision of the run; what is too large for it becomes infinite."""
    if array.dtype == dtype:
        return array
    with np.errstate(over="ignore"):
        return array.astype(dtype)


def finite(array, name, remedy):
    """Refuse NaN and infinity; an array is searched only where its squares show one, or overflow."""
    if not math.isfinite(squares(array)) and not (found := np.isfinite(array)).all():
        row = np.argwhere(~found)[0]
        where = ", ".join(map(str, row))
        raise ValueError(f"{name} holds {array[tuple(row)]} at [{where}]; {remedy}")


def squares(array):
    """The sum of all squares, added up in the order in which the numbers lie, which needs no copy of them."""
    numbers = array.ravel("K")
    return float(np.vdot(numbers, numbers))
