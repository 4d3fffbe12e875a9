"""The room that the labels of each panel take, and how powers of ten are written beside a logarithmic axis."""

import numpy as np
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.spines import Spine
from matplotlib.ticker import AutoLocator, FuncFormatter, LogFormatterSciNotation, NullLocator
from matplotlib.transforms import Bbox

from ._numbers import power_of_ten

PAD = 0.12, 0.10  # inches around each panel and its labels, across and up
GUESS = np.array([[0.6, 0.1], [0.55, 0.15]])  # inches that labels take before and after a panel, across and up
MOST_STEPS = 6  # between the ticks of an axis, where matplotlib takes up to nine
FEW_DECADES = 2  # more of them have no ticks between the powers of ten


class Margins(ConstrainedLayoutEngine):
    """As matplotlib's constrained layout, for a grid of panels; it measures the labels once, in half the time."""

    def execute(self, fig):
        """Place the panels of a figure."""
        specs = [ax.get_subplotspec() for ax in fig.axes]
        grids = {spec and spec.get_gridspec() for spec in specs}
        if len(grids) != 1 or None in grids or any(len(s.rowspan) > 1 or len(s.colspan) > 1 for s in specs):
            super().execute(fig)
            return
        (grid,) = grids
        cells = np.array([[s.colspan.start, grid.nrows - 1 - s.rowspan.start] for s in specs])
        counts = np.array([grid.ncols, grid.nrows])
        ratios = grid.get_width_ratios(), grid.get_height_ratios()[::-1]
        margins = [np.tile(guess, (count, 1)) for guess, count in zip(GUESS, counts, strict=True)]
        place(fig, cells, ratios, margins)
        place(fig, cells, ratios, measured(fig, cells, counts))


def measured(fig, cells, counts):
    """Inches that labels take before and after each column and each row, from left to right and from below."""
    margins = [np.zeros((count, 2)) for count in counts]
    for ax, cell in zip(fig.axes, cells, strict=True):
        artists = [
            a for a in ax.get_default_bbox_extra_artists() if not isinstance(a, Spine)
        ]  # ticks stand out farther
        outer = ax.get_tightbbox(bbox_extra_artists=artists, for_layout_only=True)
        if outer is None:  # not visible
            continue
        inner = ax.bbox
        for axis, here in enumerate(cell):
            room = [inner.min[axis] - outer.min[axis], outer.max[axis] - inner.max[axis]]
            margins[axis][here] = np.maximum(margins[axis][here], np.array(room) / fig.dpi)
    return margins


def place(fig, cells, ratios, margins):
    """Share what the margins leave among the panels."""
    edges = []
    for total, pad, ratio, margin in zip(fig.get_size_inches(), PAD, ratios, margins, strict=True):
        inner = max(total - np.sum(margin + pad), 0.1 * total) * np.asarray(ratio) / np.sum(ratio)
        pieces = np.column_stack([margin[:, 0] + pad, inner, margin[:, 1] + pad])
        edges.append(np.cumsum(pieces).reshape(-1, 3)[:, :2] / total)
    for ax, (column, row) in zip(fig.axes, cells, strict=True):
        (left, right), (bottom, top) = edges[0][column], edges[1][row]
        ax.set_position(Bbox([[left, bottom], [right, top]]))
        ax.set_in_layout(True)  # set_position takes it out


def thin_ticks(ax):
    """Few ticks: a number that is not read costs the reader's eye, and a hundredth of the time that a move has."""
    for axis in (ax.xaxis, ax.yaxis):
        if type(locator := axis.get_major_locator()) is AutoLocator:
            locator.set_params(nbins=int(np.clip(axis.get_tick_space(), 1, MOST_STEPS)), steps=[1, 2, 5, 10])


def write_powers(ax):
    """Write 10⁻⁴ in the face of the other labels, where matplotlib would typeset a formula."""
    for axis in (ax.xaxis, ax.yaxis):
        if axis.get_scale() == "log" and isinstance(axis.get_major_formatter(), LogFormatterSciNotation):
            axis.set_major_formatter(FuncFormatter(lambda value, _: power_of_ten(round(np.log10(value)))))
            low, high = axis.get_view_interval()
            if high > low * 10**FEW_DECADES:
                axis.set_minor_locator(NullLocator())
            elif high > 10 * low:
                axis.get_minor_locator().set_params(subs=(2, 5))
