"""Pictures: what is drawn, where names stand, and that nothing warns when iterates diverge."""

import io
import itertools
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from gdlearn import _landscape, plotting
from gdlearn._geometry import leave, spread, until_it_leaves
from gdlearn._images import few_colors, png, webp
from gdlearn._labels import EndLabel, NameRow

BLUE = plotting.COLORS["gradient descent"]


def bowl(x, y):
    return (x**2 + 10 * y**2) / 2


def landscape():
    fig, ax = plotting.figure()
    plotting.contour(ax, bowl, (-10, 4), (-3, 3))
    return fig, ax


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def descent(rate, steps, beta=0.0):
    """Gradient descent on the bowl, in plain floating point, whatever becomes of it."""
    path = [np.array([-9.0, 1.2])] * 2
    with np.errstate(all="ignore"):
        for _ in range(steps):
            path.append(path[-1] - rate * np.array([1.0, 10.0]) * path[-1] + beta * (path[-1] - path[-2]))
    return np.array(path[1:])


# The figure


def test_figure_has_the_panels_and_the_size_asked_for():
    assert plotting.figure()[1].get_facecolor() == mpl.colors.to_rgba("#FBFAF7")
    assert plotting.figure(columns=3)[1].shape == (3,)
    assert plotting.figure(rows=2)[1].shape == (2,)
    assert plotting.figure(columns=3, rows=2)[1].shape == (2, 3)
    assert pixels(png(plotting.figure(width=7, height=4)[0])).shape == (800, 1400, 3)


@pytest.mark.parametrize("size", [{"width": 0}, {"height": -1}, {"height": np.nan}, {"columns": 0}, {"rows": 0}])
def test_figure_refuses(size):
    with pytest.raises(ValueError, match=next(iter(size))):
        plotting.figure(**size)


def test_no_global_state_is_changed():
    settings = [name for name in mpl.rcParams if name != "backend"]  # looking at this one would choose one
    before = [mpl.rcParams[name] for name in settings]
    fig, ax = landscape()
    plotting.trajectory(ax, descent(0.19, 30), "gradient descent", BLUE)
    webp(fig)
    assert [mpl.rcParams[name] for name in settings] == before


def test_drawing_leaves_the_figure_as_it_was():
    fig = Figure(dpi=72)
    canvas = fig.canvas
    assert pixels(png(fig)).shape == (960, 1280, 3)
    assert fig.dpi == 72
    assert fig.canvas is canvas


def test_a_notebook_shows_a_figure_at_half_its_pixels():
    data, metadata = plotting.figure(width=5)[0]._repr_png_()
    assert pixels(data).shape[1] == 1000
    assert metadata == {"width": 500}


# Landscape and path


def test_fourteen_levels_are_spaced_by_one_factor_over_four_decades():
    np.testing.assert_allclose(_landscape.levels(3.0), [3e-4 * 10 ** (k * 4 / 14) for k in range(15)], rtol=1e-14)


def test_the_levels_are_those_that_are_drawn():
    """On a plane, where the straight lines between the points of matplotlib's grid are exact."""
    _, ax = plotting.figure()
    plotting.contour(ax, lambda x, y: 2 * x + y, (-1, 3), (0, 4))
    regions, lines = ([path.vertices @ [2, 1] + 2 for path in drawn.get_paths()] for drawn in ax.collections)
    levels = _landscape.levels(12.0)
    for heights, level in zip(lines, levels[:-1], strict=True):
        np.testing.assert_allclose(heights, level, rtol=0, atol=1e-14)
    edges = [(heights.min(), heights.max()) for heights in regions]
    np.testing.assert_allclose(edges, np.column_stack([[0, *levels[:-1]], levels]), rtol=0, atol=1e-14)
    assert ax.get_xlim() == (-1, 3)
    assert ax.get_ylim() == (0, 4)


def test_the_lines_of_a_landscape_are_found_once():
    hits = _landscape.outlines.cache_info().hits
    first, again = landscape(), landscape()
    assert _landscape.outlines.cache_info().hits > hits
    assert png(first[0]) == png(again[0])
    _, ax = plotting.figure()
    plotting.contour(ax, lambda x, y: bowl(x, y) + 1e-9 * x, (-10, 4), (-3, 3))
    assert ax.collections[1].get_paths()[0] is not first[1].collections[1].get_paths()[0]


