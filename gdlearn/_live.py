"""The widgets of questions in a notebook with a kernel."""

import ipywidgets as widgets

from ._markup import MOST_RADIOS, inline

WIDE = {"width": "auto", "max_width": "640px"}


def question(title, prompt, *parts):
    """A question above its parts."""
    text = widgets.HTMLMath(f'<div style="line-height:1.45"><strong>{title}</strong> {inline(prompt)}</div>')
    return widgets.VBox([text, *parts]).add_class("downhill-question")


def pick(texts):
    """A choice of one of some texts, none of which is chosen."""
    kind = widgets.RadioButtons if len(texts) <= MOST_RADIOS else widgets.Dropdown
    return kind(options=list(texts), index=None, layout=widgets.Layout(**WIDE))


def lettered(texts):
    """Texts that hold formulas, which the labels of radio buttons do not set: (their letters, a list of both)."""
    letters = [chr(ord("a") + k) for k in range(len(texts))]
    rows = "".join(f"<div>({letter}) {inline(text)}</div>" for letter, text in zip(letters, texts, strict=True))
    return letters, widgets.HTMLMath(f'<div style="line-height:1.6">{rows}</div>')
