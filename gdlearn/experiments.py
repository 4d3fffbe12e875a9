"""Experiments: a function that draws from parameters, and sliders that move them.

Without a kernel, as in the pages of the book, a picture of each setting is drawn beforehand and the sliders choose
among them in the browser. With one, each move calls the function. Which of the two is made, the environment
variable GDLEARN_FRAMES=1, set by the build of the book, decides; the notebook says the same in both.
"""

import html
import inspect
import itertools
import os

import ipywidgets as widgets
from IPython.display import HTML, Markdown
from matplotlib.figure import Figure

from . import generic
from ._controls import Control, choice_slider, live_slider
from ._images import card, png, webp

__all__ = ["Control", "experiment", "picture", "show_source"]
MOST_BYTES = 1_200_000  # of the frames of one experiment, as they stand in the page


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
    make = _frames if os.environ.get("GDLEARN_FRAMES") == "1" else _live
    sliders, picture, mode = make(draw, controls)
    for slider in sliders:
        slider.style.description_width = "initial"
        slider.layout = widgets.Layout(width="100%", max_width="560px")
    picture.add_class("downhill-picture")
    mode = widgets.HTML(f"<small>{mode}</small>").add_class("downhill-mode")
    return widgets.VBox([*sliders, picture, mode]).add_class("downhill-experiment")


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
    _check_drawn((figure, text))
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
        figure, text = _draw(draw, controls, setting)
        made[setting] = card(figure, text, "webp", webp(figure))
    different = dict.fromkeys(made.values())
    size = sum(map(len, different))
    if size > MOST_BYTES:
        raise ValueError(
            f"the {len(made)} frames of this experiment take {size / 1e6:.1f} MB of the page, more than"
            f" {MOST_BYTES / 1e6:.1f} MB: give the controls fewer values or draw less detail"
        )
    shared = widgets.Layout()
    frames = {shown: widgets.HTML(shown, layout=shared) for shown in different}
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
    picture = widgets.HTML(_shown(*_draw(draw, controls, [c.default for c in controls])))

    def move(_):
        setting = [slider.value for slider in sliders]
        try:
            picture.value = _shown(*_draw(draw, controls, setting))
        except Exception as error:
            picture.value = _failure(error, controls, setting)

    for slider in sliders:
        slider.observe(move, names="value")
    return sliders, picture, "Live: computed as you move."


def _shown(figure, text):
    return card(figure, text, "png", png(figure))


def _draw(draw, controls, setting):
    values = {c.name: value for c, value in zip(controls, setting, strict=True)}
    try:
        drawn = draw(**values)
        _check_drawn(drawn)
    except Exception as error:
        error.add_note(f"while drawing the experiment at {values}")
        raise
    return drawn


def _failure(error, controls, setting):
    """What stands in place of the picture when it could not be drawn."""
    at = ", ".join(
        f"{c.label} = {v:g}" if c.numeric else f"{c.label} = {v}" for c, v in zip(controls, setting, strict=True)
    )
    return (
        f'<div class="downhill-error" role="alert" style="line-height:1.45"><strong>{type(error).__name__}</strong>'
        f" at {html.escape(at)}: {html.escape(str(error))}</div>"
    )


def _check(draw, controls):
    if not 1 <= len(controls) <= 2 or not all(isinstance(c, Control) for c in controls):
        raise TypeError("an experiment takes one or two controls, each a Control(name, label, values)")
    names = [c.name for c in controls]
    if len(set(names)) < len(names):
        raise ValueError(f"the controls must have different names, got {names}")
    try:
        inspect.signature(draw).bind(**dict.fromkeys(names))
    except TypeError as error:
        raise TypeError(f"draw must be callable with the controls' names {names} and nothing else: {error}") from None


def _check_drawn(drawn):
    match drawn:
        case (Figure(), str(text)):
            if not any(character.isdigit() for character in text):
                raise ValueError(f"the text must say in numbers what the picture shows, got {text!r}")
        case _:
            raise TypeError(f"draw must return a matplotlib Figure and a text, got {drawn!r:.100}")
