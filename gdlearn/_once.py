"""What matplotlib finds anew many times while it draws one figure is found once.

For each panel it looks for the ticks of an axis and measures their labels about ten times: to place the panels, the
spines, the label of the axis, the title. As long as a panel stays where it is, with the limits that it has, the answer
is the same. Between figures the sizes of words stay the same, too, which a canvas remembers if it is kept. And the
ticks of an axis are alike, so that one is made and the others are copies.
"""

from contextlib import contextmanager
from copy import copy
from functools import lru_cache

from matplotlib.backends.backend_agg import FigureCanvasAgg

TICK_PARTS = "tick1line", "tick2line", "gridline", "label1", "label2"
FINDERS = "_update_ticks", "_get_ticklabel_bboxes"  # private, so that they may be missing in another matplotlib


@lru_cache(maxsize=4)
def kept_canvas(width, height):
    """A canvas for all figures of a size in pixels."""
    return FigureCanvasAgg(None)


def copy_ticks(ax):
    """Give each axis the ticks that it needs, in a tenth of the time that matplotlib takes to make them."""
    for axis in (ax.xaxis, ax.yaxis):
        for ticks, places in ((axis.majorTicks, axis.get_majorticklocs()), (axis.minorTicks, axis.get_minorticklocs())):
            ticks.extend(_copied(ticks[0]) for _ in range(len(places) - len(ticks)))


def _copied(tick):
    tick = copy(tick)
    for part in TICK_PARTS:
        setattr(tick, part, copy(getattr(tick, part)))
    for label in (tick.label1, tick.label2):
        label.set_fontproperties(label.get_fontproperties().copy())
    return tick


@contextmanager
def ticks_found_once(fig):
    """While this lasts, each axis of a figure remembers its ticks and the boxes of their labels."""
    axes = [axis for ax in fig.axes for axis in (ax.xaxis, ax.yaxis)]
    axes = [axis for axis in axes if all(hasattr(axis, finder) for finder in FINDERS)]
    for axis in axes:
        for finder in FINDERS:
            setattr(axis, finder, remembered(axis, getattr(axis, finder)))
    try:
        yield
    finally:
        for axis in axes:
            for finder in FINDERS:
                delattr(axis, finder)


def remembered(axis, find):
    """A function that calls another only when the panel of an axis was moved, its limits or the arguments changed."""
    before, answer = None, None

    def found(*arguments):
        nonlocal before, answer
        now = *axis.axes.bbox.bounds, *axis.get_view_interval(), *map(id, arguments)
        if now != before:
            answer = find(*arguments)
            before = now
        return answer

    return found
