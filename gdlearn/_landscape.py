"""The heights of a function of two parameters, and where its levels run."""

from functools import lru_cache

import numpy as np
from matplotlib.figure import Figure

DECADES = 4  # that the levels span


def heights(f, xlim, ylim, count, farthest):
    """How far f is above its minimum on a grid of count points a side, NaN where it is not finite."""
    X, Y = np.meshgrid(np.linspace(*xlim, count), np.linspace(*ylim, count))
    with np.errstate(all="ignore"):
        Z = np.asarray(f(X, Y), dtype=float)
    if Z.shape != X.shape:
        raise ValueError(f"f must return an array of its arguments' shape {X.shape}, got {Z.shape}: vectorize it")
    Z = np.where(np.abs(Z) < farthest, Z, np.nan)
    if not np.isfinite(Z).any() or np.nanmax(Z) == np.nanmin(Z):
        raise ValueError("f must take at least two different finite values between the limits")
    return Z - np.nanmin(Z)


@lru_cache(maxsize=16)  # a slider moves over one landscape, mostly
def landscape(above, xlim, ylim, count, levels):
    """Two lists of paths: the regions between the levels of heights, given by their bytes, and the lines along them."""
    Z = np.ma.masked_invalid(np.frombuffer(above).reshape(count, count))
    grid = np.linspace(*xlim, count), np.linspace(*ylim, count), Z
    edges = np.geomspace(10.0**-DECADES, 1.0, levels + 1) * Z.max()
    ax = Figure().add_subplot()
    return ax.contourf(*grid, levels=[0.0, *edges]).get_paths(), ax.contour(*grid, levels=edges[:-1]).get_paths()
