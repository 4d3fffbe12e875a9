"""Experiments: what the reader sees at each setting, with a kernel and without one."""

import base64
import html.parser
import io
import re
from dataclasses import dataclass, field

import ipywidgets as widgets
import numpy as np
import pytest
from ipywidgets import embed
from PIL import Image

import gdlearn as gd
from gdlearn import _drawing, plotting
from gdlearn._images import webp
from gdlearn.experiments import Control, experiment, picture, show_source

RATES = [0.05, 0.1, 0.19, 0.21]
SIZES = [1, 10, 100]


def draw(rate, size=10):
    """A quick picture that differs from one setting to the next."""
    fig, ax = plotting.figure(width=2, height=1)
    plotting.curve(ax, [0, 1], [rate, size], "", plotting.COLORS["SGD"])
    return fig, f"The rate is {rate:g} < 1 & the size is {size:g}."


@dataclass
class Card(html.parser.HTMLParser):
    """What is seen of a frame: the image's pixels, its alternative text, the line below."""

    source: str
    alt: str = ""
    caption: str = ""
    inside: list = field(default_factory=list)

    def __post_init__(self):
        super().__init__()
        self.feed(self.source)

    def handle_starttag(self, tag, attributes):
        self.inside.append(tag)
        if tag == "img":
            self.attributes = dict(attributes)
            self.alt = self.attributes["alt"]

    def handle_data(self, data):
        if self.inside[-1] == "figcaption":
            self.caption += data

    @property
    def pixels(self):
        return decode(base64.b64decode(self.attributes["src"].partition("base64,")[2]))


