"""The losses of a block of rows, whose exponentials are taken several at a time."""

import math

from .elementary import exp, like, place
from .generic import INLINE, generic, has_kernel, in_machine_code, inlined
from .losses import CrossEntropy, against_targets, row_slope, shifted, slope, value

LARGE = 1e200  # times one more sum of exponentials, each at most 1, it is still a number


@generic
def slopes(loss, work, Y, order, start, stop, with_value):
    """``row_slope`` for the rows order[start:stop], whose scores are the first of work.Z; the sum of their losses."""
    return _one_by_one(loss, work, Y, order, start, stop, with_value)


def _row_by_row(loss, work, Y, order, start, stop, with_value):
    total = 0.0
    for i in range(stop - start):
        total += row_slope(loss, work.Z, i, Y, order[start + i], work.S, with_value)
    return total


@inlined
def copy_targets(Y, order, start, stop, S):
    """Copy the targets of the rows order[start:stop] to the first rows of S: long loops for few columns."""
    for c in range(S.shape[1]):
        for i in range(stop - start):
            S[i, c] = Y[place(order[start + i]), c]


def _score_by_score(loss, work, Y, order, start, stop, with_value):
    """For a loss of single scores: several of them at a time, since they lie side by side."""
    k, m, total = work.Z.shape[1], stop - start, like(work.z[0], 0.0)
    copy_targets(Y, order, start, stop, work.S)
    for e in range(m * k):
        z, y = work.z[e], work.s[e]
        work.s[e] = slope(loss, z, y)
        if with_value:
            total += value(loss, z, y)
    return total


def _one_by_one(loss, work, Y, order, start, stop, with_value):
    kernel = _row_by_row if has_kernel(row_slope, type(loss)) else _score_by_score
    return kernel(loss, work, Y, order, start, stop, with_value)


@in_machine_code(_one_by_one, INLINE)
def _(loss, work, Y, order, start, stop, with_value):
    row_slope.compiled_for.add(loss.instance_class)
    return _row_by_row if has_kernel(row_slope, loss.instance_class) else _score_by_score


@slopes.kernel(CrossEntropy)
def _(loss, work, Y, order, start, stop, with_value):
    """All exponentials of the rows in one go, and one logarithm for the product of many of their sums."""
    m, found, total, product = stop - start, work.s, 0.0, 1.0
    for i in range(m):
        total -= float(shifted(loss, work.Z, i, Y, place(order[start + i]), work.S, with_value))
    for e in range(m * work.Z.shape[1]):
        found[e] = exp(found[e])
    for i in range(m):
        product *= float(against_targets(loss, Y, place(order[start + i]), work.S, i))
        if product > LARGE:
            total, product = total + math.log(product), 1.0
    return total + math.log(product) if with_value else 0.0
