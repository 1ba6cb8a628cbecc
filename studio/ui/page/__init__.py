"""What frames the tabs: title, theme, styles and scripts. No request goes to any other server.

Every tab keeps its own style sheet in its folder.
"""

from __future__ import annotations

from pathlib import Path

from studio.ui.page.early import surround_first
from studio.ui.page.theme import theme

__all__ = ["CSS", "HEAD", "INTRO", "TITLE", "surround_first", "theme"]

_UI = Path(__file__).parent.parent
TITLE = "ReSWD Studio"
_SURROUNDS = {"system": "System", "dark": "Dark", "mid": "Mid-grey", "light": "Light"}
"""The surrounds that a person can choose, by the values that surround.js knows."""
_SWITCH = "".join(
    f'<label><input type="radio" name="surround" value="{value}"><i data-of="{value}" aria-hidden="true"></i>{name}</label>'
    for value, name in _SURROUNDS.items()
)
INTRO = (
    '<header class="intro"><h1>ReSWD Studio</h1>'
    "<p>Give a photograph the colours of another one, or have a model paint in them.</p>"
    f'<fieldset class="surround"><legend>Surround</legend>{_SWITCH}</fieldset></header>'
)

_SHEETS = (
    "page/page.css",
    "page/surround.css",
    "page/focus.css",
    "desk/desk.css",
    "match/match.css",
    "match/strips.css",
    "batch/batch.css",
    "clip/clip.css",
    "guide/guide.css",
)
_SCRIPTS = (
    "page/parts.js",
    "page/drop.js",
    "page/names.js",
    "page/pickers.js",
    "page/stops.js",
    "page/served.js",
    "page/pinned.js",
    "page/spaces.js",
    "match/strips.js",
    "match/kept.js",
    "match/history.js",
    "match/compared.js",
    "batch/order.js",
    "batch/large.js",
    "batch/sheet.js",
    "clip/clip.js",
    "guide/pixels.js",
)

CSS = "".join((_UI / name).read_text(encoding="utf-8") for name in _SHEETS)
"""The style sheets of the page and of its tabs."""
HEAD = "".join(f"<script>\n{(_UI / name).read_text(encoding='utf-8')}</script>" for name in _SCRIPTS)
"""The scripts of the page."""
