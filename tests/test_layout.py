"""Room for labels, powers of ten, and the quick PNG: against matplotlib's own layout and Pillow's decoder."""

import io
from contextlib import nullcontext

import numpy as np
import pytest
from matplotlib.axis import Axis, XAxis
from PIL import Image

from gdlearn import _images, plotting
from gdlearn._images import _pixels, flat_png, png
from gdlearn._layout import power_of_ten


def panels(rows, columns, **options):
    fig, axes = plotting.figure(7.2, 4.5, columns=columns, rows=rows)
    for k, ax in enumerate(np.ravel(axes)):
        plotting.curve(ax, [0, 1], [1, 10.0 ** (k + 1)], "end", plotting.COLORS["SGD"])
        ax.set(xlabel="step t", ylabel="share of the error", title="A title" if k == 1 else "", **options)
    return fig, np.ravel(axes)


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_labels_are_inside_and_panels_are_about_where_matplotlib_puts_them(shape, scale):
    fig, axes = panels(*shape, yscale=scale)
    fig.draw_without_rendering()
    mine = np.array([ax.get_position().extents for ax in axes])
    for ax in axes:
        outer = ax.get_tightbbox()
        assert outer.min.min() >= 0
        assert np.all(outer.max <= fig.bbox.size)
    fig.set_layout_engine("constrained", h_pad=0.10, w_pad=0.12)
    fig.draw_without_rendering()
    theirs = np.array([ax.get_position().extents for ax in axes])
    assert np.abs(mine - theirs).max() < 0.025  # theirs adds 2 % of the width between columns


def test_panels_do_not_overlap_and_are_equally_large():
    fig, axes = panels(2, 2)
    fig.draw_without_rendering()
    boxes = [ax.get_tightbbox() for ax in axes]
    assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])
    sizes = np.array([ax.bbox.size for ax in axes])
    np.testing.assert_allclose(sizes, sizes[:1].repeat(4, axis=0), rtol=1e-9)


def test_drawing_twice_draws_the_same():
    fig, _ = panels(1, 2)
    assert png(fig) == png(fig)


def equal_and_tall():
    fig, axes = panels(1, 2)
    for adjustable, ax in zip(("box", "datalim"), axes, strict=True):
        ax.set_aspect(0.05, adjustable=adjustable)
    return fig, axes


def beside_a_color_bar():
    fig, ax = plotting.figure()
    fig.colorbar(ax.imshow([[0, 1], [2, 3]]), ax=ax)
    return fig, ax


@pytest.mark.parametrize(
    "make",
    [equal_and_tall, beside_a_color_bar, lambda: panels(2, 2, yscale="log", ylim=(1, 50)), lambda: panels(1, 1)],
)
def test_ticks_that_are_found_once_change_no_pixel(make, monkeypatch):
    once = png(make()[0])
    monkeypatch.setattr(_images, "ticks_found_once", lambda fig: nullcontext())
    assert png(make()[0]) == once


@pytest.mark.parametrize("options", [{}, {"yscale": "log"}, {"yscale": "log", "ylim": (1, 50)}])
def test_ticks_that_are_copied_change_no_pixel(options, monkeypatch):
    made, make = [], XAxis._get_tick
    monkeypatch.setattr(XAxis, "_get_tick", lambda axis, major: made.append(axis) or make(axis, major))
    fig, axes = panels(1, 2, **options)
    axes[0].set_xticks([0, 0.5, 1], ["none", "half", "all"])
    copied, few = png(fig), len(made)
    labels = axes[1].get_xticklabels()
    labels[0].set_fontsize(30)
    assert labels[1].get_fontsize() < 30
    monkeypatch.setattr(_images, "copy_ticks", lambda ax: None)
    fig, axes = panels(1, 2, **options)
    axes[0].set_xticks([0, 0.5, 1], ["none", "half", "all"])
    assert png(fig) == copied
    assert few < len(made) - few


