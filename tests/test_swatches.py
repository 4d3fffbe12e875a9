"""The key of the colors, on the page on notation, has those of the pictures, in both themes."""

import re
from pathlib import Path

from gdlearn.plotting import COLORS

CSS = (Path(__file__).resolve().parents[1] / "web" / "downhill.css").read_text(encoding="utf-8")
NAMES = {"descent": "gradient descent", "nesterov": "Nesterov", "sgd": "SGD", "batch": "mini-batch", "adam": "Adam"}


def test_swatches_have_the_colors_of_the_pictures():
    swatches = dict(re.findall(r"\.swatch\.(\w+)::before \{\s*border-color: (#\w+);", CSS))
    assert len(swatches) == 7
    assert {NAMES.get(name, name): color.upper() for name, color in swatches.items()}.items() <= COLORS.items()


def test_both_are_turned_about_in_the_same_way_in_the_dark():
    turned = re.findall(r'html\[data-theme="dark"\] ([^{]*) \{\s*filter: (invert[^;!]*?)(?: !important)?;', CSS)
    assert len(turned) == 2
    assert len({filters for _, filters in turned}) == 1