def test_contour_draws_a_function_that_is_not_finite_everywhere():
    fig, ax = plotting.figure()
    plotting.contour(ax, lambda x, y: np.log(x) + np.exp(1000 * y), (-1, 1), (0, 1))
    assert len(np.unique(pixels(png(fig)).astype(int) @ [65536, 256, 1])) > 10


@pytest.mark.parametrize(
    ("f", "xlim", "message"),
    [
        (lambda x, y: 1.0, (0, 1), "vectorize"),
        (lambda x, y: 0 * x, (0, 1), "two different"),
        (lambda x, y: x * np.nan, (0, 1), "two different"),
        (bowl, (1, 0), "xlim"),
        (bowl, (0, np.inf), "xlim"),
        (bowl, 3, "xlim"),
    ],
)
def test_contour_refuses(f, xlim, message):
    with pytest.raises(ValueError, match=message):
        plotting.contour(plotting.figure()[1], f, xlim, (0, 1))


def test_trajectory_goes_through_all_iterates_and_marks_both_ends():
    _, ax = landscape()
    path = descent(0.15, 30)
    plotting.trajectory(ax, path, "gradient descent", BLUE)
    line, end, start = ax.lines
    np.testing.assert_array_equal(line.get_xydata(), path)
    np.testing.assert_array_equal(start.get_xydata()[0], path[0])
    np.testing.assert_array_equal(end.get_xydata()[0], path[-1])


@pytest.mark.parametrize(
    ("rate", "steps", "beta"),
    [(0.201, 5000, 0.0), (0.21, 30, 0.0), (0.5, 300, 0.9), (100.0, 1, 0.0), (100.0, 500, 0.9), (1e150, 30, 0.0)],
)
def test_a_diverging_trajectory_stays_in_the_picture_without_a_warning(rate, steps, beta):
    fig, ax = landscape()
    path = descent(rate, steps, beta)
    plotting.trajectory(ax, path, "gradient descent", BLUE)
    drawn = ax.lines[0].get_xydata()
    assert np.isfinite(drawn).all()
    assert ax.get_xlim() == (-10, 4)
    assert (np.abs(drawn[-1]) <= [10, 3]).all()
    png(fig)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300, 1.7e308])
def test_a_path_with_any_kind_of_bad_value_is_drawn(bad):
    for path in ([[0, 0], [1, 1], [bad, 0]], [[0, 0], [0, bad], [1, 1]], [[50, 50], [-50, bad]], [[0, 0], [bad, bad]]):
        fig, ax = landscape()
        plotting.trajectory(ax, path, "", BLUE)
        png(fig)


def test_a_path_ends_where_it_leaves_for_good():
    low, high = np.array([-1.0, -1.0]), np.array([1.0, 1.0])
    path, left = until_it_leaves(np.array([[0, 0], [3, 0], [0, 0.5], [0, 4.5], [9, 9]]), low, high)
    np.testing.assert_allclose(path, [[0, 0], [3, 0], [0, 0.5], [0, 1]])
    assert left
    path, left = until_it_leaves(np.array([[0, 0], [3, 0], [0.1, 0.5]]), low, high)
    assert len(path) == 3
    assert not left


def test_leave_finds_the_edge():
    np.testing.assert_allclose(leave(np.zeros(2), np.array([4.0, 2.0]), [-1, -1], [1, 1]), [1, 0.5])
    np.testing.assert_allclose(leave(np.zeros(2), np.array([0.0, -1e100]), [-1, -1], [1, 1]), [0, -1])
    np.testing.assert_allclose(leave(np.ones(2), np.ones(2), [-1, -1], [1, 1]), [1, 1])


@pytest.mark.parametrize(
    ("path", "message"),
    [(np.zeros(3), "shape"), (np.zeros((4, 3)), "shape"), (np.zeros((0, 2)), "shape"), ([[np.nan, 0]], "start")],
)
def test_trajectory_refuses(path, message):
    with pytest.raises(ValueError, match=message):
        plotting.trajectory(landscape()[1], path, "", BLUE)


def test_trajectory_asks_for_limits():
    with pytest.raises(ValueError, match="contour"):
        plotting.trajectory(plotting.figure()[1], np.zeros((2, 2)), "", BLUE)


