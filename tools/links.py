"""Does every link lead somewhere? Of the Markdown pages as they lie in the repository, and of the handbook once it is built.

    python -m tools.links [build/site]

A link to a file of the repository or of the site has to name a file that is there, and an anchor a heading or an id of it. Links
to other places are looked at for their form alone: nothing is fetched. The site itself may load nothing from other places.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "build" / "site"
ELSEWHERE = {"build", "dist", "node_modules", "outputs", "screenshots"}
"""Folders that are no part of the repository. Hidden ones are none either."""
_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_HEADINGS = {f"h{level}" for level in range(1, 7)}


@dataclass
class Page(HTMLParser):
    """What a page links to, and the places in it that can be linked to.

    Attributes:
        headings: whether headings get anchors from their words, as GitHub gives them; a built page has ids instead.
        links: of each link its tag and its target.
        anchors: ids, names and, where ``headings``, what headings are called.
    """

    headings: bool = False
    links: list[tuple[str, str]] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    _heading: list[str] | None = None

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what a tag links to, and its anchors."""
        given = {key: value for key, value in attrs if value}
        self.anchors |= {given[key] for key in ("id", "name") if key in given and (key == "id" or tag == "a")}
        self.links += [
            (tag, given[key].strip()) for key in ("href", "src") if key in given and given.get("rel") != "canonical"
        ]
        if tag in _HEADINGS:
            self._heading = []

    def handle_data(self, data: str) -> None:
        """Keep the words of a heading."""
        if self._heading is not None:
            self._heading.append(data)

    def handle_endtag(self, tag: str) -> None:
        """Name a heading."""
        if tag in _HEADINGS and self._heading is not None:
            if self.headings:
                self.anchors.add(_free(slug("".join(self._heading)), self.anchors))
            self._heading = None


def slug(words: str) -> str:
    """The anchor that GitHub makes of a heading: lower case, punctuation gone, a hyphen for each space."""
    return re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")


def _free(name: str, taken: set[str]) -> str:
    """The same with a number, where a heading before has it."""
    return next(one for one in (name, *(f"{name}-{number}" for number in range(1, 1000))) if one not in taken)


@cache
def page_at(path: Path) -> Page:
    """A Markdown or HTML file, read."""
    text = path.read_text(encoding="utf-8")
    markdown = path.suffix == ".md"
    page = Page(headings=markdown)
    page.feed(_MARKDOWN.render(_FRONT_MATTER.sub("", text)) if markdown else text)
    return page


def faults(path: Path, root: Path, *, built: bool = False) -> Iterator[str]:
    """What is wrong with the links of a page, a line each: ``page: target: reason``.

    Args:
        path: the page.
        root: the folder that it may not link out of; ``/`` is this one in a built site.
        built: whether it is a page of the site, which loads nothing from elsewhere, and where a folder means its index.html.
    """
    for tag, target in page_at(path).links:
        if reason := _reason(path, tag, target, root.resolve(), built):
            yield f"{path.relative_to(root)}: {target}: {reason}"


def _reason(path: Path, tag: str, target: str, root: Path, built: bool) -> str:
    """Why a link leads nowhere; empty where it leads somewhere."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return "no address"
    if parts.scheme or parts.netloc:
        return _reason_outside(tag, target, built)
    place = _place(path, unquote(parts.path), root, built)
    if place is None:
        return "an address from the root"
    if not place.is_relative_to(root):
        return "outside of the folder"
    if not place.exists() or (built and place.is_dir()):
        return "no such file"
    if parts.fragment and place.suffix in (".md", ".html") and unquote(parts.fragment) not in page_at(place).anchors:
        return "no such anchor"
    return ""


def _place(path: Path, named: str, root: Path, built: bool) -> Path | None:
    """The file that a relative link names; None for one from the root of no site."""
    if named.startswith("/") and not built:
        return None
    place = (root / named.lstrip("/") if named.startswith("/") else path.parent / named if named else path).resolve()
    return place / "index.html" if built and place.is_dir() else place


def _reason_outside(tag: str, target: str, built: bool) -> str:
    """What is wrong with the form of an address elsewhere."""
    parts = urlsplit(target)
    if parts.scheme == "data":
        return ""
    if parts.scheme == "mailto":
        return "" if "@" in parts.path else "no address"
    if parts.scheme not in ("http", "https"):
        return "no https address"
    if re.search(r"\s", target) or not re.fullmatch(r"[\w-]+(\.[\w-]+)+", parts.hostname or ""):
        return "no address"
    return "the site would load it from elsewhere" if built and tag != "a" else ""


def documents(root: Path) -> list[Path]:
    """The Markdown files of a repository, in order."""
    folders = [one for one in root.iterdir() if one.is_dir() and one.name[0] != "." and one.name not in ELSEWHERE]
    return sorted([*root.glob("*.md"), *(path for folder in folders for path in folder.rglob("*.md"))])


def check(pages: Iterable[Path], root: Path, *, built: bool = False) -> list[str]:
    """The faults of all pages."""
    return [fault for path in pages for fault in faults(path, root, built=built)]


def main(arguments: list[str]) -> int:
    """Print every fault; 1 where there are any."""
    found = check(documents(ROOT), ROOT)
    count = len(documents(ROOT))
    if arguments:
        site = Path(arguments[0]).resolve()
        pages = sorted(site.rglob("*.html"))
        if not pages:
            found.append(f"{arguments[0]}: no page in it: make docs")
        found += check(pages, site, built=True)
        count += len(pages)
    print("\n".join([*found, f"links: {count} pages, {len(found)} faults"]))
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
