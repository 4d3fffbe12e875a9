"""The line that all curves of a picture are, and what is checked before something is drawn."""

import numpy as np
from matplotlib.axes import Axes

from ._labels import EndLabel

FARTHEST = 1e100  # values beyond are drawn here, since matplotlib's own transforms overflow


def draw_curve(ax, x, y, label, color, **style):
    """Draw a line, interrupted where it is not finite, with its name at its end."""
    check_axes(ax)
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x and y must be one-dimensional and of equal length, got shapes {x.shape} and {y.shape}")
    if not np.isfinite(x).all():
        raise ValueError("x must be finite")
    y = np.clip(np.where(np.isfinite(y), y, np.nan), -FARTHEST, FARTHEST)
    (line,) = ax.plot(x, y, color=color, label=label or "_", **{"linewidth": 2.0, "zorder": 3} | style)
    if label:
        ax.add_artist(EndLabel(line)).set_clip_on(False)


def check_axes(ax):
    """TypeError unless it is one panel."""
    if not isinstance(ax, Axes):
        raise TypeError(f"ax must be one matplotlib Axes, got {type(ax).__name__}; of several panels pass one")
