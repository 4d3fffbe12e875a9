"""Rows that count more than once: a loss with weights, and the distinct rows of a data set."""

from typing import Annotated, Any, NamedTuple

import numpy as np

from ._types import issparse
from .digests import digests
from .generic import has_kernel
from .losses import row_slope, slope, value
from .records import check
from .validation import encode, summed


class Weighted(NamedTuple):
    r"""Another loss, with a weight v for each row: :math:`v \, \ell(z, y)`.

    The weights are the last column of the targets, ``np.column_stack([y, v])``. The objective is the
    mean of :math:`v_i \ell_i`, so that weights with mean 1 leave the learning rate as it is.

    Parameters
    ----------
    then : loss
        :math:`\ell`, the loss of a row of weight 1.

    Examples
    --------
    A row of weight 2 counts as two rows.

    >>> import gdlearn as gd
    >>> loss = gd.Weighted(gd.SquaredError())
    >>> problem = gd.Problem(gd.Linear(1, intercept=False), loss)
    >>> problem.objective([1.0], X=[[1.0], [2.0]], y=[[0.0, 0.5], [0.0, 1.5]])
    3.25
    """

    then: Annotated[Any, ()]


@check.kernel(Weighted)
def _(record):
    cls = type(record.then)
    if issubclass(cls, Weighted):
        raise TypeError("loss.then must be a loss without weights of its own; multiply the weights and pass them once")
    if not (has_kernel(row_slope, cls) or (has_kernel(value, cls) and has_kernel(slope, cls))):
        raise TypeError(f"loss.then must be a loss such as gd.SquaredError(), not {record.then!r}")


@row_slope.kernel(Weighted)
def _(loss, Z, i, Y, r, S, with_value):
    weight = Y[r, Y.shape[1] - 1]
    total = row_slope(loss.then, Z, i, Y, r, S, with_value)
    for c in range(Z.shape[1]):
        S[i, c] *= weight
    return weight * total


@encode.kernel(Weighted)
def _(loss, y, outputs):
    if y.ndim != 2 or y.shape[1] < 2:
        raise ValueError(f"y must hold targets and, as its last column, weights for Weighted, not shape {y.shape}")
    weight = y[:, -1:]
    if weight.min() < 0:
        raise ValueError(f"y must hold weights of at least 0 in its last column for Weighted, not {weight.min():g}")
    targets = y[:, 0] if y.shape[1] == 2 else y[:, :-1]
    return np.hstack([encode(loss.then, targets, outputs), weight])


def weighted(problem, y, weight):
    """The problem and its targets with a weight per row; as they are, where all weights are 1."""
    if (weight == 1.0).all():
        return problem, y
    return problem._replace(loss=Weighted(problem.loss)), np.column_stack([y, weight])


def relative(weight):
    """The weights divided by their mean, exactly 1 where all are equal."""
    shares = weight / weight.max()  # whose sum is a number, however large or small they are
    return shares if shares.min() == 1.0 else shares / shares.mean()


def distinct(X, y, weight):
    """Each distinct row of X and y once, with the sum of its weights, in an order that only the rows decide.

    So a row of weight 2 and two equal rows are the same data, to the bit, for whatever comes next: the
    cut into batches, or the choice of a validation share.
    """
    X = summed(X) if issparse(X) else X
    Y = y.reshape(len(y), -1)
    low, high = np.ascontiguousarray((digests(X, 0) + digests(Y, 1)).T)  # 128 bits for a row
    order = np.lexsort((low, high))
    new = np.append(True, (np.diff(high[order]) != 0) | (np.diff(low[order]) != 0))
    group = np.empty_like(order)
    group[order] = np.cumsum(new) - 1
    first = order[new]
    return X[first], y[first], np.bincount(group, weight)
