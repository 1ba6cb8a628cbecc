"""What frames the tabs: title, theme, styles and scripts. No request goes to any other server.

Every tab keeps its own style sheet in its folder.
"""

from __future__ import annotations

from pathlib import Path

from studio.ui.page.theme import theme

__all__ = ["CSS", "HEAD", "INTRO", "TITLE", "theme"]

_UI = Path(__file__).parent.parent
TITLE = "ReSWD Studio"
INTRO = (
    '<div class="intro"><h1>ReSWD Studio</h1>'
    "<p>Give a photograph the colours of another one, or have a model paint in them.</p></div>"
)

CSS = "".join(
    (_UI / name).read_text(encoding="utf-8")
    for name in ("page/page.css", "match/match.css", "batch/batch.css", "clip/clip.css", "guide/guide.css")
)
"""The style sheets of the page and of its tabs."""
HEAD = "".join(
    f"<script>\n{(_UI / name).read_text(encoding='utf-8')}</script>" for name in ("page/drop.js", "clip/clip.js")
)
"""The scripts of the page."""
