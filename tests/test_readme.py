"""The example of the README runs, and prints what the README says."""

import contextlib
import io
import re
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"


def example():
    """The code of the example, and what it prints."""
    text = README.read_text(encoding="utf-8")
    return re.search(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```", text, re.MULTILINE | re.DOTALL).groups()


def test_the_example_prints_what_it_says():
    code, output = example()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue() == output
