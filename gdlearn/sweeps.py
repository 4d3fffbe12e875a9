"""A sweep over rows: from their scores, by the slopes of the loss, back to the gradient."""

from .blocks import slopes
from .elementary import like, place
from .generic import apart, called, generic, inlined
from .losses import AbsoluteError, Huber, SquaredError, slope, value
from .models import Linear, forward, pullback
from .rows import NEAR, ask_ahead, bytes_of, lie_in_line, product


@generic
def sweep(model, loss, theta, data, order, start, stop, share, work, with_value):
    """Add ``share`` times the gradient of the losses of the rows order[start:stop] to work.g; return their sum."""
    return in_blocks(model, loss, theta, data, order, start, stop, share, work, with_value)


@inlined
def in_blocks(model, loss, theta, data, order, start, stop, share, work, with_value):
    """A block of rows at a time: forward, slopes, and pullback while the rows are in the fastest cache."""
    _, Z, S, H, _, _ = work
    total, a = 0.0, start
    while a < stop:
        b = min(a + len(Z), stop)
        forward(model, theta, data.X, order, a, b, Z, H)
        total += slopes(loss, work, data.Y, order, a, b, with_value)
        pullback(model, theta, data.X, order, a, b, S, share, work.g, H)
        a = b
    return total


@called
def by_matrices(model, loss, theta, data, order, start, stop, share, work, with_value):
    """``in_blocks`` for models whose products are long beside a call: compiled once, for all that call it."""
    return in_blocks(model, loss, theta, data, order, start, stop, share, work, with_value)


@sweep.kernel(Linear)
def _(model, loss, theta, data, order, start, stop, share, work, with_value):
    return sweep_linear(loss, model, theta, data, order, start, stop, share, work, with_value)


@generic
def sweep_linear(loss, model, theta, data, order, start, stop, share, work, with_value):
    """``sweep`` for a linear model of one output: in blocks, where several exponentials at a time pay for them."""
    return in_blocks(model, loss, theta, data, order, start, stop, share, work, with_value)


@apart
def in_registers(loss, model, theta, X, Y, order, start, stop, share, g, with_value):
    """Four rows from score to gradient at a time, with all that belongs to them in registers."""
    d, k, total, sums = model.inputs, start, 0.0, 0.0
    part, b = like(g[0], share), theta[d] if model.intercept else like(g[0], 0.0)
    while k + 4 <= stop:
        p, q, r, s = place(order[k]), place(order[k + 1]), place(order[k + 2]), place(order[k + 3])
        t, u, v, w = b, b, b, b
        if lie_in_line(X, p, s):
            t, u = t + product(X, p, theta, 0), u + product(X, q, theta, 0)
            v, w = v + product(X, r, theta, 0), w + product(X, s, theta, 0)
        else:
            if q != p + 1 and bytes_of(X) > NEAR:  # shuffled rows come from anywhere
                ask_ahead(X, order, k)
            for j in range(d):
                a = theta[j]
                t, u, v, w = t + a * X[p, j], u + a * X[q, j], v + a * X[r, j], w + a * X[s, j]
        e, f, h, i = Y[p, 0], Y[q, 0], Y[r, 0], Y[s, 0]
        if with_value:
            total += (value(loss, t, e) + value(loss, u, f)) + (value(loss, v, h) + value(loss, w, i))
        t, u = part * like(b, slope(loss, t, e)), part * like(b, slope(loss, u, f))
        v, w = part * like(b, slope(loss, v, h)), part * like(b, slope(loss, w, i))
        for j in range(d):
            g[j] += (t * X[p, j] + u * X[q, j]) + (v * X[r, j] + w * X[s, j])
        sums += (t + u) + (v + w)
        k += 4
    while k < stop:
        r, t = place(order[k]), b
        for j in range(d):
            t += theta[j] * X[r, j]
        if with_value:
            total += value(loss, t, Y[r, 0])
        t = part * like(b, slope(loss, t, Y[r, 0]))
        for j in range(d):
            g[j] += t * X[r, j]
        sums += t
        k += 1
    if model.intercept:
        g[d] += sums
    return total


@sweep_linear.kernel(AbsoluteError)
@sweep_linear.kernel(Huber)
@sweep_linear.kernel(SquaredError)
def _(loss, model, theta, data, order, start, stop, share, work, with_value):
    return in_registers(loss, model, theta, data.X, data.Y, order, start, stop, share, work.g, with_value)
