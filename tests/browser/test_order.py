"""What the reader waits for comes first: formulas on the first screen, then controls, then all other formulas."""

import pytest

from visit import WIDGET, closed_to

pytestmark = pytest.mark.browser
# Notes the first moment at which something is there; several in one moment come in this order.
WATCH = f"""
window.order = [];
new MutationObserver(() => {{
    const views = document.querySelectorAll('script[type="{WIDGET}"]').length;
    const formulas = [...document.querySelectorAll('.bd-article .math')];
    const set = formula => formula && formula.querySelector('mjx-container');
    const there = {{
        'all formulas': set(formulas.at(-1)),
        'first formula': set(formulas[0]),
        controls: views && document.querySelectorAll('.widget-subarea:has(.noUi-handle)').length === views,
    }};
    for (const what in there) if (there[what] && !order.includes(what)) order.push(what);
}}).observe(document, {{childList: true, subtree: true}});
"""
ON_FIRST_SCREEN = "document.querySelector('.bd-article .math').getBoundingClientRect().top < innerHeight"


def test_controls_come_before_the_formulas_out_of_sight(experiments_page, server, browser):
    context, _ = closed_to(browser, server)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(server + experiments_page)
    page.wait_for_function("order.length === 3", timeout=120_000)
    order = page.evaluate("order")
    assert order.index("controls") < order.index("all formulas")
    if page.evaluate(ON_FIRST_SCREEN):
        assert order == ["first formula", "controls", "all formulas"]
    context.close()
