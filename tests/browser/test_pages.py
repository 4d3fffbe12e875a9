"""Every built page asks no other host, is quiet, typeset and named, fits a phone and weighs little."""

import re

import pytest

from visit import PAGES

pytestmark = pytest.mark.browser
SCREENSHOTS = PAGES.parent / "screenshots"
LIMIT = 3e6  # bytes of a page and its pictures

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


def test_asks_no_other_host(opened):
    assert opened.outside == []


def test_console_is_clean(opened):
    assert opened.complaints == []


def test_formulas_are_typeset(opened):
    assert opened.page.evaluate(UNTYPESET) == []


def test_pictures_have_alternative_text(opened):
    nameless = opened.page.locator("img:not([alt]), img[alt='']:not([role=presentation])")
    assert nameless.evaluate_all("images => images.map(image => image.outerHTML.slice(0, 120))") == []


def test_weight(page):
    text = (PAGES / page).read_text(encoding="utf-8")
    pictures = set(re.findall(r"_images/([^\"'?# )]+)", text))
    weight = len(text.encode()) + sum((PAGES / "_images" / name).stat().st_size for name in pictures)
    assert weight <= LIMIT


@pytest.mark.parametrize("width", [1280, 390])
def test_fits_the_screen(opened_chapter, chapter, width):
    visible = opened_chapter.page
    visible.set_viewport_size({"width": width, "height": 900})
    SCREENSHOTS.mkdir(exist_ok=True)
    for theme in ("light", "dark"):
        visible.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        name = chapter.removeprefix("book/").removesuffix(".html").replace("/", "-")
        visible.screenshot(path=SCREENSHOTS / f"{name}-{width}-{theme}.png", full_page=True)
    assert visible.evaluate(TOO_WIDE) == []
