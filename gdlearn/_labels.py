"""The names that stand in a picture: at the end of each curve, and in a row above the axes."""

import numpy as np
from matplotlib.legend import Legend
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox, IdentityTransform

from ._geometry import leave, spread
from ._style import FONTS, PAPER


class NameRow(Legend):
    """The names of the trajectories in a row above the axes; it takes room above them, but not beside them."""

    def __init__(self, ax, lines):
        super().__init__(
            ax, lines, [line.get_label() for line in lines], loc="lower left", bbox_to_anchor=(0, 1),
            borderaxespad=0.2, borderpad=0.2, ncols=len(lines), frameon=False, labelcolor="linecolor",
            handlelength=1.3, handletextpad=0.5, columnspacing=1.4,
            prop={"family": FONTS, "size": 15, "math_fontfamily": "cm"},
        )  # fmt: skip

    def get_tightbbox(self, renderer=None):
        """The room it takes."""
        box, axes = self.get_window_extent(renderer), self.axes.bbox
        return Bbox([[axes.x0, box.y0], [axes.x1, box.y1]])


class EndLabel(Annotation):
    """The name of a line at its last visible point; names that end side by side make way for each other."""

    def __init__(self, line):
        super().__init__(
            line.get_label(), (0, 0), xycoords="figure pixels", xytext=(6, 0), textcoords="offset points",
            annotation_clip=False, color=line.get_color(), family=FONTS, math_fontfamily="cm", fontsize=15,
            va="center_baseline", zorder=5,
            transform=IdentityTransform(),
            path_effects=[halo()],
        )  # fmt: skip
        self.line = line

    def draw(self, renderer):
        """Draw the name, unless its line is nowhere in the picture."""
        if self.anchor() is not None:
            super().draw(renderer)

    def get_tightbbox(self, renderer=None):
        """The room it takes: right of the axes, wherever the line ends, so that they stand still as it moves."""
        width, axes = self.get_window_extent(renderer).width, self.axes.bbox
        return Bbox([[axes.x0, axes.y0], [axes.x1 + self.figure.dpi / 72 * 6 + width, axes.y1]])

    def anchor(self):
        """Pixel coordinates at which the line ends or leaves the axes for good; None if it is never inside."""
        _ = self.axes.viewLim  # brings limits that are still to be found from the data up to date
        with np.errstate(all="ignore"):
            points = self.axes.transData.transform(self.line.get_xydata())
        (left, bottom), (right, top) = self.axes.bbox.get_points()
        x, y = points.T
        inside = (x >= left - 1) & (x <= right + 1) & (y >= bottom - 1) & (y <= top + 1)  # false for NaN
        if not inside.any():
            return None
        k = np.flatnonzero(inside)[-1]
        if k + 1 == len(points) or not np.isfinite(points[k + 1]).all():
            return points[k]
        return leave(points[k], points[k + 1], [left, bottom], [right, top])

    def update_positions(self, renderer):
        """Stand at the anchor, or as near to it as the other names allow."""
        names = [text for text in self.axes.texts if isinstance(text, EndLabel)]
        anchors = {name: anchor for name in names if (anchor := name.anchor()) is not None}
        if self in anchors:
            x, axes = anchors[self][0], self.axes.bbox
            column = [name for name in anchors if abs(anchors[name][0] - x) < 0.12 * axes.width]
            edges, heights = zip(*(anchors[name] for name in column), strict=True)
            gap = renderer.points_to_pixels(1.25 * self.get_fontsize())
            heights = spread(heights, gap, axes.y0 + gap / 2, axes.y1 - gap / 2)
            self.xy = max(edges), heights[column.index(self)]
        super().update_positions(renderer)


def halo():
    """An outline in the color of the card, so that text can be read where it crosses a line."""
    return withStroke(linewidth=3, foreground=PAPER)


def name_above(ax):
    """One row of names above the axes, for all of its trajectories."""
    for row in [artist for artist in ax.artists if isinstance(artist, NameRow)]:
        row.remove()
    named = [line for line in ax.lines if line.get_gid() == "trajectory" and not line.get_label().startswith("_")]
    if named:
        ax.add_artist(NameRow(ax, named)).set_clip_on(False)
