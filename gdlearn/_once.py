"""What matplotlib finds anew many times while it draws one figure is found once.

For each panel it looks for the ticks of an axis and measures their labels about ten times: to place the panels, the
spines, the label of the axis, the title. As long as a panel stays where it is, with the limits that it has, the answer
is the same. Between figures the sizes of words stay the same, too, which a canvas remembers if it is kept.
"""

from contextlib import contextmanager
from functools import lru_cache

from matplotlib.backends.backend_agg import FigureCanvasAgg

FINDERS = "_update_ticks", "_get_ticklabel_bboxes"  # private, so that they may be missing in another matplotlib


@lru_cache(maxsize=4)
def kept_canvas(width, height):
    """A canvas for all figures of a size in pixels."""
    return FigureCanvasAgg(None)


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
