"""Every displayed equation has a label, every label a check, every check a label."""

import ast
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

FORMULAS = Path(__file__).parent
ROOT = FORMULAS.parent.parent
SYNTAX = MdParserConfig(enable_extensions={"amsmath", "attrs_block", "colon_fence", "deflist", "dollarmath"})
PARSER = create_md_parser(SYNTAX, RendererHTML)
PROGRAMS = {"{code-cell}", "{code-block}", "{code}", "{literalinclude}", "{eval-rst}"}


def pages():
    """Pairs of a page's name and the text of its prose."""
    for path in sorted(ROOT.glob("book/**/*.md")):
        yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
    for path in sorted(ROOT.glob("book/**/*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            prose = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
            yield path.relative_to(ROOT).as_posix(), "\n\n".join(prose)


def equations(text):
    """Pairs (label or None, formula) of the displayed equations, those inside of directives included."""
    for token in PARSER.parse(text):
        if token.type == "math_block_label":
            yield token.info, token.content.strip()
        elif token.type in ("math_block", "amsmath"):
            yield None, token.content.strip()
        elif token.type in ("fence", "colon_fence") and token.info.startswith("{"):
            directive, _, _ = token.info.partition(" ")
            if directive == "{math}":
                label = re.search(r"^:label: *(\S+)", token.content, re.MULTILINE)
                yield label and label.group(1), token.content.strip()
            elif directive not in PROGRAMS:
                yield from equations(token.content)


def marks(node):
    """The labels in the marks `pytest.mark.formula("label")` below a node of a syntax tree."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("pytest.mark.formula"):
            yield ast.literal_eval(call.args[0])


def checks():
    """Pairs (name of a check, its labels)."""
    for path in sorted(FORMULAS.glob("test_*.py")):
        if path == Path(__file__):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield f"{path.name}::{node.name}", [*marks(node)]


def listed(lines):
    return "".join(f"\n  {line}" for line in lines)


EQUATIONS = [(page, label, formula) for page, text in pages() for label, formula in equations(text)]
CHECKS = [*checks()]
LABELS = {label for _, label, _ in EQUATIONS if label}
CHECKED = {label for _, labels in CHECKS for label in labels}


def test_every_equation_has_a_label():
    bare = [f"{page}: {formula.splitlines()[0]}" for page, label, formula in EQUATIONS if not label]
    assert not bare, f"write `$$ ... $$ (eq-name)`:{listed(bare)}"


def test_labels_begin_alike_and_stand_once():
    odd = [f"{page}: {label}" for page, label, _ in EQUATIONS if label and not re.fullmatch(r"eq(-[a-z0-9]+)+", label)]
    assert not odd, f"a label is eq- and lower-case words joined by hyphens:{listed(odd)}"
    twice = [label for label, count in Counter(label for _, label, _ in EQUATIONS if label).items() if count > 1]
    assert not twice, f"these labels stand more than once:{listed(twice)}"


def test_every_label_has_a_check():
    missing = [f"{page}: {label}" for page, label, _ in EQUATIONS if label and label not in CHECKED]
    assert not missing, f'write a test with @pytest.mark.formula("label") in tests/formulas for:{listed(missing)}'


def test_every_check_has_a_label():
    bare = [name for name, labels in CHECKS if not labels]
    assert not bare, f"these checks need @pytest.mark.formula(label):{listed(bare)}"
    lost = sorted(CHECKED - LABELS)
    assert not lost, f"no equation of the book has these labels, though checks name them:{listed(lost)}"


# --- The parser itself

PAGE = r"""
Inline $a$, and `$$ code $$`.

$$
x = 1
$$ (eq-block)

$$ y = 2 $$ (eq-line)

$$ z = 3 $$

> $$ q = 4 $$ (eq-quote)

:::{note}
$$ w = 5 $$ (eq-inside)
:::

```{math}
:label: eq-directive
v = 6
```

\begin{align} u = 7 \end{align}

```python
"$$ not math $$"
```
"""


def test_displayed_equations_are_found_where_they_stand():
    assert [label for label, _ in equations(PAGE)] == [
        "eq-block",
        "eq-line",
        None,
        "eq-quote",
        "eq-inside",
        "eq-directive",
        None,
    ]


@pytest.mark.parametrize("source", ['@pytest.mark.formula("eq-a")\ndef test_a(): pass', "pytest.mark.formula('eq-a')"])
def test_marks_are_found(source):
    assert [*marks(ast.parse(source))] == ["eq-a"]