def test_trajectories_are_named_in_one_row_that_fits():
    fig, ax = landscape()
    plotting.trajectory(ax, descent(0.1, 9), "gradient descent", BLUE)
    plotting.trajectory(ax, descent(0.1, 9), "", BLUE)
    plotting.trajectory(ax, descent(0.1, 9, 0.5), "momentum", plotting.COLORS["momentum"])
    ax.set_title("A title above the names")
    png(fig)
    (row,) = [artist for artist in ax.artists if isinstance(artist, NameRow)]
    assert [text.get_text() for text in row.get_texts()] == ["gradient descent", "momentum"]
    assert [text.get_color() for text in row.get_texts()] == [BLUE, plotting.COLORS["momentum"]]
    boxes = [ax.bbox, row.get_window_extent(), ax.title.get_window_extent()]
    assert boxes[0].y1 <= boxes[1].y0 + 1 < boxes[1].y1 <= boxes[2].y0 + 1 < boxes[2].y1 <= fig.bbox.y1


# Curves and their names


def names_of(fig, ax):
    """The boxes of the names, in pixels, after drawing."""
    fig.draw_without_rendering()
    return {text.get_text(): text.get_window_extent() for text in ax.texts if isinstance(text, EndLabel)}


def test_names_stand_beside_the_ends_and_do_not_overlap():
    fig, ax = plotting.figure()
    x = np.arange(50)
    for k, name in enumerate(["gradient descent", "momentum", "Nesterov", "SGD"]):
        plotting.curve(ax, x, np.exp(-x / 10) + 0.001 * k, name, plotting.COLORS[name])
    plotting.theory(ax, x, np.exp(-x / 10), "theory")
    boxes = sorted(names_of(fig, ax).values(), key=lambda box: box.y0)
    assert len(boxes) == 5
    assert all(below.y1 <= above.y0 + 1 for below, above in itertools.pairwise(boxes))
    assert all(box.x0 > ax.bbox.x1 - 10 and box.x1 < fig.bbox.x1 for box in boxes)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_the_name_of_a_curve_that_leaves_stands_where_it_does(scale):
    fig, ax = plotting.figure()
    ax.set(ylim=(0.5, 8), yscale=scale)
    plotting.curve(ax, np.arange(100), 2.0 ** np.arange(100), "SGD", BLUE)
    box = names_of(fig, ax)["SGD"]
    leaves = ax.transData.transform([3, 8])
    assert abs(box.x0 - leaves[0]) < 30
    assert abs(box.y1 - leaves[1]) < 30


def test_the_axes_stand_still_wherever_a_curve_ends():
    places = []
    for growth in (0.9, 1.5, np.inf):
        fig, ax = plotting.figure()
        ax.set(xlim=(0, 20), ylim=(0, 2))
        with np.errstate(over="ignore"):
            plotting.curve(ax, np.arange(20), growth ** np.arange(20.0), "gradient descent", BLUE)
        names_of(fig, ax)
        places.append(ax.bbox.extents)
    np.testing.assert_allclose(places[1:], [places[0]] * 2, atol=2)


def test_a_curve_outside_the_picture_has_no_name_in_it():
    colored = {}
    for x in (0, 5):
        fig, ax = plotting.figure()
        ax.set(xlim=(0, 1), ylim=(0, 1))
        plotting.curve(ax, [x, x + 0.5], [0.5, 0.5], "far", BLUE)
        colored[x] = (pixels(png(fig)) == (0, 0x72, 0xB2)).all(axis=2).sum()
    assert colored[0] > 500
    assert colored[5] == 0


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300, -1e300, 0.0])
def test_curves_with_bad_values_are_drawn_without_a_warning(scale, bad):
    for limits in ((0.1, 10), None):
        fig, ax = plotting.figure()
        ax.set_yscale(scale)
        if limits:
            ax.set_ylim(*limits)
        plotting.curve(ax, np.arange(4), [1, 2, bad, 3], "momentum", BLUE)
        plotting.theory(ax, np.arange(4), [1, bad, bad, bad], "theory")
        plotting.band(ax, np.arange(4), [[1, 2, 3, 4], [1, 2, bad, bad]], "SGD", BLUE)
        png(fig)


@pytest.mark.parametrize(("x", "y"), [([1, 2], [1]), ([[1]], [[1]]), ([np.nan], [1]), (3.0, 4.0)])
def test_curve_refuses(x, y):
    with pytest.raises(ValueError, match="x "):
        plotting.curve(plotting.figure()[1], x, y, "", BLUE)


def test_several_panels_are_not_axes():
    with pytest.raises(TypeError, match="several panels pass one"):
        plotting.curve(plotting.figure(columns=2)[1], [1], [1], "", BLUE)


