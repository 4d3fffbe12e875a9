"""What a line must not end between: a formula and the comma after it, a number and its unit, or = and a number."""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from gdlearn._numbers import unbroken

VERBATIM = nodes.literal | nodes.literal_block | nodes.raw | nodes.math | nodes.math_block
EQUALS = "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}"  # between two numbers from cells
CLOSING = re.compile(r"[,.;:!?)\]’”]+")


def keep_together(document):
    """Puts no-break spaces before units and into powers of ten, and a formula with what closes it into a span."""
    for text in list(document.findall(nodes.Text)):
        kept = EQUALS if text == " = " else unbroken(text)
        if kept != text and not isinstance(text.parent, VERBATIM):
            text.parent.replace(text, nodes.Text(kept))
    for formula in list(document.findall(nodes.math)):
        after = formula.next_node(descend=False, siblings=True)
        if isinstance(after, nodes.Text) and (closing := CLOSING.match(after)):
            after.parent.replace(after, nodes.Text(after[closing.end() :]))
            kept = formula.deepcopy(), nodes.Text(closing[0])
            formula.replace_self(nodes.inline("", "", *kept, classes=["unbroken"]))
        elif after == " " and formula.astext().rstrip().endswith("="):
            with_number(formula, after)


def with_number(formula, space):
    """Puts a formula such as "L =" and the number from a cell that comes after it into one span."""
    number = space.next_node(descend=False, siblings=True)
    if isinstance(number, nodes.inline):
        kept = [node.deepcopy() for node in (formula, space, number)]
        for node in (space, number):
            node.parent.remove(node)
        formula.replace_self(nodes.inline("", "", *kept, classes=["unbroken"]))


class KeepTogether(SphinxPostTransform):
    default_priority = 900  # numbers from cells stand in the text by now

    def run(self, **kwargs):
        keep_together(self.document)


def setup(app):
    app.add_post_transform(KeepTogether)
