"""One drawing style for every picture of the book.

The functions draw on the axes they are given and leave matplotlib's global state alone: the style is in force
only while a figure is made and while it is drawn. A picture is a card of its own soft color, so that it reads on
a light page and does not glare on a dark one. Iterates that diverge leave the picture without a warning.
"""

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from ._geometry import limits, until_it_leaves
from ._images import Picture
from ._labels import EndLabel, NameRow, halo
from ._layout import Margins
from ._style import COLORS, FONTS, INK, PAPER, PETROL, SCALE, STYLE, TICKS

FARTHEST = 1e100  # values beyond are drawn here, since matplotlib's own transforms overflow
LEVELS, GRID = 14, 161  # contour lines, and points on each side of the grid they are found from
TINTS = LinearSegmentedColormap.from_list("downhill", ["#8CC2C3", "#BBDAD9", "#D9E9E7", "#EBF3F0"])


def figure(width=7.0, height=4.0, columns=1, rows=1):
    """Make an empty figure in the house style.

    Parameters
    ----------
    width, height : float
        Size in inches; an inch is 100 pixels of the page.
    columns, rows : int
        Number of panels.

    Returns
    -------
    fig : matplotlib.figure.Figure
    ax : matplotlib.axes.Axes, or array of them
        An array for several panels: of shape (columns,) for a row, (rows,) for a column, else (rows, columns).

    Raises
    ------
    ValueError
        If a size is not positive or there is not at least one panel.
    """
    if not (width > 0 and height > 0):
        raise ValueError(f"width and height must be positive inches, got {width} and {height}")
    if columns < 1 or rows < 1:
        raise ValueError(f"columns and rows must be at least 1, got {columns} and {rows}")
    with rc_context(STYLE):
        fig = Picture(figsize=(width, height), dpi=2 * SCALE, layout=Margins())
        panels = fig.subplots(rows, columns)
        for ax in np.ravel(panels):
            ax.tick_params(which="major", **TICKS)
            ax.tick_params(which="minor", **TICKS | {"length": 2})
            ax.set_axisbelow(True)
    return fig, panels


def contour(ax, f, xlim, ylim):
    r"""Draw the landscape of a function of two parameters, its valleys tinted.

    The levels of :math:`f - \min f` are spaced evenly on a logarithmic scale over four decades, so that the floor
    of a narrow valley shows as well as its walls. The limits of the axes are set, and stay.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    f : callable
        Takes two arrays of one shape, a grid, and returns an array of that shape.
    xlim, ylim : tuple of two floats

    Raises
    ------
    TypeError, ValueError
        If the limits are not two increasing finite numbers, or f is not vectorized, constant or nowhere finite.
    """
    _check_axes(ax)
    X, Y = np.meshgrid(*(np.linspace(*limits(*lim), GRID) for lim in (("xlim", xlim), ("ylim", ylim))))
    with np.errstate(all="ignore"):
        Z = np.asarray(f(X, Y), dtype=float)
    if Z.shape != X.shape:
        raise ValueError(f"f must return an array of its arguments' shape {X.shape}, got {Z.shape}: vectorize it")
    Z = np.where(np.abs(Z) < FARTHEST, Z, np.nan)
    if not np.isfinite(Z).any() or np.nanmax(Z) == np.nanmin(Z):
        raise ValueError("f must take at least two different finite values between the limits")
    Z = np.ma.masked_invalid(Z - np.nanmin(Z))
    edges = np.geomspace(1e-4, 1.0, LEVELS + 1) * Z.max()
    shades = TINTS(np.linspace(0, 1, LEVELS + 1))
    ax.contourf(X, Y, Z, levels=[0.0, *edges], colors=shades, zorder=0)
    ax.contour(X, Y, Z, levels=edges[:-1], colors=PETROL, linewidths=0.7, alpha=0.4, zorder=1)
    ax.set(xlim=xlim, ylim=ylim)


def trajectory(ax, path, label, color):
    """Draw the path of an iteration in the plane: a dot for each iterate, a ring at the start, a disk at the end.

    A path that leaves the picture for good, as a diverging one does, ends there in an arrow. The limits of the
    axes must be set before, as `contour` does, and stay. The names stand in a row above the axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    path : array_like of shape (steps + 1, 2)
        The iterates, the start first; values may be infinite or NaN from some row on.
    label : str
        Name of the path; "" for none.
    color : str

    Raises
    ------
    ValueError
        If the path is not of shape (steps + 1, 2), starts at a point that is not finite, or the axes have no limits.
    """
    _check_axes(ax)
    path = np.asarray(path, dtype=float)
    if path.ndim != 2 or path.shape[1] != 2 or not len(path):
        raise ValueError(f"path must have shape (steps + 1, 2), got {path.shape}")
    if not np.isfinite(path[0]).all():
        raise ValueError(f"path must start at a finite point, got {path[0]}")
    if ax.get_autoscale_on():
        raise ValueError("ax must have its limits before a path is drawn: call contour or ax.set(xlim=..., ylim=...)")
    drawn, left = until_it_leaves(path, *np.array([ax.get_xlim(), ax.get_ylim()]).T)
    size = np.interp(len(path), [10, 60, 200], [5.0, 3.5, 2.2])
    dots = {"marker": "o", "markersize": size, "markeredgewidth": 0} if len(path) <= 200 else {}
    ax.plot(*drawn.T, color=color, linewidth=1.5, label=label or "_", gid="trajectory", zorder=3, **dots)
    mark = {"linestyle": "none", "marker": "o", "label": "_", "zorder": 4}
    if left:
        arrow = {"arrowstyle": "-|>", "color": color, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 16}
        ax.annotate("", drawn[-1], drawn[-2], arrowprops=arrow, zorder=4)
    else:
        ax.plot(*drawn[-1], color=color, markersize=8, markeredgecolor=PAPER, markeredgewidth=1.2, **mark)
    ax.plot(*drawn[0], color=INK, markersize=7, markerfacecolor=PAPER, markeredgewidth=1.6, **mark)
    _name_above(ax)


