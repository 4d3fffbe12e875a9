"""The page of claims filters by verdict, without a script, and its links lead to the cells."""

import pytest

from visit import Visit

pytestmark = pytest.mark.browser
VERDICTS = ("right", "loose", "wrong", "slot")


@pytest.fixture(scope="module")
def ledger(server, browser):
    with Visit(browser, server, "book/reference/claims.html") as visit:
        yield visit.page


@pytest.mark.parametrize("verdict", VERDICTS)
def test_only_the_chosen_verdict_is_shown(ledger, verdict):
    ledger.locator(f'input[value="{verdict}"]').check()
    shown = ledger.locator(".claim:visible")
    assert shown.count() == ledger.locator(f".claim.{verdict}").count() > 0
    ledger.locator('input[value="all"]').check()
    assert ledger.locator(".claim:visible").count() == ledger.locator(".claim").count()


def test_each_claim_leads_to_a_cell_or_a_formula(ledger, server):
    assert ledger.locator(".claim:not(:has(a[href*='#']))").count() == 0
    addresses = ledger.evaluate("[...document.querySelectorAll('.claim a[href*=\"#claim-\"]')].map(a => a.href)")
    pages = {address.partition("#")[0] for address in addresses}
    texts = {page: ledger.request.get(page).text() for page in pages}
    assert all(f'id="{address.partition("#")[2]}"' in texts[address.partition("#")[0]] for address in addresses)