def decode(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.fixture
def frames(monkeypatch):
    monkeypatch.setenv("GDLEARN_FRAMES", "1")


@pytest.fixture
def live(monkeypatch):
    monkeypatch.delenv("GDLEARN_FRAMES", raising=False)


def rate(**options):
    return Control("rate", "step size η", RATES, **options)


def size(**options):
    return Control("size", "batch size", SIZES, **options)


def links(box):
    """(slider, stack) for each link that works in the browser alone, read from what is written into a page."""
    state = embed.dependency_state(box)
    ends = {f"IPY_MODEL_{w.model_id}": w for w in parts(box)}
    found = [model["state"] for model in state.values() if model["model_name"] == "LinkModel"]
    assert all((link["source"][1], link["target"][1]) == ("index", "selected_index") for link in found)
    return {(ends[link["source"][0]], ends[link["target"][0]]) for link in found}


def parts(widget):
    """The widget and all that it holds."""
    return [widget, *(part for child in getattr(widget, "children", ()) for part in parts(child))]


def classes(widget):
    return widget._dom_classes


# Without a kernel


@pytest.mark.usefixtures("frames")
def test_one_control_chooses_among_all_pictures():
    box = experiment(draw, rate(default=0.1))
    slider, stack, mode = box.children
    assert [type(part) for part in box.children] == [widgets.SelectionSlider, widgets.Stack, widgets.HTML]
    assert slider.options == (("0.05", 0.05), ("0.1", 0.1), ("0.19", 0.19), ("0.21", 0.21))
    assert slider.description == "step size η"
    assert slider.readout
    assert slider.index == stack.selected_index == 1
    assert len(stack.children) == 4
    assert links(box) == {(slider, stack)}
    assert "Precomputed: 4 settings. Open the notebook to try any value in between." in mode.value
    assert "downhill-experiment" in classes(box)
    assert "downhill-picture" in classes(stack)
    assert "downhill-mode" in classes(mode)


@pytest.mark.usefixtures("frames")
def test_each_frame_is_the_picture_of_its_value():
    stack = experiment(draw, rate()).children[1]
    for value, frame in zip(RATES, stack.children, strict=True):
        card, (fig, text) = Card(frame.value), draw(value)
        np.testing.assert_array_equal(card.pixels, decode(webp(fig)))
        assert card.pixels.shape == (200, 400, 3)
        assert card.alt == card.caption == text
        assert f"{value:g}" in card.alt
        assert "&lt; 1 &amp; the" in frame.value
        assert (card.attributes["width"], card.attributes["height"]) == ("200", "100")
    assert len({Card(frame.value).pixels.tobytes() for frame in stack.children}) == 4


@pytest.mark.usefixtures("frames")
def test_two_controls_nest():
    box = experiment(draw, rate(default=0.19), size(default=100))
    first, second, outer, mode = box.children
    assert outer.selected_index == first.index == 2
    assert len(outer.children) == 4
    assert links(box) == {(first, outer), *((second, inner) for inner in outer.children)}
    for value, inner in zip(RATES, outer.children, strict=True):
        assert inner.selected_index == second.index == 2
        for number, frame in zip(SIZES, inner.children, strict=True):
            assert Card(frame.value).alt == draw(value, number)[1]
    assert "12 settings" in mode.value


@pytest.mark.usefixtures("frames")
def test_equal_frames_are_one_widget_and_all_share_a_layout():
    def written():
        """The widgets that a page would hold: all that were made, shown or not."""
        return sum(w["model_name"] == "HTMLModel" for w in widgets.Widget.get_manager_state()["state"].values())

    before = written()

    def draw_half(rate, size):
        return draw(rate, min(size, 10))

    outer = experiment(draw_half, rate(), size()).children[2]
    frames = [frame for inner in outer.children for frame in inner.children]
    assert len(frames) == 12
    assert len(set(frames)) == 8
    assert outer.children[0].children[1] is outer.children[0].children[2]
    assert len({frame.layout for frame in frames}) == 1
    assert written() - before == 8 + 1  # the frames and the line on the mode


@pytest.mark.usefixtures("frames")
def test_words_are_settings_too():
    slider, _, mode = experiment(
        lambda method: draw(len(method)), Control("method", "method", ["SGD", "momentum"], default="momentum")
    ).children
    assert slider.options == (("SGD", "SGD"), ("momentum", "momentum"))
    assert slider.index == 1
    assert "any value in between" not in mode.value


@pytest.mark.usefixtures("frames")
def test_an_experiment_that_weighs_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(_drawing, "MOST_BYTES", 3_000)
    with pytest.raises(ValueError, match=r"4 frames .* MB .* fewer values"):
        experiment(draw, rate())


@pytest.mark.parametrize("mode", ["frames", "live"])
def test_an_error_at_the_start_is_raised_and_says_where(request, mode):
    request.getfixturevalue(mode)
    with pytest.raises(ZeroDivisionError) as caught:
        experiment(lambda rate: 1 / 0, rate())
    assert caught.value.__notes__ == ["while drawing the experiment at {'rate': 0.05}"]


# With a kernel


@pytest.mark.usefixtures("live")
def test_only_the_default_is_drawn_at_the_start():
    drawn = []
    experiment(lambda rate: drawn.append(rate) or draw(rate), rate(default=0.19))
    assert drawn == [0.19]


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize("value", [0.05, 0.1234, 0.21])
def test_a_move_draws_the_real_value(value):
    slider, shown, mode = experiment(draw, rate(default=0.1)).children
    assert Card(shown.value).alt == draw(0.1)[1]
    slider.value = value
    assert Card(shown.value).alt == Card(shown.value).caption == draw(value)[1]
    assert mode.value == "<small>Live: computed as you move.</small>"
    assert "downhill-picture" in classes(shown)


@pytest.mark.usefixtures("live")
def test_two_controls_move_independently():
    first, second, shown, _ = experiment(draw, rate(), size()).children
    first.value, second.value = 0.2, 100
    assert Card(shown.value).alt == draw(0.2, 100)[1]


def slider_over(values, drawn):
    """The live slider over values, the second of which is the default; what it asks to draw is remembered."""

    def remember(x):
        drawn.append(x)
        return plotting.figure(width=1, height=1)[0], "1"

    return experiment(remember, Control("x", "x", values, default=values[1])).children[0]


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(
    ("values", "kind", "between"),
    [
        ([0.1, 0.2, 0.3], widgets.FloatSlider, 0.123),
        ([0.3, 0.2, 0.1], widgets.FloatSlider, 0.123),
        ([0.02, 0.05, 0.1, 0.15, 0.19, 0.2, 0.21], widgets.FloatSlider, 0.2001),
        ([-1.0, 0.0, 10.0], widgets.FloatSlider, -0.5),
        ([0.001, 0.01, 0.1, 1.0], widgets.FloatLogSlider, 0.5),
        ([0.01, 0.03, 0.1, 0.3, 1], widgets.FloatLogSlider, 0.02),
        ([0, 5, 10], widgets.IntSlider, 7),
        (np.arange(1, 30), widgets.IntSlider, 17),
        ([1, 32, 256, 1024], widgets.SelectionSlider, 2),
    ],
)
def test_the_live_slider_takes_all_values_in_between(values, kind, between):
    drawn = []
    slider = slider_over(values, drawn)
    assert type(slider) is kind
    for value in [min(values), between, max(values)]:
        slider.value = value
        assert drawn[-1] == pytest.approx(value, rel=1e-12)
        assert type(drawn[-1]) in (int, float)
    assert len(drawn) == len(set(drawn))  # each value is drawn once


@pytest.mark.usefixtures("live")
def test_words_stay_settings_with_a_kernel():
    drawn = []
    slider = slider_over(["SGD", "momentum", "Nesterov"], drawn)
    slider.index = 2
    assert drawn == ["momentum", "Nesterov"]


def fragile(rate):
    if rate > 0.2:
        raise ValueError(f"a rate of {rate} is > 0.2 <b>really</b>")
    if rate > 0.15:
        return "no figure"
    return draw(rate)


@pytest.mark.usefixtures("live")
def test_an_error_takes_the_place_of_the_picture_until_the_next_good_value():
    slider, shown, _ = experiment(fragile, rate()).children
    slider.value = 0.205
    assert "img" not in shown.value
    assert "<strong>ValueError</strong> at step size η = 0.205" in shown.value
    assert "a rate of 0.205 is &gt; 0.2 &lt;b&gt;really&lt;/b&gt;" in shown.value
    slider.value = 0.16
    assert "<strong>TypeError</strong> at step size η = 0.16" in shown.value
    assert "must return a matplotlib Figure and a text" in shown.value
    slider.value = 0.15
    assert Card(shown.value).alt == draw(0.15)[1]


@pytest.mark.usefixtures("live")
def test_a_warning_made_an_error_is_shown_too():
    def warn(rate):
        if rate > 0.1:
            np.float64(1e308) * np.array([10.0])
        return draw(rate)

    slider, shown, _ = experiment(warn, rate()).children
    slider.value = 0.2
    assert "RuntimeWarning" in shown.value


# Played


@pytest.mark.usefixtures("frames")
def test_a_button_plays_the_frames_in_the_browser():
    row, stack, _ = experiment(draw, rate(default=0.1, play=True)).children
    button, slider = row.children
    assert isinstance(button, widgets.Play)
    assert (button.min, button.value, button.max) == (0, 1, 3)
    models = {model["model_name"]: model["state"] for model in embed.dependency_state(row).values()}
    assert models["LinkModel"]["source"] == [f"IPY_MODEL_{button.model_id}", "value"]
    assert models["LinkModel"]["target"] == [f"IPY_MODEL_{slider.model_id}", "index"]
    assert stack.selected_index == 1


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize("values", [RATES, [0, 5, 10], [1, 32, 256, 1024], ["SGD", "momentum"], [0.01, 0.1, 1.0]])
def test_a_button_plays_the_declared_values_with_a_kernel(values):
    drawn = []

    def remember(x):
        drawn.append(x)
        return plotting.figure(width=1, height=1)[0], "1"

    button = experiment(remember, Control("x", "x", values, play=True)).children[0].children[0]
    for k in range(1, len(values)):
        button.value = k
    assert drawn == pytest.approx(values) if values != ["SGD", "momentum"] else drawn == values


# Both


@pytest.mark.parametrize("mode", ["frames", "live"])
def test_diverging_iterates_make_pictures(request, mode):
    request.getfixturevalue(mode)

    def descend(rate):
        with np.errstate(all="ignore"):
            path = np.array([(-9.0, 1.2) * (1 - rate * np.array([1.0, 1000.0])) ** t for t in range(400)])
        fig, ax = plotting.figure(width=2, height=1)
        plotting.contour(ax, lambda x, y: x**2 + y**2, (-10, 10), (-3, 3))
        plotting.trajectory(ax, path, "gradient descent", "#0072B2")
        return fig, f"After 400 steps: {path[-1, 1]:g}."

    box = experiment(descend, rate())
    slider, shown, _ = box.children
    if mode == "live":
        slider.value = RATES[-1]
    text = shown.value if mode == "live" else shown.children[-1].value
    assert re.search(r"After 400 steps: (nan|-?inf)", text)


@pytest.mark.parametrize("mode", ["frames", "live"])
@pytest.mark.parametrize(
    ("function", "controls", "error", "message"),
    [
        (draw, [], TypeError, "one or two controls"),
        (lambda a, b, c: None, [Control(n, n, [1, 2]) for n in "abc"], TypeError, "one or two controls"),
        (draw, [RATES], TypeError, "one or two controls"),
        (draw, [rate(), rate()], ValueError, "different names"),
        (lambda eta: draw(eta), [rate()], TypeError, r"names \['rate'\]"),
        (lambda rate, eta: draw(eta), [rate()], TypeError, "missing a required argument: 'eta'"),
        (lambda rate: None, [rate()], TypeError, "must return a matplotlib Figure and a text, got None"),
        (lambda rate: draw(rate)[0], [rate()], TypeError, "a Figure|a text"),
        (lambda rate: (draw(rate)[0], 3), [rate()], TypeError, "a text"),
        (lambda rate: (draw(rate)[0], "It falls."), [rate()], ValueError, "in numbers"),
    ],
)
def test_experiment_refuses(request, mode, function, controls, error, message):
    request.getfixturevalue(mode)
    with pytest.raises(error, match=message):
        experiment(function, *controls)


# Single pictures and source


def test_picture_is_a_frame_of_its_own():
    card = Card(picture(*draw(0.1)).data)
    assert card.alt == card.caption == draw(0.1)[1]
    np.testing.assert_array_equal(card.pixels, decode(webp(draw(0.1)[0])))
    with pytest.raises(ValueError, match="in numbers"):
        picture(draw(0.1)[0], "no number")


def test_show_source_shows_the_kernel():
    shown = show_source(gd.losses.slope, gd.SquaredError).data
    assert shown.startswith("```python\n@slope.kernel(SquaredError)\ndef ")
    assert shown.endswith("\n```")
