"""The pictures taken out of the pages, and what the gallery knows of the widgets of a chapter."""

import base64
import json

import gallery
from frames import lighten, take_out


def address(data, kind="webp"):
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def test_a_picture_becomes_a_file_with_its_bytes(tmp_path):
    data = bytes(range(256))
    after = take_out(f'<img src="{address(data)}">', tmp_path, 2)
    start, _, rest = after.partition("../../_images/")
    assert start == '<img src="' and rest.endswith('.webp">')
    assert (tmp_path / "_images" / rest.removesuffix('">')).read_bytes() == data


def test_a_picture_seen_twice_is_stored_once(tmp_path):
    page = tmp_path / "book" / "chapter.html"
    page.parent.mkdir()
    page.write_text(f"{address(b'one')} {address(b'two')} {address(b'one')}", encoding="utf-8")
    lighten(tmp_path)
    first, second, third = page.read_text(encoding="utf-8").split()
    assert first == third != second
    assert len(list((tmp_path / "_images").iterdir())) == 2


def test_what_is_no_picture_stays(tmp_path):
    text = json.dumps({"state": 'data:image/svg+xml;utf8,<svg/> data:text/plain;base64,aGk= \\"'})
    assert take_out(text, tmp_path, 0) == text


def model(**state):
    return {"model_name": "", "state": state}


MODELS = {
    "box": model(children=["IPY_MODEL_slider", "IPY_MODEL_stack"], layout=None),
    "slider": model(index=1, description="rate"),
    "stack": model(children=["IPY_MODEL_a", "IPY_MODEL_b"], selected_index=1),
    "a": model(value="<img a>"),
    "b": model(value="<img b>", style="IPY_MODEL_plain"),
    "plain": model(),
    "link": model(source=["IPY_MODEL_slider", "index"], target=["IPY_MODEL_stack", "selected_index"]),
    "other": model(children=["IPY_MODEL_a"]),
    "other_link": model(source=["IPY_MODEL_slider", "index"], target=["IPY_MODEL_other", "selected_index"]),
}


def test_the_parts_of_a_widget_and_the_links_among_them():
    assert set(gallery.parts(MODELS, "box")) == set(MODELS) - {"other", "other_link"}


def test_only_the_selected_picture_is_seen():
    assert list(gallery.seen(MODELS, "box")) == ["<img b>"]


def test_a_lean_model_has_lost_only_what_is_null():
    assert gallery.lean(MODELS["box"]) == model(children=MODELS["box"]["state"]["children"])
