"""One drawing style for every picture of the book.

The functions draw on the axes they are given and leave matplotlib's global state alone: the style is in force
only while a figure is made and while it is drawn. A picture is a card of its own soft color, so that it reads on
a light page and does not glare on a dark one. Iterates that diverge leave the picture without a warning.
"""

import numpy as np
from matplotlib import rc_context

from ._curves import FARTHEST, check_axes, draw_curve
from ._geometry import limits, line_through, until_it_leaves
from ._images import Picture
from ._labels import halo, name_above
from ._landscape import draw_landscape
from ._layout import Margins
from ._style import COLORS, FONTS, INK, PAPER, PETROL, SCALE, STYLE, TICKS

SECTION = 201  # points of a section


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
    check_axes(ax)
    draw_landscape(ax, f, limits("xlim", xlim), limits("ylim", ylim))
    ax.set(xlim=xlim, ylim=ylim)


def section(ax, f, start, direction, span=(-1.0, 1.0), label="", color=PETROL):
    r"""Draw a function of many parameters along a line: :math:`f(a + t\,d)` against :math:`t`.

    From one point to another it is `section(ax, f, a, b - a, span=(0, 1))`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    f : callable
        Takes an array of shape (p,) and returns a number; where it is not finite the curve is interrupted.
    start, direction : array_like of shape (p,)
        The point a at t = 0, and the step d from there to t = 1.
    span : tuple of two floats
        The ends of t, which become the limits of the axis.
    label, color : str
        As for `curve`.

    Raises
    ------
    ValueError
        If start and direction are not finite and of one shape (p,), direction is zero, span is not two increasing
        finite numbers, or f does not return one number.

    References
    ----------
    Goodfellow, Vinyals and Saxe (2015), Qualitatively characterizing neural network optimization problems.
    """
    t, points = line_through(start, direction, *limits("span", span), count=SECTION)
    with np.errstate(all="ignore"):
        values = [np.asarray(f(point), dtype=float) for point in points]
    if values[0].size != 1:
        raise ValueError(f"f must return one number for an array of shape (p,), got shape {values[0].shape}")
    draw_curve(ax, t, np.ravel(values), label, color)
    ax.set_xlim(*span)


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
    check_axes(ax)
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
    name_above(ax)


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
    draw_curve(ax, x, y, label, color)


def theory(ax, x, y, label):
    """Draw what the theory predicts: dashed, over the measured curves.

    Parameters and errors are those of `curve`; the color is that of theory in the whole book.
    """
    draw_curve(ax, x, y, label, COLORS["theory"], linestyle=(0, (4, 3)), linewidth=1.5, zorder=4)


def guess(ax, x, y, label="your answer"):
    """Draw what the reader predicted: dotted, over the curves that were measured.

    Parameters and errors are those of `curve`; the color is that of predictions in the whole book.
    """
    draw_curve(ax, x, y, label, PETROL, linestyle=(0, (1, 1.6)), linewidth=2.4, zorder=4)


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
    draw_curve(ax, x, median, label, color)
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
    check_axes(ax)
    ax.set_yscale("log")
    curve(ax, np.flatnonzero(gap > 0), gap[gap > 0], label, color)


def note(ax, x, y, text):
    """Write a short text beside the point (x, y) of the axes ax, in the data's coordinates."""
    check_axes(ax)
    ax.text(
        x, y, text, color="#5A5954", fontsize=14.5, family=FONTS, math_fontfamily="cm", path_effects=[halo()], zorder=6
    )
