"""The losses of a block of rows, whose exponentials are taken several at a time."""

from .elementary import exp, like
from .generic import INLINE, generic, has_kernel, in_machine_code
from .losses import CrossEntropy, against_softmax, largest, row_slope, slope, value


@generic
def slopes(loss, work, Y, order, start, stop, with_value):
    """``row_slope`` for the rows order[start:stop], whose scores are the first of work.Z; the sum of their losses."""
    return _one_by_one(loss, work, Y, order, start, stop, with_value)


def _row_by_row(loss, work, Y, order, start, stop, with_value):
    total = 0.0
    for i in range(stop - start):
        total += row_slope(loss, work.Z, i, Y, order[start + i], work.S, with_value)
    return total


def _score_by_score(loss, work, Y, order, start, stop, with_value):
    """For a loss of single scores: several of them at a time, since they lie side by side."""
    k, m, total = work.Z.shape[1], stop - start, like(work.z[0], 0.0)
    for i in range(m):
        r = order[start + i]
        for c in range(k):
            work.S[i, c] = Y[r, c]
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
    """All exponentials of the rows in one go."""
    Z, S, found, total = work.Z, work.S, work.s, 0.0
    k, m, scale = Z.shape[1], stop - start, like(Z[0, 0], 1.0) / like(Z[0, 0], loss.temperature)
    for i in range(m):
        top = largest(Z, i)
        for c in range(k):
            S[i, c] = (Z[i, c] - top) * scale
    for e in range(m * k):
        found[e] = exp(found[e])
    for i in range(m):
        total += against_softmax(loss, Z, i, Y, order[start + i], S, largest(Z, i), with_value)
    return total
