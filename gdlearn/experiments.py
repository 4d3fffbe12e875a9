"""Experiments: a function that draws from parameters, and sliders that move them.

Without a kernel, as in the pages of the book, a picture of each setting is drawn beforehand and the sliders choose
among them in the browser. With one, each move calls the function. Which of the two is made, the environment
variable GDLEARN_FRAMES=1, set by the build of the book, decides; the notebook says the same in both.
"""

import itertools

import ipywidgets as widgets
from IPython.display import HTML, Markdown

from . import generic
from ._controls import Control, choice_slider, live_slider, with_button
from ._drawing import ONE_AT_A_TIME, check_drawn, check_takes, check_weight, frame, frame_or_failure, without_kernel
from ._images import card, webp
from ._predict import predict
from ._questions import ask, choose

__all__ = ["Control", "ask", "choose", "experiment", "picture", "predict", "show_source"]


def experiment(draw, *controls):
    """Let the reader move one or two controls and see the picture they make.

    Parameters
    ----------
    draw : callable
        `draw(**values)` returns a matplotlib Figure and one or two sentences with the numbers seen in it. The text
        stands below the picture and is its alternative text.
    *controls : Control
        One or two.

    Returns
    -------
    ipywidgets.VBox
        The sliders, the picture, and a line that says whether it is computed or precomputed.

    Raises
    ------
    TypeError, ValueError
        If draw does not accept the controls, does not return what it should, or the frames are too large a page.
    """
    _check(draw, controls)
    live = not without_kernel()
    sliders, picture, mode = (_live if live else _frames)(draw, controls)
    for slider in sliders:
        slider.style.description_width = "initial"
        slider.layout = widgets.Layout(width="100%", max_width="560px")
    picture.add_class("downhill-picture")
    mode = widgets.HTML(f"<small>{mode}</small>").add_class("downhill-mode")
    rows = [with_button(control, slider, live) for control, slider in zip(controls, sliders, strict=True)]
    return widgets.VBox([*rows, picture, mode]).add_class("downhill-experiment")


def picture(figure, text):
    """Show one picture with its text, which is also its alternative text, as in an experiment.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    text : str
        One or two sentences with the numbers seen in the picture.

    Returns
    -------
    IPython.display.HTML
    """
    check_drawn((figure, text))
    return HTML(card(figure, text, "webp", webp(figure)))


def show_source(function, Record):
    """Show the kernel that a generic function runs for a class of records, from its source.

    Parameters
    ----------
    function : generic function
    Record : class

    Returns
    -------
    IPython.display.Markdown
    """
    return Markdown(f"```python\n{generic.source(function, Record).strip()}\n```")


def _frames(draw, controls):
    """Sliders over all settings, linked in the browser to a picture each."""
    made = {}
    for setting in itertools.product(*(c.values for c in controls)):
        made[setting] = frame(draw, controls, setting)
    check_weight(list(made.values()))
    shared = widgets.Layout()
    frames = {shown: widgets.HTML(shown, layout=shared) for shown in dict.fromkeys(made.values())}
    sliders = [choice_slider(c) for c in controls]
    picture = _stack({setting: frames[shown] for setting, shown in made.items()}, sliders, controls)
    between = " to try any value in between" if any(c.numeric for c in controls) else " to change the code"
    return sliders, picture, f"Precomputed: {len(made)} settings. Open the notebook{between}."


def _stack(frames, sliders, controls):
    """A Stack of the first control's values, of Stacks of the second's, each following its slider."""
    slider, rest = sliders[0], sliders[1:]
    children = []
    for value in controls[0].values:
        mine = {setting[1:]: frame for setting, frame in frames.items() if setting[0] == value}
        children.append(_stack(mine, rest, controls[1:]) if rest else mine[()])
    stack = widgets.Stack(children, selected_index=slider.index)
    widgets.jslink((slider, "index"), (stack, "selected_index"))
    return stack


def _live(draw, controls):
    """Sliders over all values in between, each move of which draws the picture anew."""
    sliders = [live_slider(c) for c in controls]
    picture = widgets.HTML(frame(draw, controls, [c.default for c in controls], live=True))

    def move(_):
        with ONE_AT_A_TIME:  # so that the values are those of now, and the last picture is that of the last values
            picture.value = frame_or_failure(draw, controls, [slider.value for slider in sliders])

    for slider in sliders:
        slider.observe(move, names="value")
    return sliders, picture, "Live: computed as you move."


def _check(draw, controls):
    if not 1 <= len(controls) <= 2 or not all(isinstance(c, Control) for c in controls):
        raise TypeError("an experiment takes one or two controls, each a Control(name, label, values)")
    names = [c.name for c in controls]
    if len(set(names)) < len(names):
        raise ValueError(f"the controls must have different names, got {names}")
    check_takes(draw, names)
