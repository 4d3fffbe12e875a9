"""A picture as the figure that is drawn and as the bytes that a page shows."""

import base64
import html
import io
import struct
import zlib

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from PIL import Image

from ._labels import NameRow
from ._layout import thin_ticks, write_powers
from ._once import copy_ticks, kept_canvas, ticks_found_once
from ._style import SCALE, STYLE


class Picture(Figure):
    """A figure drawn in the house style, whoever draws it, and shown crisp by a notebook."""

    def draw(self, renderer):
        """Draw, with the style in force also for what was added by matplotlib's own methods."""
        with rc_context(STYLE):
            for ax in self.axes:
                _place_titles(ax)
                thin_ticks(ax)
                write_powers(ax)
                copy_ticks(ax)
            with ticks_found_once(self):
                super().draw(renderer)

    def _repr_png_(self):
        return png(self), {"width": round(SCALE * self.get_figwidth())}


def _place_titles(ax):
    """Titles begin at the left, above the row of names that `trajectory` keeps over the axes."""
    pad = 28 if any(isinstance(artist, NameRow) for artist in ax.artists) else 8
    ax.set_title(ax.get_title(), loc="center", pad=pad)
    ax.title.set(x=0, horizontalalignment="left")


def png(fig):
    """Draw a figure as PNG, twice as dense as it is shown: quick to make, for a notebook with a kernel.

    Parameters
    ----------
    fig : matplotlib.figure.Figure

    Returns
    -------
    bytes
    """
    return flat_png(_pixels(fig))


def _pixels(fig):
    """The drawn figure as RGBA; quicker than `savefig`, which draws twice where there is a layout to find.

    They are those of the canvas, so that they last until the next drawing.
    """
    canvas, dpi = fig.canvas, fig.dpi
    try:
        fig.set_dpi(2 * SCALE)
        agg = kept_canvas(*fig.bbox.size)
        agg.figure = fig
        fig.set_canvas(agg)
        with rc_context(STYLE):
            agg.draw()
        return np.asarray(agg.buffer_rgba())
    finally:
        agg.figure = None
        fig.set_dpi(dpi)
        fig.set_canvas(canvas)


def flat_png(pixels):
    """An array of shape (height, width, 4) as PNG, without the opacity, which is full.

    Nor are filters searched for, with which most drawings are larger: more than twice as quick as Pillow, which
    searches. See the PNG specification, sections 5 and 9.
    """
    height, width, _ = pixels.shape
    rows = np.zeros((height, 1 + 3 * width), dtype=np.uint8)  # each row begins with the number of its filter, none
    for color in range(3):  # a quarter of the time of a copy of all three at once
        rows[:, 1 + color :: 3] = pixels[:, :, color]
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # 8 bits of red, green and blue
    chunks = {b"IHDR": header, b"IDAT": zlib.compress(rows, level=1), b"IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks.items()
    )


def _encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def webp(fig, colors=48):
    """Draw a figure as lossless WebP of few colors, over four times smaller than `png`: for the pages of the book.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
    colors : int

    Returns
    -------
    bytes
    """
    image = Image.fromarray(_pixels(fig)).convert("RGB")
    return _encoded(few_colors(image, colors), "WEBP", lossless=True, method=2, quality=30)


def few_colors(image, colors):
    """Replace each color of an RGB image by the nearest of a small palette.

    The palette takes, one after the other, the color whose distance to it times the fourth root of its number of
    pixels is largest: the few flat colors of a drawing are kept as they are (median cut shifts them) and the
    edges between them get what is left.
    """
    pixels = np.asarray(image, dtype=np.int32)
    codes, where, counts = np.unique(pixels @ [65536, 256, 1], return_inverse=True, return_counts=True)
    rgb = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1).astype(float)
    nearest, distance = np.zeros(len(rgb), dtype=int), np.full(len(rgb), np.inf)
    pick = np.argmax(counts)
    for _ in range(min(colors, len(rgb))):
        candidate = np.sum((rgb - rgb[pick]) ** 2, axis=1)
        nearest[candidate < distance] = pick
        distance = np.minimum(distance, candidate)
        pick = np.argmax(distance * np.sqrt(counts))
    return Image.fromarray(rgb[nearest].astype(np.uint8)[where].reshape(pixels.shape))


def card(figure, text, kind, image):
    """A picture and its text as HTML.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    text : str
        Stands below the picture and is its alternative text.
    kind : str
        Format of the image, "png" or "webp".
    image : bytes

    Returns
    -------
    str
    """
    width, height = (round(SCALE * inches) for inches in figure.get_size_inches())
    text = html.escape(text.strip())
    source = f"data:image/{kind};base64,{base64.b64encode(image).decode()}"
    return (
        f'<figure style="margin:0;max-width:{width}px">'
        f'<img alt="{text}" width="{width}" height="{height}" style="width:100%;height:auto" src="{source}">'
        f'<figcaption class="downhill-caption" style="line-height:1.45">{text}</figcaption></figure>'
    )
