"""Steps of one row each, several in one go: the same iterates as step by step, up to rounding.

A plain step with a ridge of strength lam is :math:`w \\leftarrow (1 - \\eta \\lambda) w - \\eta s x`, so four of
them add to the shrunk w a combination of their four rows. Its coefficients need only the scores of the rows at
the first w and the products of the rows with each other: sums that need not wait for one another.
"""

from .elementary import like, place
from .generic import INLINE, apart, generic, has_kernel, in_machine_code, inlined
from .losses import row_slope, slope
from .models import Linear
from .optimizers import SGD
from .penalties import ridge
from .rows import ask_ahead
from .schedules import rate
from .sparse import CSR, SparseLinear, add_row_of, row_times


def in_one_go(problem, optimizer):
    """Whether steps along single rows are plain ones, with a ridge at most, of a model of one output that can."""
    plain = type(optimizer) is SGD and type(problem.penalty) in ridge.registry and ridge(problem.penalty) >= 0.0
    return plain and problem.model.outputs == 1 and has_kernel(plain_steps, type(problem.model))


@generic
def plain_steps(model, loss, schedule, lam, data, order, w, t, work):
    """Move w by plain steps along the rows ``order``, of which the first is step t."""
    raise NotImplementedError("this model has no plain_steps kernel")


def slope_at(loss, z, Y, r, Z, S):
    """The derivative of the loss of row r at its one score z. The next step waits for it."""
    find = through_memory if has_kernel(row_slope, type(loss)) else in_register
    return find(loss, z, Y, r, Z, S)


def in_register(loss, z, Y, r, Z, S):
    return like(z, slope(loss, z, Y[r, 0]))


def through_memory(loss, z, Y, r, Z, S):
    Z[0, 0] = z
    row_slope(loss, Z, 0, Y, r, S, False)
    return S[0, 0]


@in_machine_code(slope_at, INLINE)
def _(loss, z, Y, r, Z, S):
    row_slope.compiled_for.add(loss.instance_class)
    return through_memory if has_kernel(row_slope, loss.instance_class) else in_register


@plain_steps.kernel(Linear)
def _(model, loss, schedule, lam, data, order, w, t, work):
    four_at_a_time(model, loss, schedule, lam, data.X, data.Y, order, w, t, work.Z, work.S)


@inlined
def one_step(loss, schedule, lam, t, z, Y, r, Z, S):
    """How far step t goes along row r, whose score is z, and the share of w that it keeps."""
    eta = like(z, rate(schedule, t))
    return -eta * slope_at(loss, z, Y, r, Z, S), like(z, 1.0) - eta * lam


@apart
def four_at_a_time(model, loss, schedule, lam, X, Y, order, w, t, Z, S):
    """Plain steps along the rows ``order``: the scores and products of four rows, then one change of w."""
    k, n, zero = 0, len(order), like(w[0], 0.0)
    d, lam, free = model.inputs, like(zero, lam), like(zero, model.intercept)
    b = w[d] if model.intercept else zero
    while k + 4 <= n:
        p, q, r, s = place(order[k]), place(order[k + 1]), place(order[k + 2]), place(order[k + 3])
        if q != p + 1:  # shuffled rows come from anywhere
            ask_ahead(X, order, k)
        u, v, x, y, qp, rp, rq, sp, sq, sr = zero, zero, zero, zero, zero, zero, zero, zero, zero, zero
        for j in range(d):
            e, f, g, h, a = X[p, j], X[q, j], X[r, j], X[s, j], w[j]
            u, v, x, y = u + e * a, v + f * a, x + g * a, y + h * a
            qp, rp, rq = qp + f * e, rp + g * e, rq + g * f
            sp, sq, sr = sp + h * e, sq + h * f, sr + h * g

        e, c = one_step(loss, schedule, lam, t + k, u + b, Y, p, Z, S)
        b += free * e
        f, kept = one_step(loss, schedule, lam, t + k + 1, c * v + e * qp + b, Y, q, Z, S)
        c, e, b = c * kept, e * kept, b + free * f
        g, kept = one_step(loss, schedule, lam, t + k + 2, c * x + (e * rp + f * rq) + b, Y, r, Z, S)
        c, e, f, b = c * kept, e * kept, f * kept, b + free * g
        z = c * y + (e * sp + f * sq) + g * sr + b
        h, kept = one_step(loss, schedule, lam, t + k + 3, z, Y, s, Z, S)
        c, e, f, g, b = c * kept, e * kept, f * kept, g * kept, b + free * h

        for j in range(d):
            w[j] = c * w[j] + ((e * X[p, j] + f * X[q, j]) + (g * X[r, j] + h * X[s, j]))
        k += 4
    while k < n:
        r, z = place(order[k]), b
        for j in range(d):
            z += w[j] * X[r, j]
        e, c = one_step(loss, schedule, lam, t + k, z, Y, r, Z, S)
        for j in range(d):
            w[j] = c * w[j] + e * X[r, j]
        b += free * e
        k += 1
    if model.intercept:
        w[d] = b


@plain_steps.kernel(SparseLinear)
def _(model, loss, schedule, lam, data, order, w, t, work):
    X = data.X
    one_at_a_time(model, loss, schedule, lam, X.values, X.columns, X.begins, data.Y, order, w, t, work.Z, work.S)


@apart
def one_at_a_time(model, loss, schedule, lam, values, columns, begins, Y, order, v, t, Z, S):
    """w is kept as a number times a vector, so that shrinking it does not touch what the row does not."""
    X, one = CSR(values, columns, begins), like(v[0], 1.0)
    d, lam, free = model.inputs, like(one, lam), like(one, model.intercept)
    b, size = v[d] if model.intercept else like(one, 0.0), one
    for k in range(len(order)):
        r = place(order[k])
        step, kept = one_step(loss, schedule, lam, t + k, size * row_times(X, r, v) + b, Y, r, Z, S)
        size *= kept
        if abs(size) < 1e-6 or abs(size) > 1e6:
            for j in range(d):
                v[j] *= size
            size = one
        add_row_of(X, r, step * (one / size), v)  # the division need not wait for the step
        b += free * step
    for j in range(d):
        v[j] *= size
    if model.intercept:
        v[d] = b
