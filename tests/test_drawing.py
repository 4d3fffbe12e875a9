"""What is left of a picture once its bytes are made: nothing that Python would have to look for later."""

import gc
import weakref

import pytest

from gdlearn import plotting
from gdlearn._drawing import frame
from gdlearn.experiments import Control

RATES = Control("rate", "rate", [1, 2])


def test_a_figure_is_gone_when_its_picture_is_made():
    seen = []

    def draw(rate):
        fig, ax = plotting.figure(width=2, height=1)
        plotting.curve(ax, [0, rate], [0, 1], "", plotting.COLORS["SGD"])
        seen.append(weakref.ref(fig))
        return fig, f"The rate is {rate}."

    for rate in RATES.values:
        frame(draw, [RATES], [rate], live=True)
    assert [figure() for figure in seen] == [None, None]


def test_nothing_is_searched_for_while_a_picture_is_drawn():
    begun = []

    def draw(rate):
        gc.callbacks.append(note)
        made = [[] for _ in range(20_000)]  # of which 700 let Python look for what is garbage
        gc.callbacks.remove(note)
        assert len(made) == 20_000
        return plotting.figure(width=1, height=1)[0], f"The rate is {rate}."

    def note(phase, info):
        begun.append(info["generation"])

    frame(draw, [RATES], [1], live=True)
    assert begun == []


@pytest.mark.parametrize("thresholds", [(700, 10, 10), (0, 10, 10)])
def test_the_thresholds_are_those_from_before_after_an_error_too(thresholds):
    before = gc.get_threshold()
    try:
        gc.set_threshold(*thresholds)
        frame(lambda rate: (plotting.figure(width=1, height=1)[0], f"{rate}"), [RATES], [1], live=True)
        assert gc.get_threshold() == thresholds
        with pytest.raises(ZeroDivisionError):
            frame(lambda rate: rate / 0, [RATES], [1], live=True)
        assert gc.get_threshold() == thresholds
    finally:
        gc.set_threshold(*before)
