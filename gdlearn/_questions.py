"""Check yourself: questions that name the likely mistake and do not give the answer away."""

import ipywidgets as widgets

from ._drawing import without_kernel
from ._live import lettered, pick, question
from ._markup import FEEDBACK, choices, form, inline, secret
from ._mistakes import judge, number

TITLE, CHECK = "Check yourself", "Check"
RIGHT, NOT_YET = "Right.", "Not yet."
UNREAD = "Write a number, such as 0.25, 1/4 or 2.5e-3."
CHOOSE = "Choose an answer first."
FIELD = '<label class="downhill-field">Your answer <input type="text" inputmode="text" spellcheck="false"></label>'


def ask(prompt, answer, rtol=0.01, atol=0.0, mistakes=None):
    """Ask for a number; to a wrong one, name the likely mistake.

    Mistakes of the question itself come first, then those of a catalogue: sign, factor 2, inverse, square,
    percentage, natural or other logarithm, off by one and so on. Else the number is too large or too small.

    Parameters
    ----------
    prompt : str
        May hold $formulas$ and `code`.
    answer : float
    rtol, atol : float
        A number x is right if ``|x - answer| <= atol + rtol * |answer|``.
    mistakes : dict from float to str, optional
        Wrong numbers, each with a hint.

    Returns
    -------
    IPython.display.HTML or ipywidgets.VBox
        The first in a page, the second with a kernel.

    Raises
    ------
    ValueError
        If a number is not finite, a tolerance is negative, or a mistake would count as right.
    """
    judged = judge(answer, rtol, atol, mistakes)
    return _ask_page(prompt, judged) if without_kernel() else _ask_live(prompt, judged)


def choose(prompt, options, right):
    """Ask to choose one of several options; each has its own feedback.

    Parameters
    ----------
    prompt : str
        May hold $formulas$ and `code`, as options and feedback may.
    options : dict from str to str
        The feedback for each option, in the order in which they are shown.
    right : str
        The right option.

    Returns
    -------
    IPython.display.HTML or ipywidgets.VBox
        The first in a page, the second with a kernel.

    Raises
    ------
    ValueError
        If there are fewer than two options, one has no feedback, or the right one is not among them.
    """
    if len(options) < 2:
        raise ValueError(f"options must hold at least two, got {list(options)}")
    if silent := [option for option, feedback in options.items() if not feedback.strip()]:
        raise ValueError(f"options: give a feedback for {silent}")
    if right not in options:
        raise ValueError(f"right must be one of the options {list(options)}, got {right!r}")
    said = [f"{RIGHT if option == right else NOT_YET} {feedback}" for option, feedback in options.items()]
    if without_kernel():
        data = {"said": [inline(feedback) for feedback in said], "right": list(options).index(right)}
        return form("choose", TITLE, prompt, choices(options), CHECK, data=secret(data), after=FEEDBACK)
    return _choose_live(prompt, list(options), said)


def said_to(judged, written):
    """What the reader hears about what was written."""
    if (x := number(written)) is None:
        return UNREAD
    if judged.right(x):
        return RIGHT
    return f"{NOT_YET} {' Or: '.join(judged.hints(x))}"


def _ask_page(prompt, judged):
    words = {"right": RIGHT, "not": NOT_YET, "unread": UNREAD, "large": "Too large.", "small": "Too small."}
    tables = [[[wrong, inline(hint)] for wrong, hint in table] for table in (judged.own, judged.known)]
    data = {"answer": judged.answer, "rtol": judged.rtol, "atol": judged.atol, "tables": tables, "words": words}
    return form("ask", TITLE, prompt, FIELD, CHECK, data=secret(data), after=FEEDBACK)


def _ask_live(prompt, judged):
    field = widgets.Text(placeholder="a number", continuous_update=False, layout=widgets.Layout(width="14em"))
    button, feedback, check = _checking(lambda: said_to(judged, field.value))
    field.observe(check, names="value")
    return question(TITLE, prompt, widgets.HBox([field, button]), feedback)


def _choose_live(prompt, options, said):
    letters, *listed = lettered(options) if any("$" in option for option in options) else (options,)
    answer = pick(letters)
    button, feedback, _ = _checking(lambda: CHOOSE if answer.index is None else said[answer.index])
    return question(TITLE, prompt, *listed, answer, button, feedback)


def _checking(said):
    """A button, room for feedback, and what the button does: it shows what `said()` returns."""
    button, feedback = widgets.Button(description=CHECK), widgets.HTMLMath()

    def check(_):
        feedback.value = inline(said())

    button.on_click(check)
    return button, feedback, check
