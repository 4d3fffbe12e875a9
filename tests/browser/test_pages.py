"""Every built page asks no other host, is quiet, typeset, open to everybody, fits small screens and weighs little."""

import os
import re

import pytest

import vendor
from visit import PAGES

pytestmark = pytest.mark.browser
SCREENSHOTS = PAGES.parent / "screenshots" if os.environ.get("SCREENSHOTS") else None
# In the page as it is, in templates, and in the widgets' state, where quotes are escaped.
PICTURE = re.compile(r"""<img\b(?=[^>]*_images/)[^>]*>""")
LIMIT = 3e6  # bytes of a page and its pictures
WIDTHS = [1280, 640, 390]  # a desk; the same at a zoom of 200 %, as a browser lays it out; a phone
THEMES = ["light", "dark"]
GRAVE = {"serious", "critical"}

UNTYPESET = """() => [...document.querySelectorAll('.math')]
    .filter(math => !math.querySelector('mjx-container') || math.querySelector('mjx-merror, [data-mjx-error]'))
    .map(math => math.textContent.trim().slice(0, 80))"""

TOO_WIDE = """() => {
    const scrolls = element => /auto|scroll|hidden|clip/.test(getComputedStyle(element).overflowX);
    const held = element => {
        for (let up = element.parentElement; up && up.tagName !== 'ARTICLE'; up = up.parentElement)
            if (scrolls(up)) return true;
        return false;
    };
    const wide = [...document.querySelectorAll('article *')].filter(element =>
        element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1 && !held(element));
    const all = document.documentElement.scrollWidth > innerWidth ? [document.documentElement, ...wide] : wide;
    return all.map(element => element.outerHTML.slice(0, 120));
}"""

BARRIERS = """async () => {
    const found = await axe.run(document, {resultTypes: ['violations']});
    return found.violations.map(({impact, id, nodes}) => [impact, id, nodes.map(node => node.html.slice(0, 150))]);
}"""

# What a finger meets: handles of 24 pixels at least, tracks long enough to hit each value, no text below 14 pixels.
TOO_SMALL = """() => {
    const small = (selector, wrong) => [...document.querySelectorAll(selector)]
        .filter(element => element.checkVisibility() && wrong(element)).map(element => element.outerHTML.slice(0, 120));
    const size = element => element.getBoundingClientRect();
    return [
        ...small('.noUi-handle', handle => Math.min(size(handle).width, size(handle).height) < 23.5),
        ...small('.noUi-base', track => size(track).width < 200),
        ...small('.downhill-caption, .widget-label, .widget-readout, .downhill-mode small',
            text => parseFloat(getComputedStyle(text).fontSize) < 14),
        ...small('.widget-label, .widget-readout, .downhill-caption', text => text.scrollWidth > text.clientWidth + 1),
    ];
}"""


def test_asks_no_other_host(opened):
    assert opened.outside == []


def test_console_is_clean(opened):
    assert opened.complaints == []


def test_formulas_are_typeset(opened):
    assert opened.page.evaluate(UNTYPESET) == []


def test_pictures_have_alternative_text(opened):
    nameless = opened.page.locator("img:not([alt]), img[alt='']:not([role=presentation])")
    assert nameless.evaluate_all("images => images.map(image => image.outerHTML.slice(0, 120))") == []


def test_alternative_texts_have_numbers(page):
    """Also those of the frames that are not seen at first."""
    text = (PAGES / page).read_text(encoding="utf-8").replace('\\"', '"')
    assert [picture for picture in PICTURE.findall(text) if not re.search(r'alt="[^"]*\d[^"]*"', picture)] == []


@pytest.mark.parametrize("theme", THEMES)
def test_keeps_nobody_out(opened, theme):
    opened.show(theme)
    if not opened.page.evaluate("() => 'axe' in window"):
        opened.page.add_script_tag(path=vendor.axe())
    assert [found for found in opened.page.evaluate(BARRIERS) if found[0] in GRAVE] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_fits_the_screen(opened, page, width):
    for theme in THEMES if SCREENSHOTS else THEMES[:1]:
        opened.show(theme, width)
        if SCREENSHOTS:
            name = page.removesuffix(".html").replace("/", "-")
            opened.page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{theme}.png", full_page=True)
    assert opened.page.evaluate(TOO_WIDE) == []
    assert opened.page.evaluate(TOO_SMALL) == []


def test_weight(page):
    text = (PAGES / page).read_text(encoding="utf-8")
    pictures = set(re.findall(r"_images/([\w.-]+)", text))
    weight = len(text.encode()) + sum((PAGES / "_images" / name).stat().st_size for name in pictures)
    assert weight <= LIMIT
