"""What mkdocs does beyond its own for the handbook (a hook of mkdocs.yml).

Pages lie in docs/ as they read on GitHub, and link to files of the repository beside it. In the site those files lie in
``repository/``: Markdown as pages, everything else as it is. The Python reference gets the docstrings below its list.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files, InclusionLevel

from tools.reference import PACKAGES, public_names

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
"""Files of the repository that are in the handbook whether a page links to them or not."""
BESIDE = "repository/"
_LINK = re.compile(r"(\]\()([^()\s#]+)((?:#[^()\s]*)?\))")
"""What follows the words of a link or a picture: the bracket, its target, its anchor."""


def on_files(files: Files, config: Any) -> Files:
    """Add the files of the repository that pages link to, and pages for the packages."""
    todo = [*PROJECT]
    for page in files.documentation_pages():
        todo += _beside(f"docs/{page.src_uri}", page.content_string)
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        if name.endswith(".md"):
            todo += _beside(name, (ROOT / name).read_text(encoding="utf-8"))
        files.append(_generated(config, BESIDE + name, path=ROOT / name))
    for package in PACKAGES:
        names = "".join(f"\n::: {package}.{name}\n" for name in public_names(package))
        files.append(_generated(config, _page_of(package), content=f"# {package}\n\n{PACKAGES[package]}\n{names}"))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Turn links within the repository into links within the site, and the names of the reference into links."""
    uri = page.file.src_uri
    home = uri.removeprefix(BESIDE) if uri.startswith(BESIDE) else f"docs/{uri}"

    def within(link: re.Match[str]) -> str:
        place = _in_the_site(_place(home, link[2]))
        return (
            link[0] if place is None else f"{link[1]}{posixpath.relpath(place, posixpath.dirname(uri) or '.')}{link[3]}"
        )

    # What is folded is Markdown on GitHub; Python-Markdown has to be told.
    markdown = _LINK.sub(within, markdown).replace("<details>", '<details markdown="1">')
    return _linked_names(markdown) if uri == "api.md" else markdown


def _linked_names(markdown: str) -> str:
    """The list of the reference, each name leading to its docstring."""
    package = ""
    lines = []
    for line in markdown.splitlines():
        if line.startswith("## "):
            package = line[3:].strip()
            line += f"\n\n[All of it, with arguments and errors]({_page_of(package)})"
        elif row := re.match(r"\| `(\w+)` (.*)", line):
            line = f"| [`{row[1]}`]({_page_of(package)}#{package}.{row[1]}) {row[2]}"
        lines.append(line)
    return "\n".join(lines)


def _page_of(package: str) -> str:
    return f"api/{package}.md"


def _beside(home: str, text: str) -> list[str]:
    """The files outside of docs/ that a page of the repository links to."""
    places = (_place(home, target) for _, target, _ in _LINK.findall(text))
    return [place for place in places if place is not None and not place.startswith("docs/")]


def _place(home: str, target: str) -> str | None:
    """The file of the repository that a link of a page means; None where it means something else."""
    if re.match(r"[a-z]+:", target):
        return None
    place = posixpath.normpath(posixpath.join(posixpath.dirname(home), target))
    return place if not place.startswith("..") and (ROOT / place).is_file() else None


def _in_the_site(place: str | None) -> str | None:
    if place is None:
        return None
    return place.removeprefix("docs/") if place.startswith("docs/") else BESIDE + place


def _generated(config: Any, uri: str, *, path: Path | None = None, content: str | None = None) -> File:
    """A file of the site that does not lie in docs/."""
    given: dict[str, Any] = {"content": content} if path is None else {"abs_src_path": str(path)}
    return File.generated(config, uri, inclusion=InclusionLevel.NOT_IN_NAV, **given)
