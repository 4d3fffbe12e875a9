"""Why a row of the page on speed stays below its goal: each has a reason, whose numbers come from a run."""

import json
import re
import string
from pathlib import Path

import pytest
import yaml

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
RESULTS = json.loads((BENCHMARKS / "results.json").read_text(encoding="utf-8"))
REASONS = yaml.safe_load((BENCHMARKS / "reasons.yml").read_text(encoding="utf-8"))
NUMBER = re.compile(r"\d+(?:[,.]\d+)*")
COUNTED, SHOWN = (
    {"", ","},
    {"ms", "µs", "ns", "billion", ".0%", ".2g"},
)  # how the page shows what is counted, and measured


def key_of(row):
    """The key of the reason that the page shows for a row."""
    return max((key for key in REASONS if key in f"{row['group']}: {row['work']}"), key=len)


def test_each_row_below_its_goal_has_a_reason_and_what_was_tried():
    for row in RESULTS["rows"]:
        ours = row["times"]["gdlearn"]["median"]
        missed = [name for name, goal in row["goals"].items() if name in row["times"]]
        missed = [name for name in missed if row["times"][name]["median"] < row["goals"][name] * ours]
        assert not missed or "Tried: " in REASONS[key_of(row)], row["work"]


@pytest.mark.parametrize("key", [key for key in REASONS if key.startswith("costs: ")])
def test_each_cost_has_a_reason_and_what_was_tried(key):
    assert "Tried: " in REASONS[key]


def test_what_is_measured_and_what_is_written_have_the_same_keys():
    assert RESULTS["parts"].keys() | {""} == REASONS.keys()


@pytest.mark.parametrize("key", REASONS)
def test_each_place_in_a_reason_has_its_part(key):
    parts = RESULTS["parts"].get(key, {})
    for _, name, shown, _ in string.Formatter().parse(REASONS[key]):
        if name is not None:
            assert shown in (COUNTED if isinstance(parts[name], int) else SHOWN), name


@pytest.mark.parametrize("key", REASONS)
def test_other_numbers_in_a_reason_are_sizes_of_its_rows(key):
    typed = "".join(text for text, *_ in string.Formatter().parse(REASONS[key]))
    sizes = {number for row in RESULTS["rows"] if key_of(row) == key for number in NUMBER.findall(row["work"])}
    assert set(NUMBER.findall(typed)) <= sizes
