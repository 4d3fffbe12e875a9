"""A visit waits for what comes late."""

import time

import pytest

from test_pages import UNTYPESET
from visit import Handler, Visit, serving

pytestmark = pytest.mark.browser


class Late(Handler):
    """A server that takes its time to find the script of the formulas."""

    def do_GET(self):
        if "mathjax" in self.path:
            time.sleep(1)
        super().do_GET()


@pytest.mark.parametrize("address", ["index.html", "book/index.html"])
def test_waits_for_late_formulas(address, browser):
    with serving(Late) as base, Visit(browser, base, address) as visit:
        assert visit.page.locator("mjx-container").count() > 0
        assert visit.page.evaluate(UNTYPESET) == []
