"""The house style of the pictures: colors, fonts, sizes."""

from matplotlib import font_manager

COLORS = {
    "gradient descent": "#0072B2",
    "momentum": "#D55E00",
    "Nesterov": "#009E73",
    "SGD": "#CC79A7",
    "mini-batch": "#8C564B",
    "averaging": "#A87400",
    "Adam": "#2E93C9",
    "theory": "#333333",
    # Not methods, and never in one picture with them:
    "training": "#0072B2",
    "test": "#D55E00",
    "L2": "#0072B2",
    "L1": "#D55E00",
}
PAPER, INK, AXIS, PETROL = "#FBFAF7", "#333333", "#8C8A84", "#0A6C74"
SCALE = 100  # pixels per inch at which a picture is shown; it holds twice as many, for dense screens


def _fonts():
    """Source Sans, the face of the book's interface, where its package is installed; else matplotlib's own."""
    try:
        from font_source_sans_pro import font_files_ttf
    except ImportError:
        return ["DejaVu Sans"]
    for name in ("SourceSansPro", "SourceSansProIt", "SourceSansProBold"):
        font_manager.fontManager.addfont(font_files_ttf[name])
    return ["Source Sans Pro", "DejaVu Sans"]


FONTS = _fonts()
STYLE = {
    "font.family": FONTS,
    "font.sans-serif": FONTS,
    "font.size": 15,
    "mathtext.fontset": "cm",
    "text.color": INK,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": AXIS,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelcolor": INK,
    "axes.labelsize": 15,
    "axes.labelpad": 4,
    "axes.titlesize": 15,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.xmargin": 0.01,
    "axes.prop_cycle": f"cycler('color', {list(dict.fromkeys(COLORS.values()))})",
    "lines.linewidth": 2.0,
    "lines.solid_capstyle": "round",
}
TICKS = {"color": AXIS, "labelcolor": INK, "labelsize": 14.5, "labelfontfamily": FONTS, "width": 0.8, "length": 4}
