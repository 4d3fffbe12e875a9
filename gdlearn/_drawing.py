"""What a drawing function must return, and what stands in place of its picture when it fails."""

import gc
import html
import inspect
import os
import threading
from contextlib import contextmanager

from matplotlib.figure import Figure

from ._images import card, png, webp

MOST_BYTES = 1_200_000  # of the frames of one experiment, as they stand in the page

# Objects, many more than a picture is made of, that are made before those that are garbage are looked for.
MANY_OBJECTS = 100_000

# JupyterLab brings the moves of two sliders in two threads, and matplotlib draws in one at a time.
ONE_AT_A_TIME = threading.RLock()


def without_kernel():
    """Whether pictures must be drawn beforehand, as for the pages of the book."""
    return os.environ.get("GDLEARN_FRAMES") == "1"


def check_takes(draw, names):
    """TypeError unless draw can be called with these names and no others."""
    try:
        inspect.signature(draw).bind(**dict.fromkeys(names))
    except TypeError as error:
        raise TypeError(f"draw must be callable with the controls' names {names} and nothing else: {error}") from None


def check_drawn(drawn):
    """TypeError or ValueError unless it is a figure and a text with numbers."""
    match drawn:
        case (Figure(), str(text)):
            if not any(character.isdigit() for character in text):
                raise ValueError(f"the text must say in numbers what the picture shows, got {text!r}")
        case _:
            raise TypeError(f"draw must return a matplotlib Figure and a text, got {drawn!r:.100}")


def drawn(draw, controls, setting):
    """The figure and the text at a setting; an error carries a note on where it happened."""
    values = {c.name: value for c, value in zip(controls, setting, strict=True)}
    try:
        made = draw(**values)
        check_drawn(made)
    except Exception as error:
        error.add_note(f"while drawing the experiment at {values}")
        raise
    return made


def frame(draw, controls, setting, live=False):
    """A picture at a setting as HTML: small for a page, quick with a kernel."""
    with ONE_AT_A_TIME, dying_young():
        return _frame(draw, controls, setting, live)


def _frame(draw, controls, setting, live):
    figure, text = drawn(draw, controls, setting)
    return card(figure, text, "png", png(figure)) if live else card(figure, text, "webp", webp(figure))


@contextmanager
def dying_young():
    """Free what is left behind here as soon as this ends.

    The parts of a figure hold each other, so that they stay until Python looks for them. What was not free when it
    did so twice counts as old, and the more of that there is, the sooner it looks through everything, which takes as
    long as several moves.
    """
    first, *rest = gc.get_threshold()
    gc.set_threshold(first and MANY_OBJECTS, *rest)  # 0 is never
    try:
        yield
    finally:
        gc.set_threshold(first, *rest)
        gc.collect(0)


def frame_or_failure(draw, controls, setting):
    """A picture drawn with a kernel, or the error that prevented it: never the picture of another setting."""
    try:
        return frame(draw, controls, setting, live=True)
    except Exception as error:
        return failure(error, controls, setting)


def check_weight(frames):
    """ValueError if the frames, each counted once, are too large for a page."""
    size = sum(map(len, set(frames)))
    if size > MOST_BYTES:
        raise ValueError(
            f"the {len(frames)} frames of this experiment take {size / 1e6:.1f} MB of the page, more than"
            f" {MOST_BYTES / 1e6:.1f} MB: give the controls fewer values or draw less detail"
        )


def failure(error, controls, setting):
    """What stands in place of the picture when it could not be drawn."""
    at = ", ".join(
        f"{c.label} = {v:g}" if c.numeric else f"{c.label} = {v}" for c, v in zip(controls, setting, strict=True)
    )
    return (
        f'<div class="downhill-error" role="alert" style="line-height:1.45"><strong>{type(error).__name__}</strong>'
        f" at {html.escape(at)}: {html.escape(str(error))}</div>"
    )
