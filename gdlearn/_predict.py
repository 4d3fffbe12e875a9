"""Predict, then look: the reader commits to an answer before the picture with the outcome appears."""

import ipywidgets as widgets

from ._controls import Control
from ._drawing import check_takes, check_weight, frame, frame_or_failure, without_kernel
from ._live import pick, question
from ._markup import choices, form

COMMIT, FORGET = "Commit", "Forget my answer"


def predict(draw, control):
    """Ask for a prediction; show it drawn against the outcome when the reader has committed to it.

    In a page each picture is drawn beforehand and hidden until then; the browser alone remembers the answer.

    Parameters
    ----------
    draw : callable
        `draw(**{control.name: guess})` returns a matplotlib Figure with the guess and the outcome in it, and one or
        two sentences with the numbers seen, as for `experiment`.
    control : Control
        Its label is the question, its values are what may be predicted; none is chosen beforehand.

    Returns
    -------
    IPython.display.HTML or ipywidgets.VBox
        The first in a page, the second with a kernel.

    Raises
    ------
    TypeError, ValueError
        If draw does not accept the control, does not return what it should, or the pictures are too large a page.
    """
    if not isinstance(control, Control):
        raise TypeError(f"control must be a Control(name, question, values), got {control!r:.100}")
    check_takes(draw, [control.name])
    return _page(draw, control) if without_kernel() else _live(draw, control)


def _page(draw, control):
    frames = [frame(draw, [control], [value]) for value in control.values]
    check_weight(frames)
    hidden = "".join(f"<template>{shown}</template>" for shown in frames)
    after = (
        f'<div class="downhill-outcome" tabindex="-1" hidden></div>'
        f'<button type="reset" class="downhill-button" hidden>{FORGET}</button>{hidden}'
    )
    return form("predict", "Predict", control.label, choices(control.texts), COMMIT, after=after)


def _live(draw, control):
    answer, button = pick(control.texts), widgets.Button(description=COMMIT, disabled=True)
    outcome = widgets.HTML().add_class("downhill-outcome")

    def choose(_):
        button.disabled = answer.index is None

    def press(_):
        if answer.disabled:  # an answer was given: forget it
            outcome.value, answer.disabled, answer.index, button.description = "", False, None, COMMIT
        else:
            answer.disabled, button.description = True, FORGET
            outcome.value = frame_or_failure(draw, [control], [control.values[answer.index]])

    answer.observe(choose, names="index")
    button.on_click(press)
    return question("Predict", control.label, answer, button, outcome)