def test_band_is_between_the_quantiles():
    _, ax = plotting.figure()
    runs = np.tile(np.arange(11.0)[:, None], 5) * np.arange(1, 6)
    plotting.band(ax, np.arange(5), runs, "SGD", BLUE)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), 5 * np.arange(1, 6))
    edges = ax.collections[0].get_paths()[0].vertices
    for x in range(5):
        at = edges[edges[:, 0] == x, 1]
        np.testing.assert_allclose([at.min(), at.max()], [1 * (x + 1), 9 * (x + 1)])


def test_a_diverged_run_counts_as_the_worst():
    _, ax = plotting.figure()
    plotting.band(ax, [0], [[1.0], [2.0], [np.nan], [np.inf], [3.0]], "SGD", BLUE)
    assert ax.lines[0].get_ydata() == [3.0]


@pytest.mark.parametrize("runs", [np.zeros(3), np.zeros((0, 3)), np.zeros((2, 4))])
def test_band_refuses(runs):
    with pytest.raises(ValueError, match="seeds, n"):
        plotting.band(plotting.figure()[1], np.arange(3), runs, "", BLUE)


def test_loss_curve_shows_the_gap_by_epoch():
    _, ax = plotting.figure()
    run = SimpleNamespace(history=SimpleNamespace(objective=np.array([9.0, 3.0, 2.0, 1.0])))
    plotting.loss_curve(ax, run, "gradient descent", BLUE, floor=1.0)
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[0, 8], [1, 2], [2, 1]])
    assert ax.get_yscale() == "log"


def test_a_note_is_written_in_the_style():
    fig, ax = plotting.figure()
    plotting.note(ax, 0.5, 0.5, "a remark")
    assert ax.texts[0].get_family() == plotting.FONTS
    png(fig)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=6), st.floats(0.1, 50), st.floats(-500, 500))
def test_spread_is_the_projection_on_what_keeps_order_distance_and_bounds(heights, gap, low):
    heights, ranks = np.sort(heights), np.arange(len(heights))
    high = low + 100 + gap * ranks[-1]
    spaced = spread(heights, gap, low, high)
    assert low - 1e-9 <= spaced.min() <= spaced.max() <= high + 1e-9
    assert (np.diff(spaced) >= gap - 1e-9).all()
    for k in range(len(heights) + 1):  # the corners of that set: k names at the bottom, the others on top
        corner = np.where(ranks < k, low, high - gap * ranks[-1]) + gap * ranks
        assert (heights - spaced) @ (corner - spaced) <= 1e-6


def test_spread_gives_back_the_order_it_got():
    np.testing.assert_allclose(spread([5, 0, 5.5], 1, 0, 9), [4.75, 0, 5.75])
    np.testing.assert_allclose(spread([5, 0, 5.5], 4, 0, 2), [4, 0, 8])


# Bytes


def test_few_colors_keeps_the_flat_colors_and_no_more_than_it_may():
    fig, ax = landscape()
    for name in ("gradient descent", "momentum", "Nesterov", "SGD", "theory"):
        plotting.trajectory(ax, descent(0.1, 3, 0.1 * len(name)), name, plotting.COLORS[name])
    full, few = pixels(png(fig)).astype(int), pixels(webp(fig)).astype(int)
    full_codes, few_codes = full @ [65536, 256, 1], few @ [65536, 256, 1]
    assert len(np.unique(few_codes)) <= 48
    codes, counts = np.unique(full_codes, return_counts=True)
    for code in codes[np.argsort(counts)[-12:]]:
        assert (few_codes[full_codes == code] == code).all()
    assert np.abs(full - few).mean() < 1


def test_few_colors_of_a_picture_that_has_few():
    image = Image.new("RGB", (4, 4), "#0072B2")
    assert few_colors(image, 48).getcolors() == [(16, (0, 0x72, 0xB2))]


def test_the_pictures_of_pages_are_small():
    fig, ax = landscape()
    plotting.trajectory(ax, descent(0.19, 40), "gradient descent", BLUE)
    assert len(webp(fig)) < 40_000 < len(png(fig))


def test_a_guess_is_dotted_over_the_curves_and_named():
    fig, ax = plotting.figure()
    plotting.curve(ax, [0, 1], [0, 1], "measured", plotting.COLORS["SGD"])
    plotting.guess(ax, [0, 1], [1, 0])
    measured, guessed = ax.lines
    assert guessed.get_label() == "your answer"
    assert guessed.get_zorder() > measured.get_zorder()
    assert guessed.is_dashed()
    assert guessed.get_color() not in plotting.COLORS.values()
    fig.draw_without_rendering()
