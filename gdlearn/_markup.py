"""The HTML of questions in the pages of the book; web/questions.js brings it to life."""

import base64
import hashlib
import html
import json
import re

from IPython.display import HTML

from ._numbers import unbroken


def inline(text):
    """A line of text as HTML: `code` is set as code, $formulas$ are left to MathJax."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(unbroken(text.strip()), quote=False))


def secret(data):
    """Data for the script that cannot be read in passing, as a right answer should not."""
    return base64.b64encode(json.dumps(data, ensure_ascii=False).encode()).decode()


def form(kind, title, prompt, fields, button, *, data="", after=""):
    """A question with its fields, a button that the script enables, and room for what is said to the answer.

    Parameters
    ----------
    kind : str
        What the script does with it: "predict", "ask" or "choose".
    title, prompt : str
    fields : str
        HTML of what is filled in, or of the choices.
    button : str
    data : str
        For the script, from `secret`.
    after : str
        HTML of what follows.
    """
    key = hashlib.sha256(f"{kind} {prompt} {fields}".encode()).hexdigest()[:12]
    return HTML(
        f'<form class="downhill-question" data-kind="{kind}" data-key="{key}" data-secret="{data}" autocomplete="off">'
        f'<fieldset><legend class="tex2jax_process"><span class="downhill-question-title">{title}</span> '
        f'<span class="downhill-prompt">{inline(prompt)}</span></legend>{fields}</fieldset>'
        f'<button type="submit" class="downhill-button" disabled>{button}</button>{after}</form>'
    )


def choices(texts):
    """Radio buttons for up to eight texts, a list to select from for more."""
    if len(texts) > MOST_RADIOS:
        options = "".join(f'<option value="{k}">{html.escape(text)}</option>' for k, text in enumerate(texts))
        return f'<select name="choice" aria-label="Answer"><option value="">choose …</option>{options}</select>'
    return "".join(
        f'<label class="downhill-choice"><input type="radio" name="choice" value="{k}">'
        f'<span class="tex2jax_process">{inline(text)}</span></label>'
        for k, text in enumerate(texts)
    )


MOST_RADIOS = 8
FEEDBACK = '<p class="downhill-feedback tex2jax_process" role="status"></p>'
