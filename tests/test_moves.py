"""The experiments and predictions of the chapters draw at the ends of their sliders, and at values in between."""

import numpy as np
import pytest

import moves
from gdlearn._controls import live_slider
from gdlearn._drawing import frame

pytestmark = pytest.mark.long_in_python("whole chapters")


def reachable(control, kind):
    """What the reader can set with a kernel: the ends, what the slider makes of values in between, or all values."""
    if kind == "predict" or not control.numeric:
        return control.values
    slider, low, high = live_slider(control), min(control.values), max(control.values)
    between = [low + 0.37 * (high - low), low + 0.0371 * (high - low), np.sqrt(max(low, 1e-3) * max(high, 1e-3))]
    values = []
    for value in (low, high, *between):
        options = getattr(slider, "options", None)
        slider.value = min(options, key=lambda option: abs(option - value)) if options else type(slider.value)(value)
        values.append(slider.value)
    return values


@pytest.mark.parametrize("notebook", moves.NOTEBOOKS, ids=lambda path: path.stem)
def test_each_control_draws_at_what_it_can_reach(notebook):
    made = moves.found(notebook)
    assert made
    for draw, controls, kind in made:
        default = [control.default for control in controls]
        for k, control in enumerate(controls):
            for value in reachable(control, kind):
                setting = [*default[:k], value, *default[k + 1 :]]
                assert "<img alt=" in frame(draw, controls, setting, live=True), (draw.__name__, setting)
