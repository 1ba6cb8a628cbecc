"""The command line: reswd match | apply | batch | guide | generate | serve, one file a command.

Heavy modules load inside the commands, so that --help is quick.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from reswd_torch.errors import InputError
from studio.cli.apply import apply_command
from studio.cli.batch import batch_command
from studio.cli.generate import generate_command
from studio.cli.guide import guide_command
from studio.cli.match import match_command
from studio.cli.serve import serve_command
from studio.cli.words import in_words
from studio.fault import Fault, show_tracebacks

app = typer.Typer(
    name="reswd",
    help="Give a picture the colours of another one, and take the grade with you.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("match")(match_command)
app.command("apply")(apply_command)
app.command("batch")(batch_command)
app.command("guide")(guide_command)
app.command("generate")(generate_command)
app.command("serve")(serve_command)


def main() -> None:
    """Entry point of ``reswd``. Input that cannot be used is one line on stderr and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # names of files need not be of any encoding
    try:
        code = app(standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
        if code == 130:  # what typer makes of Ctrl+C
            raise KeyboardInterrupt
    except InputError as error:
        print(f"reswd: {in_words(error)}", file=sys.stderr)
        raise SystemExit(2) from None
    except Fault as error:  # what nobody foresaw about a file
        print(f"reswd: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except TyperException as error:  # a flag or argument that is unknown, missing or malformed
        message = " ".join(error.format_message().split()) if hasattr(error, "format_message") else str(error)
        if message:  # empty where the help was printed instead
            print(f"reswd: {message.rstrip('.')}; see reswd --help", file=sys.stderr)
        raise SystemExit(2) from None
    except BrokenPipeError:  # whoever read the output has gone, as in `reswd … | head`
        _drop_output()
        raise SystemExit(141) from None
    except OSError as error:  # a name that no file can have, a full disk, an output that takes no more
        if error.filename is None and error.errno not in (errno.ENOSPC, errno.EIO):
            raise  # of a connection or a library: nothing that a name or a place could mend
        print(f"reswd: {_of_the_system(error)}", file=sys.stderr)
        if error.filename is None:
            _drop_output()
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("reswd: stopped; nothing half-written was left behind", file=sys.stderr)
        raise SystemExit(130) from None
    raise SystemExit(code if isinstance(code, int) else 0)


def _drop_output() -> None:
    """Let what is left in the buffer of an output that failed go nowhere: at the end it would fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _of_the_system(error: OSError) -> str:
    """What the system refused, in a line."""
    name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
    shown = name if len(name) <= 120 else f"{name[:60]}…{name[-40:]}"
    what = f"{shown}: " if shown else "the output: " if error.errno in (errno.ENOSPC, errno.EIO) else ""
    return f"{what}{error.strerror or error}; choose another name or place"


def _show_version(wanted: bool) -> None:
    if wanted:
        from reswd_torch import __version__

        print(f"reswd-studio {__version__}")
        raise typer.Exit


def _debug(wanted: bool) -> None:
    if wanted:
        show_tracebacks()


_DEBUG = typer.Option("--debug", help="Show tracebacks of internal faults.", callback=_debug)
_VERSION = typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_show_version)


@app.callback()
def _root(version: Annotated[bool, _VERSION] = False, debug: Annotated[bool, _DEBUG] = False) -> None:
    """Nothing of its own: the commands do the work."""
