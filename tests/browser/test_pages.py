"""Every built page asks no other host, is quiet, typeset, open to everybody, fits small screens and weighs little."""

import os
import re

import pytest

from visit import LIMIT, PAGES, THEMES

# Left and right end of what is seen of each picture with a text of its own.
EDGES = """() => [...document.querySelectorAll('figure:has(> .downhill-caption) > img')]
    .filter(image => image.checkVisibility()).map(image => {
        let {left, right} = image.getBoundingClientRect();
        for (let box = image.parentElement; box.tagName !== 'BODY'; box = box.parentElement)
            if (getComputedStyle(box).overflowX !== 'visible') {
                const edge = box.getBoundingClientRect();
                [left, right] = [Math.max(left, edge.left), Math.min(right, edge.right)];
            }
        return [Math.round(left), Math.round(right)];
    })"""

# What a link to the source, which floats, makes narrower than what it describes.
SQUEEZED = """() => [...document.querySelectorAll('dl.py > dd')].filter(text =>
    text.getBoundingClientRect().right < text.previousElementSibling.getBoundingClientRect().right - 1)
    .map(text => text.previousElementSibling.id)"""

# Code that is seen at first and does not fit its column, as a cell or in the reference; what is folded may scroll.
CUT = """() => [...document.querySelectorAll('article .cell_input pre, article .highlight-default pre')]
    .filter(code => code.checkVisibility() && code.scrollWidth > code.clientWidth)
    .map(code => code.textContent.slice(0, 80))"""

# The rules above and below each folded answer, and the empty room between its title and the rule below.
FOLDED = """() => [...document.querySelectorAll('details.sd-dropdown:not([open]), .admonition.solution.toggle-hidden')]
    .map(answer => {
        const {borderTopWidth, borderBottomWidth} = getComputedStyle(answer);
        const first = answer.previousElementSibling?.matches('details.sd-dropdown') && answer.matches('details');
        const room = answer.getBoundingClientRect().bottom - answer.firstElementChild.getBoundingClientRect().bottom;
        return [first ? '1px' : borderTopWidth, borderBottomWidth, room < 2];
    })"""

pytestmark = pytest.mark.browser
SCREENSHOTS = PAGES.parent / "screenshots" if os.environ.get("SCREENSHOTS") else None
# In the page as it is, in templates, and in the widgets' state, where quotes are escaped.
PICTURE = re.compile(r"""<img\b(?=[^>]*_images/)[^>]*>""")
WIDTHS = [1280, 640, 390]  # a desk; the same at a zoom of 200 %, as a browser lays it out; a phone

UNTYPESET = """() => [...document.querySelectorAll('.math')]
    .filter(math => !math.querySelector('mjx-container') || math.querySelector('mjx-merror, [data-mjx-error]'))
    .map(math => math.textContent.trim().slice(0, 80))"""


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
    assert opened.barriers() == []


def test_prints_on_white_paper_from_the_dark_theme(opened):
    """Text dark enough, pictures as bright as they are."""
    opened.show("dark")
    opened.page.emulate_media(media="print")
    barriers = opened.barriers()
    dimmed = opened.page.locator("article img").evaluate_all("all => all.map(i => getComputedStyle(i).filter)")
    opened.page.emulate_media(media="screen")
    assert barriers == []
    assert set(dimmed) <= {"none"}


@pytest.mark.parametrize("width", WIDTHS)
def test_fits_the_screen(opened, page, width):
    for theme in THEMES if SCREENSHOTS else THEMES[:1]:
        opened.show(theme, width)
        if SCREENSHOTS:
            name = page.removesuffix(".html").replace("/", "-")
            opened.page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{theme}.png", full_page=True)
    assert opened.misfits() == []


def test_pictures_reach_from_edge_to_edge_of_a_phone(opened):
    """What is written in them is as large as it can be; nothing around them cuts them off."""
    opened.show("light", 390)
    assert [seen for seen in opened.page.evaluate(EDGES) if seen != [0, 390]] == []


def test_code_is_not_cut_off_on_a_desk(opened):
    opened.show("light", 1280)
    assert opened.page.evaluate(CUT) == []


def test_descriptions_are_as_wide_as_what_they_describe(opened):
    opened.show("light", 390)
    assert opened.page.evaluate(SQUEEZED) == []


def test_folded_answers_look_alike(opened):
    opened.show("light", 390)
    assert all(answer == ["1px", "1px", True] for answer in opened.page.evaluate(FOLDED))


def test_handles_keep_their_color_when_they_are_moved(opened):
    handles = opened.page.locator(".widget-subarea .noUi-handle")
    color = "handle => getComputedStyle(handle).backgroundColor"
    for number in range(handles.count()):
        before = handles.nth(number).evaluate(color)
        handles.nth(number).focus()
        assert handles.nth(number).evaluate(color) == before


def test_answers_stand_on_paper(opened):
    answers = opened.page.locator("details.sd-dropdown .sd-summary-content")
    opened.page.emulate_media(media="print")
    shown = answers.evaluate_all("all => all.map(answer => answer.checkVisibility())")
    opened.page.emulate_media(media="screen")
    assert all(shown)


def test_weight(page):
    text = (PAGES / page).read_text(encoding="utf-8")
    pictures = set(re.findall(r"_images/([\w.-]+)", text))
    weight = len(text.encode()) + sum((PAGES / "_images" / name).stat().st_size for name in pictures)
    assert weight <= LIMIT
