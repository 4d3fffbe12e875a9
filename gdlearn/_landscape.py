"""A function of two parameters as a map: its heights, where its levels run, and how they are drawn."""

from functools import lru_cache

import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ._curves import FARTHEST
from ._style import PETROL

LEVELS, DECADES = 14, 4  # contour lines, and the decades that they span
GRID = 161  # points on each side of the grid that they are found from
TINTS = LinearSegmentedColormap.from_list("downhill", ["#8CC2C3", "#BBDAD9", "#D9E9E7", "#EBF3F0"])


def draw_landscape(ax, f, xlim, ylim):
    """Tint the regions between the levels, and draw the lines along them."""
    tinted, lines = outlines(heights(f, xlim, ylim).tobytes(), tuple(xlim), tuple(ylim))
    shades = TINTS(np.linspace(0, 1, LEVELS + 1))
    ax.add_collection(PathCollection(tinted, facecolors=shades, edgecolors="none", antialiaseds=False, zorder=0))
    ax.add_collection(PathCollection(lines, facecolors="none", edgecolors=PETROL, linewidths=0.7, alpha=0.4, zorder=1))


def heights(f, xlim, ylim):
    """How far f is above its minimum at the points of the grid, NaN where it is not finite."""
    X, Y = np.meshgrid(np.linspace(*xlim, GRID), np.linspace(*ylim, GRID))
    with np.errstate(all="ignore"):
        Z = np.asarray(f(X, Y), dtype=float)
    if Z.shape != X.shape:
        raise ValueError(f"f must return an array of its arguments' shape {X.shape}, got {Z.shape}: vectorize it")
    Z = np.where(np.abs(Z) < FARTHEST, Z, np.nan)
    if not np.isfinite(Z).any() or np.nanmax(Z) == np.nanmin(Z):
        raise ValueError("f must take at least two different finite values between the limits")
    return Z - np.nanmin(Z)


def levels(highest):
    """The heights of the lines, spaced by one factor, and then the highest of all."""
    return np.geomspace(10.0**-DECADES, 1.0, LEVELS + 1) * highest


@lru_cache(maxsize=16)  # while a slider moves, the landscape mostly stays
def outlines(above, xlim, ylim):
    """Two lists of paths for the bytes of heights: the regions between the levels, and the lines along them."""
    Z = np.ma.masked_invalid(np.frombuffer(above).reshape(GRID, GRID))
    grid = np.linspace(*xlim, GRID), np.linspace(*ylim, GRID), Z
    edges = levels(Z.max())
    ax = Figure().add_subplot()
    return ax.contourf(*grid, levels=[0.0, *edges]).get_paths(), ax.contour(*grid, levels=edges[:-1]).get_paths()
