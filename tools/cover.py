"""Draws the cover picture, book/images/cover.svg: three methods on the landscape of one small problem.

    python tools/cover.py

The problem is a logistic regression on seven points with two weights and a small L2 penalty, and everything on the
map is computed by gdlearn: the height of the land, its lowest point, and the three paths, which start at the same
place and take forty steps of the same size. Lines of equal height are evenly spaced in the square root of the
height above the lowest point, as they would be evenly spaced on the wall of a quadratic bowl.
"""

from pathlib import Path

import numpy as np
from contourpy import FillType, contour_generator

import gdlearn as gd

OUT = Path(__file__).resolve().parent.parent / "book" / "images" / "cover.svg"
WIDTH, HEIGHT = 840, 440
LEFT, RIGHT, BOTTOM = -9.6, 1.9, -2.5  # of the map, in weights; its top follows, as both axes have one scale
UNIT = WIDTH / (RIGHT - LEFT)  # pixels
START, RATE, BETA, STEPS = np.array([-7.0, 2.95]), 1.0, 0.92, 40
LABELED = 5, 10, 15  # levels, counted from the valley

X = np.array([[0.6, 2.4], [0.2, 0.4], [0.6, -1.6], [2.1, -6.1], [-2.4, 2.0], [0.1, 0.2], [0.9, -1.7]])
Y = np.array([0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0])
PROBLEM = gd.Problem(gd.Linear(2, intercept=False), gd.BinaryCrossEntropy(), gd.L2(0.02))

# class, optimizer, the step beside which its name stands, and where from there
METHODS = [
    ("descent", "gradient descent", gd.SGD(), 10, (8, -14), "start"),
    ("momentum", "momentum", gd.Momentum(BETA), 7, (-2, 27), "middle"),
    ("nesterov", "Nesterov", gd.Nesterov(BETA), 5, (14, 0), "start"),
]

STYLE = """
    .cover { font: 600 19px "Source Sans 3", "Source Sans Pro", "Helvetica Neue", Arial, sans-serif; }
    .cover .land { fill: var(--paper, #fbfaf7); }
    .cover .height { fill: var(--accent, #0a6c74); fill-opacity: .009; stroke: var(--accent, #0a6c74);
      stroke-opacity: .4; stroke-width: 1; vector-effect: non-scaling-stroke; }
    .cover .index { stroke-opacity: .65; stroke-width: 1.7; }
    .cover .level { fill: var(--accent, #0a6c74); font-size: 15px; font-weight: 500; text-anchor: middle; }
    .cover text { paint-order: stroke; stroke: var(--cover-halo, #eef3f1); stroke-width: 5px;
      stroke-linejoin: round; }
    .cover .path polyline { fill: none; stroke: currentColor; stroke-width: 2.4; stroke-linejoin: round; }
    .cover circle { fill: currentColor; }
    .cover .path text { fill: color-mix(in srgb, currentColor 72%, var(--ink, #1f2729)); }
    .cover .descent { color: var(--descent, #0072b2); }
    .cover .momentum { color: var(--momentum, #d55e00); }
    .cover .nesterov { color: var(--nesterov, #009e73); }
    .cover .mark { fill: var(--paper, #fbfaf7); stroke: var(--ink, #1f2729); stroke-width: 2.5; }
"""


def pixels(theta):
    """Where weights (..., 2) lie on the map."""
    theta = np.asarray(theta)
    return np.stack([(theta[..., 0] - LEFT) * UNIT, HEIGHT - (theta[..., 1] - BOTTOM) * UNIT], axis=-1)


def points(theta):
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in pixels(theta))


def outline(theta):
    """A closed line in tenths of a pixel, each point relative to the one before: half the size in the file."""
    at = np.rint(10 * pixels(theta)).astype(int)
    steps = [(x, y) for x, y in np.diff(at[:-1], axis=0) if x or y]
    return f"M{at[0, 0]} {at[0, 1]}l" + " ".join(f"{x} {y}" for x, y in steps) + "z"


def lowest():
    run = gd.minimize(PROBLEM, X, Y, optimizer=gd.Nesterov(0.9), schedule=0.2, epochs=5000)
    assert run.status == "converged"
    return run.theta, run.history.objective[-1]


def heights(margin=0.15, spacing=0.08):
    """The objective on a grid a little larger than the map, so that the ends of open lines lie outside."""
    top = BOTTOM + HEIGHT / UNIT
    x = np.arange(LEFT - margin, RIGHT + margin, spacing)
    y = np.arange(BOTTOM - margin, top + margin, spacing)
    return x, y, np.array([[PROBLEM.objective(np.array([a, b]), X, Y) for a in x] for b in y])


def land(lowest_height, every=5):
    """One filled outline for each level, darker toward the valley; each fifth is bold and may say its height."""
    x, y, z = heights()
    root = np.sqrt(np.maximum(z - lowest_height, 0.0))
    generator = contour_generator(x, y, root, fill_type=FillType.OuterOffset)
    lines, labels = [], []
    for k, level in reversed(list(enumerate(np.arange(0.06, root.max(), 0.06), start=1))):
        outlines = generator.filled(-1.0, level)[0]
        kind = "height index" if k % every == 0 else "height"
        lines.append(f'<path class="{kind}" d="{"".join(map(outline, outlines))}"/>')
        if k in LABELED:
            labels.append(label(outlines[0], level**2 + lowest_height))
    return lines, labels


def label(line, height):
    """The height of a line, written where it crosses the upper slope."""
    at = pixels(line)
    upper = at[at[:, 1] < HEIGHT / 2]
    x, y = upper[np.argmin(np.abs(upper[:, 0] - 415))]
    return f'<text class="level" x="{x:.1f}" y="{y + 4:.1f}">{height:.2f}</text>'


def path(kind, name, optimizer, near, shift, anchor):
    run = gd.minimize(
        PROBLEM, X, Y, optimizer=optimizer, schedule=RATE, epochs=STEPS, start=START, tolerance=0.0, path=True
    )
    iterates = run.history.theta
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in pixels(iterates[1:]))
    x, y = pixels(iterates[near]) + shift
    text = f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{name}</text>'
    return f'<g class="path {kind}"><polyline points="{points(iterates)}"/>{dots}{text}</g>', run


def draw():
    """The whole picture, as the text of an SVG file."""
    theta, height = lowest()
    lines, labels = land(height)
    paths, runs = zip(*(path(*method) for method in METHODS), strict=True)
    reached = ", ".join(f"{m[1]} {run.history.objective[-1]:.3f}" for m, run in zip(METHODS, runs, strict=True))
    told = (
        f"Contour map of a loss over two weights, with three paths from one start at loss"
        f" {runs[0].history.objective[0]:.2f}. After {STEPS} steps of the same size the losses are: {reached};"
        f" the lowest point has {height:.3f}."
    )
    x, y = pixels(START)
    a, b = pixels(theta)
    return "\n".join(
        [
            f'<svg class="cover" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
            ' aria-labelledby="cover-text">',
            f'<title id="cover-text">{told}</title>',
            f"<style>{STYLE}</style>",
            f'<rect class="land" width="{WIDTH}" height="{HEIGHT}"/>',
            '<g transform="scale(.1)">',
            *lines,
            "</g>",
            *labels,
            *paths,
            f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="5.5"/>',
            f'<path class="mark" d="M{a - 5:.1f} {b - 5:.1f}l10 10m0 -10l-10 10"/>',
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(draw())
