"""Rows that count more than once: a loss with weights, and the distinct rows of a data set."""

from typing import Annotated, Any, NamedTuple

import numpy as np

from ._types import issparse
from .generic import has_kernel
from .losses import row_slope, slope, value
from .records import check
from .validation import encode, summed

FACTORS = np.array([0xBF58476D1CE4E5B9, 0x94D049BB133111EB], np.uint64)  # of splitmix64
BLOCK = 4096  # so many rows are scrambled at a time: they stay in the cache


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
    digests = np.array([_digests(X, 2 * seed) + _digests(Y, 2 * seed + 1) for seed in range(2)])  # 128 bits for a row
    order = np.lexsort(digests)
    new = np.append(True, (np.diff(digests[:, order]) != 0).any(axis=0))
    group = np.empty_like(order)
    group[order] = np.cumsum(new) - 1
    first = order[new]
    return X[first], y[first], np.bincount(group, weight)


def _digests(X, seed):
    """A number of 64 bits for each row: the sum of its numbers but 0, each scrambled with the seed and its column."""
    keys = _scrambled(np.arange(X.shape[1], dtype=np.uint64) + np.uint64(seed << 32))
    if issparse(X):
        sums = np.append(np.uint64(0), np.cumsum(_parts(X.data, keys[X.indices])))
        return np.diff(sums[X.indptr])  # sums that overflow differ by the right number
    blocks = (X[a : a + BLOCK] for a in range(0, len(X), BLOCK))
    return np.concatenate([_parts(block, keys).sum(axis=1) for block in blocks])


def _parts(values, keys):
    bits = np.ascontiguousarray(values, np.float64).view(np.uint64)
    return np.where(values == 0.0, np.uint64(0), _scrambled(bits ^ keys))  # 0 is 0, stored or not, and so is -0.0


def _scrambled(bits):
    """Each bit of the result depends on all bits of the number: splitmix64 (Steele, Lea and Flood 2014)."""
    bits = (bits ^ (bits >> 30)) * FACTORS[0]
    bits = (bits ^ (bits >> 27)) * FACTORS[1]
    return bits ^ (bits >> 31)