def test_ticks_are_found_once_for_each_place_of_a_panel(monkeypatch):
    found, find = [], Axis._update_ticks
    monkeypatch.setattr(Axis, "_update_ticks", lambda axis: found.append(axis) or find(axis))
    fig, axes = panels(1, 2, yscale="log")
    png(fig)
    assert {found.count(axis) for ax in axes for axis in (ax.xaxis, ax.yaxis)} == {2}  # to measure, and to draw


def test_a_drawing_that_fails_leaves_the_axes_as_they_were(monkeypatch):
    fig, axes = panels(1, 1)
    monkeypatch.setattr(Axis, "draw", lambda axis, renderer: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        png(fig)
    assert "_update_ticks" not in vars(axes[0].xaxis)


def test_a_figure_of_the_same_size_finds_a_clean_canvas():
    first = png(panels(1, 1)[0])
    png(panels(1, 2, yscale="log")[0])
    assert png(panels(1, 1)[0]) == first


def test_a_figure_with_a_color_bar_is_left_to_matplotlib():
    fig, ax = beside_a_color_bar()
    fig.draw_without_rendering()
    assert not ax.get_tightbbox().overlaps(fig.axes[1].get_tightbbox())


@pytest.mark.parametrize(("value", "text"), [(1e-4, "10⁻⁴"), (1, "10⁰"), (1e12, "10¹²"), (0.1, "10⁻¹")])
def test_powers_of_ten(value, text):
    assert power_of_ten(value, None) == text


def test_powers_are_written_on_logarithmic_axes_and_own_labels_stay():
    fig, (left, right) = plotting.figure(columns=2)
    for ax in (left, right):
        plotting.curve(ax, [0, 1], [1e-6, 1], "", plotting.COLORS["SGD"])
        ax.set(yscale="log")
    right.set_yticks([1e-6, 1], ["a millionth", "all"])
    fig.draw_without_rendering()
    assert "10⁻⁴" in [text.get_text() for text in left.get_yticklabels()]
    assert [text.get_text() for text in right.get_yticklabels()] == ["a millionth", "all"]
    assert len(left.yaxis.get_minorticklocs()) == 0


@pytest.mark.parametrize(("high", "between"), [(10, 8), (100, 4), (101, 0)])
def test_few_decades_keep_their_ticks_in_between(high, between):
    fig, ax = plotting.figure()
    ax.set(yscale="log", ylim=(1, high))
    fig.draw_without_rendering()
    assert sum(1 < tick < high for tick in ax.yaxis.get_minorticklocs()) == between


@pytest.mark.parametrize("limit", [1.0, 13.0, 270.0, 0.00031])
def test_an_axis_has_few_ticks_which_are_one_two_or_five(limit):
    fig, ax = plotting.figure()
    ax.set(xlim=(-0.8 * limit, limit), ylim=(0, limit))
    ax.set_yticks([0, limit / 3])  # chosen by hand
    fig.draw_without_rendering()
    ticks = ax.get_xticks()
    step = np.diff(ticks)[0]
    assert 3 <= np.sum((ticks >= -0.8 * limit) & (ticks <= limit)) <= 7
    assert round(step / 10 ** np.floor(np.log10(step) + 1e-9)) in (1, 2, 5)
    assert list(ax.get_yticks()) == [0, limit / 3]


@pytest.mark.parametrize("shape", [(1, 1, 4), (3, 5, 4), (200, 301, 4)])
def test_flat_png_holds_the_colors_of_the_pixels(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(flat_png(pixels)))), pixels[:, :, :3])


def tinted():
    fig, ax = plotting.figure()
    plotting.contour(ax, lambda x, y: x**2 + 10 * y**2, (-10, 4), (-3, 3))
    return fig, ax


@pytest.mark.parametrize("make", [tinted, equal_and_tall, lambda: panels(1, 2), lambda: panels(2, 2, yscale="log")])
def test_without_filters_drawings_are_no_larger_than_with_those_that_pillow_finds(make):
    fig, _ = make()
    pixels, out = _pixels(fig), io.BytesIO()
    assert (pixels[:, :, 3] == 255).all()
    Image.fromarray(pixels).convert("RGB").save(out, "PNG", compress_level=1)
    assert len(flat_png(pixels)) <= len(out.getvalue())
