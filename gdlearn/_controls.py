"""What the reader moves: a quantity with its values, and the sliders made of it."""

from dataclasses import dataclass
from numbers import Integral, Real

import ipywidgets as widgets
import numpy as np

STEPS = 200  # of a logarithmic slider, about
BEAT = 700  # milliseconds for each value, when they are played


@dataclass(frozen=True)
class Control:
    """One quantity the reader moves.

    Parameters
    ----------
    name : str
        The argument of the drawing function.
    label : str
        What the reader sees, in plain text: "step size η".
    values : sequence of numbers or of strings
        The settings of the page; with a kernel, numbers give the ends of a continuous slider.
    default : number or str, optional
        The setting at the start, one of the values; the first of them if it is not given.
    format : str
        How a number is shown, as for `str.format`.
    play : bool
        Whether a button goes through the values one after the other, as for time.

    Raises
    ------
    ValueError
        If there are fewer than two values, two of them look the same, or the default is not among them.
    TypeError
        If the values are neither all numbers nor all strings.
    """

    name: str
    label: str
    values: tuple
    default: object = None
    format: str = "{:g}"
    play: bool = False

    def __post_init__(self):
        where = f"control {self.name!r}"
        values = tuple(v.item() if isinstance(v, np.generic) else v for v in self.values)
        if len(values) < 2:
            raise ValueError(f"{where}: values must hold at least two settings, got {list(values)}")
        if not self.label.strip():
            raise ValueError(f"{where}: label must not be empty, since it is the slider's name")
        numbers = [isinstance(v, Real) and not isinstance(v, bool) and np.isfinite(v) for v in values]
        if not all(numbers) and not all(isinstance(v, str) for v in values):
            raise TypeError(f"{where}: values must be all finite numbers or all strings, got {list(values)}")
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "default", values[0] if self.default is None else self.default)
        if self.default not in values:
            raise ValueError(f"{where}: default {self.default!r} is not one of the values {list(values)}")
        if len(set(self.texts)) < len(values):
            raise ValueError(f"{where}: some values look the same, {list(self.texts)}; give a format with more digits")

    @property
    def numeric(self):
        """Whether the values are numbers."""
        return not isinstance(self.values[0], str)

    @property
    def texts(self):
        """The values as the reader sees them."""
        return tuple(self.format.format(v) if self.numeric else v for v in self.values)


def choice_slider(control):
    """A slider over the values of a control."""
    options = list(zip(control.texts, control.values, strict=True))
    return widgets.SelectionSlider(options=options, value=control.default, description=control.label)


def live_slider(control):
    """A slider for use with a kernel: over all numbers between the smallest and the largest value, or the values."""
    if not control.numeric:
        return choice_slider(control)
    low, high = min(control.values), max(control.values)
    common = {"value": control.default, "description": control.label}
    whole, factors = all(isinstance(v, Integral) for v in control.values), _spaced_by_factors(control.values)
    if whole and factors:
        between = {round(v) for v in np.geomspace(low, high, STEPS)}
        return widgets.SelectionSlider(options=sorted(between.union(control.values)), **common)
    if whole:
        return widgets.IntSlider(min=low, max=high, **common)
    common["readout_format"] = ".3g"
    if factors:
        low, high, start = np.log10([low, high, control.default])
        steps = round(STEPS * (start - low) / (high - low))  # up to the default, which the slider would else round
        step = (start - low) / steps if steps else (high - low) / STEPS
        return widgets.FloatLogSlider(min=low, max=high, step=step, **common)
    return widgets.FloatSlider(min=low, max=high, step=10.0 ** np.floor(np.log10((high - low) / 100)), **common)


def with_button(control, slider, live):
    """The slider, beside a button that plays the values of its control if it asks for one."""
    if not control.play:
        return slider
    first = control.values.index(control.default)
    button = widgets.Play(value=first, min=0, max=len(control.values) - 1, interval=BEAT, show_repeat=False)
    if live:
        button.observe(lambda change: slider.set_trait("value", control.values[change.new]), names="value")
    else:
        widgets.jslink((button, "value"), (slider, "index"))
    return widgets.HBox([button, slider]).add_class("downhill-play")


def _spaced_by_factors(values):
    """Whether the steps between the values are more even on a logarithmic scale, over a decade or more."""
    values = np.sort(np.asarray(values, dtype=float))
    if values[0] <= 0 or values[-1] < 10 * values[0] or len(values) < 3:
        return False
    steps, factors = np.diff(values), np.diff(np.log(values))
    return np.std(factors) / np.mean(factors) < np.std(steps) / np.mean(steps)
