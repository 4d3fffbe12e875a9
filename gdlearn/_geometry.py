"""Where lines leave a picture, and where names find room."""

import numpy as np


def leave(inside, outside, low, high):
    """The point where the way from one point to another leaves the box from low to high."""
    step = outside - inside
    room = np.where(step > 0, high, low) - inside
    shares = room[step != 0] / step[step != 0]
    return inside + step * np.clip(shares.min(initial=1.0), 0, 1)


def until_it_leaves(path, low, high):
    """The path up to the point where it leaves the box for good, and whether it does."""
    low, high = np.minimum(low, high), np.maximum(low, high)
    finite = np.isfinite(path).all(axis=1)
    path = path[: len(path) if finite.all() else np.argmin(finite)]
    inside = ((path >= low) & (path <= high)).all(axis=1)
    last = np.flatnonzero(inside)[-1] if inside.any() else len(path) - 1
    if last + 1 == len(path):
        return path, False
    return np.vstack([path[: last + 1], leave(path[last], path[last + 1], low, high)]), True


def spread(heights, gap, low, high):
    """Move heights as little as possible (in least squares) to lie between low and high, any two at least gap apart.

    After subtracting gap times the rank this is isotonic regression with bounds: adjacent violators are pooled, and
    what is out of bounds is clipped. Where there is not room for all, those on top stand out.
    """
    order = np.argsort(heights, kind="stable")
    pools = []
    for rank, height in enumerate(np.asarray(heights, dtype=float)[order]):
        pools.append((height - gap * rank, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (b, n), (a, m) = pools.pop(), pools.pop()
            pools.append(((a * m + b * n) / (m + n), m + n))
    ranks = np.arange(len(order))
    spaced = np.empty(len(order))
    spaced[order] = np.clip(np.repeat(*zip(*pools, strict=True)), low, max(low, high - gap * ranks[-1])) + gap * ranks
    return spaced


def limits(name, lim):
    """The limits of an axis; ValueError unless they are two increasing finite numbers."""
    if np.shape(lim) != (2,) or not np.isfinite(lim).all() or not lim[0] < lim[1]:
        raise ValueError(f"{name} must be two increasing finite numbers, got {lim!r}")
    return lim


def line_through(start, direction, low, high, count):
    """Numbers t from low to high, of shape (count,), and the points start + t direction, of shape (count, p)."""
    start, direction = np.asarray(start, dtype=float), np.asarray(direction, dtype=float)
    if start.ndim != 1 or start.shape != direction.shape:
        raise ValueError(f"start and direction must be of one shape (p,), got {start.shape} and {direction.shape}")
    if not (np.isfinite(start).all() and np.isfinite(direction).all() and direction.any()):
        raise ValueError("start and direction must be finite, and direction not zero")
    t = np.linspace(low, high, count)
    return t, start + np.outer(t, direction)
