"""Two pages of the handbook that follow from the code: docs/commands.md from the command line, docs/api.md from the docstrings.

    python -m tools.reference     write both anew (`make reference`)

The built handbook has every signature and docstring below the list of docs/api.md (tools/handbook.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COMMANDS, API = ROOT / "docs" / "commands.md", ROOT / "docs" / "api.md"
PACKAGES = {
    "reswd_torch": "The core: tensors in, grades out. It needs PyTorch, NumPy, OpenCV and OpenColorIO.",
    "guidance": "Steering of diffusers pipelines. It needs the extra `guide`.",
    "studio.service": "Jobs from files to files, as the command line does them. It needs the extra `app`.",
    "studio.jobs": "What can be asked of the services. A job that cannot be done is refused when it is made.",
    "studio.references": "What a source is matched to.",
}
"""The packages whose names are public, each with a sentence."""
_WITHOUT_ALL = {"studio.references": ("choose_reference", "choose_batch_reference", "choose_guide_reference")}
"""The public names of modules that have no ``__all__``."""
_COMMANDS = """# Commands

<!-- Written by `make reference`. Change the help texts, not this file. -->

What `reswd COMMAND --help` says, on one page. `python -m studio` is the same program as `reswd`.

Every refusal is one line on standard error. Exit codes: 0, all done; 1, some of several files failed; 2, nothing was done, since
the input or an option cannot be used; 130, stopped by Ctrl+C.

| command | |
|---|---|
{rows}
`reswd --version` shows the version. `reswd --debug COMMAND ...` shows tracebacks of internal faults.
"""
_API = """# Python reference

<!-- Written by `make reference`. Change the docstrings, not this file. -->

The public names. Arguments, shapes, ranges, colour encodings and errors stand in their docstrings: in `help(NAME)`, and below
each name in the handbook that `make docs` builds. [How they are used](library.md).
"""


def commands() -> str:
    """docs/commands.md."""
    import typer.main

    from studio.cli import app

    group: Any = typer.main.get_command(app)
    rows = "".join(
        f"| [`reswd {name}`](#reswd-{name}) | {_first(one.help)} |\n" for name, one in group.commands.items()
    )
    parts = [_COMMANDS.format(rows=rows)]
    parts += [_command(name, one) for name, one in group.commands.items()]
    return "\n".join(parts)


def _command(name: str, command: Any) -> str:
    """The section of one command."""
    shown = [one for one in command.params if not one.hidden and one.name != "help"]
    arguments = [one for one in shown if one.param_type_name == "argument"]
    words = " ".join(_argument(one) for one in arguments)
    paragraphs = "\n\n".join(" ".join(part.split()) for part in command.help.split("\n\n"))
    text = f"## reswd {name}\n\n{paragraphs}\n\n```text\nreswd {name} {f'{words} ' if words else ''}[OPTIONS]\n```\n"
    panels: dict[str, list[Any]] = {}
    for one in (one for one in shown if one.param_type_name == "option"):
        panels.setdefault(one.rich_help_panel or "", []).append(one)
    if arguments:
        text += "\n| argument | |\n|---|---|\n"
        text += "".join(f"| `{one.metavar}` | {_cell(one.help)} |\n" for one in arguments)
    for panel, options in panels.items():
        title = f"**{panel}**\n\n" if panel else ""
        text += f"\n{title}| option | value | |\n|---|---|---|\n"
        text += "".join(_option(one) for one in options)
    return text


def _argument(one: Any) -> str:
    name = f"{one.metavar} ..." if one.nargs != 1 else str(one.metavar)
    return name if one.required else f"[{name}]"


def _option(one: Any) -> str:
    """A row: the long name first."""
    names = ", ".join(f"`{name}`" for name in sorted(one.opts, key=len, reverse=True))
    value = "" if one.is_flag else f"`{one.metavar or one.type_descriptor.annotation.__name__}`".replace("|", "\\|")
    help_text = _cell(one.help)
    if one.default not in (None, False, (), []) and "(default" not in help_text:
        help_text += f" (default: {one.default})"
    return f"| {names}{', required' if one.required else ''} | {value} | {help_text} |\n"


def _cell(text: str) -> str:
    """Words that stay in their cell and are no markup."""
    return re.sub(r"([|*])", r"\\\1", " ".join((text or "").split())).replace("<", "&lt;")


def _first(text: str) -> str:
    """The first sentence of a help text or docstring, on one line."""
    line = " ".join(text.strip().split("\n\n")[0].split())
    end = line.find(". ")
    return _cell(line[: end + 1] if end > 0 else line)


def public_names(package: str) -> list[str]:
    """The public names of one of :data:`PACKAGES`, in alphabetical order, constants of a batch's words left out."""
    given = [str(name) for name in _loaded(package).exports or _WITHOUT_ALL[package]]
    names = [name for name in given if not name.startswith("_")]
    return sorted((name for name in names if not name.isupper() or package != "studio.jobs"), key=str.lower)


def _loaded(package: str) -> Any:
    """A package as griffe reads it, without importing it."""
    return _modules()[package]


@cache
def _modules() -> Any:
    import griffe

    loader = griffe.GriffeLoader(search_paths=[str(ROOT)])
    for top in ("reswd_torch", "guidance", "studio"):
        loader.load(top)
    loader.resolve_aliases(implicit=True)
    return loader.modules_collection


def _rows(package: str) -> Iterator[str]:
    from tools.docstrings import plain

    loaded = _loaded(package)
    for name in public_names(package):
        if (docstring := loaded[name].docstring) is not None:
            sentence = plain(_first(docstring.value)).replace("``", "`")
            yield f"| `{name}` | {loaded[name].kind.value} | {sentence} |\n"


def api() -> str:
    """docs/api.md."""
    parts = [_API]
    for package, sentence in PACKAGES.items():
        parts.append(f"## {package}\n\n{sentence}\n\n| name | kind | |\n|---|---|---|\n" + "".join(_rows(package)))
    return "\n".join(parts)


def main() -> None:
    """Write both pages."""
    for path, text in ((COMMANDS, commands()), (API, api())):
        path.write_text(text, encoding="utf-8", newline="\n")
        print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
