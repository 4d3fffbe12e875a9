"""What experiments must show, computed in Python from the widgets that the executed notebook left in the page."""

import json
import re
from copy import deepcopy
from html import unescape

import gallery
from visit import PAGES, WIDGET

STATE = WIDGET.replace("view", "state")


class Expected:
    """One experiment: its sliders, and what is seen when they stand somewhere.

    `labels` holds the texts of each slider's values; `at` is where the sliders stand.
    """

    def __init__(self, models, root):
        self.models, self.root = deepcopy(models), root
        self.names = [name for name in self.visible(root) if "_options_labels" in self.models[name]["state"]]
        self.labels = [self.models[name]["state"]["_options_labels"] for name in self.names]
        self.at = [self.models[name]["state"]["index"] for name in self.names]

    def unlinked(self):
        """The sliders that move nothing, and the stacks of pictures that nothing moves."""
        ends = [tuple(model["state"].get(end) or ()) for model in self.models.values() for end in ("source", "target")]
        stacks = [name for name in self.visible(self.root) if "selected_index" in self.models[name]["state"]]
        wanted = [(name, "index") for name in self.names] + [(name, "selected_index") for name in stacks]
        return [end for end in wanted if (gallery.LINK + end[0], end[1]) not in ends]

    def visible(self, name):
        """The models in a box, at all depths, whether they are selected or not."""
        yield name
        for child in self.models[name]["state"].get("children", ()):
            yield from self.visible(child.removeprefix(gallery.LINK))

    def move(self, number, index):
        """Moves a slider, and with it what is linked to it; returns what must be seen."""
        self.at[number] = index
        for model in self.models.values():
            source, target = (model["state"].get(end) for end in ("source", "target"))
            if source == [gallery.LINK + self.names[number], "index"]:
                self.models[target[0].removeprefix(gallery.LINK)]["state"][target[1]] = index
        return self.seen(number)

    def seen(self, number):
        """The index and text of a slider, and the alternative texts and addresses of the pictures, as in a page."""
        shown = "".join(gallery.seen(self.models, self.root))
        pictures = re.findall(r'<img alt="([^"]*)"[^>]* src="([^"]*)"', shown)
        assert pictures, "an experiment shows no picture"
        index = self.at[number]
        return {
            "index": index,
            "text": self.labels[number][index],
            "pictures": [[unescape(alt), address] for alt, address in pictures],
        }


def scripts(text, kind):
    """The contents of the scripts of a type, in order."""
    return [
        json.loads(body) for body in re.findall(rf'<script type="{re.escape(kind)}">(.*?)</script>', text, re.DOTALL)
    ]


def in_page(page):
    """The experiments of a page, in order."""
    text = (PAGES / page).read_text(encoding="utf-8")
    (state,) = scripts(text, STATE)
    return [Expected(state["state"], view["model_id"]) for view in scripts(text, WIDGET)]


def in_script(path):
    """The experiment that a script hands to the gallery."""
    text = path.read_text(encoding="utf-8")
    _, state, view = json.loads("[" + text[text.index("(") + 1 : text.rindex(")")] + "]")
    return Expected(state["state"], view["model_id"])