def _name_above(ax):
    """One row of names above the axes, for all of its trajectories."""
    for row in [artist for artist in ax.artists if isinstance(artist, NameRow)]:
        row.remove()
    named = [line for line in ax.lines if line.get_gid() == "trajectory" and not line.get_label().startswith("_")]
    if named:
        ax.add_artist(NameRow(ax, named)).set_clip_on(False)


def curve(ax, x, y, label, color):
    """Draw a curve with its name at its last visible point.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    x, y : array_like of shape (n,)
        x finite; where y is infinite or NaN the curve is interrupted.
    label : str
        Name of the curve; "" for none.
    color : str

    Raises
    ------
    ValueError
        If x and y are not one-dimensional of equal length, or x is not finite.
    """
    _draw_curve(ax, x, y, label, color)


def theory(ax, x, y, label):
    """Draw what the theory predicts: dashed, over the measured curves.

    Parameters and errors are those of `curve`; the color is that of theory in the whole book.
    """
    _draw_curve(ax, x, y, label, COLORS["theory"], linestyle=(0, (4, 3)), linewidth=1.5, zorder=4)


def guess(ax, x, y, label="your answer"):
    """Draw what the reader predicted: dotted, over the curves that were measured.

    Parameters and errors are those of `curve`; the color is that of predictions in the whole book.
    """
    _draw_curve(ax, x, y, label, PETROL, linestyle=(0, (1, 1.6)), linewidth=2.4, zorder=4)


def band(ax, x, runs, label, color):
    """Draw the median of repeated runs and the band between their 10 % and 90 % quantiles.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    x : array_like of shape (n,)
    runs : array_like of shape (seeds, n)
        One run a row. A value that is NaN counts as larger than all numbers, as a diverged loss is.
    label : str
    color : str

    Raises
    ------
    ValueError
        If runs is not of shape (seeds, n) with at least one row.
    """
    runs = np.asarray(runs, dtype=float)
    if runs.ndim != 2 or not len(runs) or runs.shape[1:] != np.shape(x):
        raise ValueError(f"runs must have shape (seeds, n) with n = {np.size(x)} as x, got {runs.shape}")
    runs = np.clip(np.where(np.isnan(runs), FARTHEST, runs), -FARTHEST, FARTHEST)
    low, median, high = np.quantile(runs, [0.1, 0.5, 0.9], axis=0)
    _draw_curve(ax, x, median, label, color)
    ax.fill_between(x, low, high, color=color, alpha=0.18, linewidth=0, zorder=2)


def loss_curve(ax, run, label, color, floor=0.0):
    """Draw the objective of a run against the epoch, on a logarithmic scale.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    run : Run
        What `minimize` returns.
    label : str
    color : str
    floor : float
        Subtracted from the objective; its minimum, to show the gap that remains.
    """
    gap = np.asarray(run.history.objective, dtype=float) - floor
    _check_axes(ax)
    ax.set_yscale("log")
    curve(ax, np.arange(len(gap)), np.where(gap > 0, gap, np.nan), label, color)


def note(ax, x, y, text):
    """Write a short text beside the point (x, y) of the axes ax, in the data's coordinates."""
    _check_axes(ax)
    ax.text(
        x, y, text, color="#5A5954", fontsize=13, family=FONTS, math_fontfamily="cm", path_effects=[halo()], zorder=6
    )


def _draw_curve(ax, x, y, label, color, **style):
    _check_axes(ax)
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x and y must be one-dimensional and of equal length, got shapes {x.shape} and {y.shape}")
    if not np.isfinite(x).all():
        raise ValueError("x must be finite")
    y = np.clip(np.where(np.isfinite(y), y, np.nan), -FARTHEST, FARTHEST)
    (line,) = ax.plot(x, y, color=color, label=label or "_", **{"linewidth": 2.0, "zorder": 3} | style)
    if label:
        ax.add_artist(EndLabel(line)).set_clip_on(False)


def _check_axes(ax):
    if not isinstance(ax, Axes):
        raise TypeError(f"ax must be one matplotlib Axes, got {type(ax).__name__}; of several panels pass one")
