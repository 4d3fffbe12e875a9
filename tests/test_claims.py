"""The ledger of claims: what makes it fail, and that the book's own is in order."""

import math
from pathlib import Path

import nbformat
import pytest

import claims
from claims import Claim, Showing, faults, in_words, ledger

ROOT = Path(__file__).resolve().parent.parent
DECAY = Claim("rates", "3.4.2", "Decay speeds up.", "wrong", "It does not.")
BLANK = Claim("rates", "3.4.1", "The formula.", "slot", "It is this.", "eq-rate")
CELL = Showing("book/rates", "3.4.2", "speed", 0.0, 1.0)


def wrong(*book, cells=(CELL,), speed=0.5, chapters=("rates",)):
    return faults(book or [DECAY, BLANK], cells, {("book/rates", "speed"): speed}, set(chapters))


def test_a_ledger_in_order_has_no_faults():
    assert wrong() == []


@pytest.mark.parametrize("speed", [0.0, 1.0])
def test_the_interval_is_closed(speed):
    assert wrong(speed=speed) == []


@pytest.mark.parametrize("speed", [math.nextafter(0.0, -1), math.nextafter(1.0, 2), math.nan, math.inf])
def test_a_value_outside_of_its_interval_is_a_fault(speed):
    (fault,) = wrong(speed=speed)
    assert "outside of [0, 1]" in fault


@pytest.mark.parametrize("speed", [None, "'fast'"])
def test_a_value_that_is_no_number_is_a_fault(speed):
    (fault,) = wrong(speed=speed)
    assert "needs a glued number" in fault


def test_a_claim_without_a_cell_is_a_fault_and_a_blank_needs_none():
    (fault,) = wrong(cells=[])
    assert "3.4.2 of rates has no cell" in fault


@pytest.mark.parametrize(
    ("book", "words"),
    [
        ([DECAY, DECAY._replace(chapter="rates")], "stands twice"),
        ([DECAY._replace(verdict="odd")], "must be one of"),
        ([DECAY, BLANK._replace(equation="")], "name the equation"),
        ([DECAY, DECAY._replace(chapter="other", number="9")], "no such chapter"),
    ],
)
def test_faults_of_the_texts(book, words):
    assert words in " ".join(wrong(*book))


def test_a_chapter_must_have_a_file_and_a_cell_must_name_a_claim():
    assert "chapter new has no file" in " ".join(wrong(chapters=("rates", "new")))
    assert "claim 7 is not in the ledger" in " ".join(wrong(cells=[CELL, CELL._replace(number="7")]))


def test_claims_stand_in_the_order_of_the_article():
    numbers = ["6.1b", "3.10", "3.2a", "3.2.1-4", "6.1a", "3.9", "3.2"]
    ordered = sorted([DECAY._replace(number=number) for number in numbers], key=lambda claim: claim.order)
    assert [claim.number for claim in ordered] == ["3.2", "3.2a", "3.2.1-4", "3.9", "3.10", "6.1a", "6.1b"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.8e-19, "1.8 · 10⁻¹⁹"), (-0.25, "−0.25"), (2.0, "2"), (1e6, "10⁶"), (3.0000001, "3")],
)
def test_values_in_words(value, text):
    assert in_words(value) == text


def test_the_book_shows_each_claim_that_it_judges():
    chapters = {path.stem: path for path in ROOT.glob("book/**/*.ipynb") if ".ipynb_checkpoints" not in path.parts}
    cells = [cell for path in chapters.values() for cell in nbformat.read(path, as_version=4).cells]
    shown = {claim["number"] for cell in cells for claim in cell.metadata.get("claim", [])}
    claimed = {claim.number for claim in ledger()}
    assert {claim.number for claim in ledger() if claim.verdict != "slot"} <= shown <= claimed
    assert len(claimed) == len(ledger())
    assert {claim.chapter for claim in ledger()} <= set(chapters)


def test_ledger_reads_the_files(tmp_path):
    (tmp_path / "rates.yml").write_text("- {number: '3.4', says: A., verdict: loose, precise: B.}\n", encoding="utf-8")
    assert ledger(tmp_path) == [claims.Claim("rates", "3.4", "A.", "loose", "B.")]
