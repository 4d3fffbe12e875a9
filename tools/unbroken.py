"""What a line must not end between: a formula and the comma after it, a number and its percent sign."""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

CLOSING = re.compile(r"[,.;:!?)\]’”]+")


class KeepTogether(SphinxPostTransform):
    """Puts a formula and the punctuation after it in a span that does not break, and a no-break space before %."""

    default_priority = 900  # numbers from cells stand in the text by now

    def run(self, **kwargs):
        for text in list(self.document.findall(nodes.Text)):
            if not isinstance(text.parent, nodes.literal | nodes.literal_block | nodes.raw | nodes.math):
                text.parent.replace(text, nodes.Text(text.replace(" %", "\N{NO-BREAK SPACE}%")))
        for formula in list(self.document.findall(nodes.math)):
            after = formula.next_node(siblings=True, descend=False)
            if isinstance(after, nodes.Text) and (closing := CLOSING.match(after)):
                after.parent.replace(after, nodes.Text(after[closing.end() :]))
                kept = formula.deepcopy(), nodes.Text(closing[0])
                formula.replace_self(nodes.inline("", "", *kept, classes=["unbroken"]))


def setup(app):
    app.add_post_transform(KeepTogether)
