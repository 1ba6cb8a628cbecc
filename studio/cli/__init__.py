"""The command line:
reswd match | apply | convert | how | learn | inpaint | batch | drift | guide | generate | serve | desktop | mcp.

Each command is one file. Heavy modules load inside the commands, so that --help is quick.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Annotated, TextIO

import typer
from typer.exceptions import TyperException

from reswd_torch.errors import InputError
from studio.cli.apply import apply_command
from studio.cli.batch import batch_command
from studio.cli.desktop import desktop_command
from studio.cli.drift import drift_command
from studio.cli.generate import generate_command
from studio.cli.grades import convert_command, how_command
from studio.cli.guide import guide_command
from studio.cli.inpaint import inpaint_command
from studio.cli.learn import learn_command
from studio.cli.match import match_command
from studio.cli.mcp import mcp_command
from studio.cli.serve import serve_command
from studio.cli.words import in_words, one_line
from studio.fault import DISK_ERRORS, Fault, show_tracebacks, shown_path
from studio.signals import exit_code, unwinding

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
app.command("convert")(convert_command)
app.command("how")(how_command)
app.command("learn")(learn_command)
app.command("inpaint")(inpaint_command)
app.command("batch")(batch_command)
app.command("drift")(drift_command)
app.command("guide")(guide_command)
app.command("generate")(generate_command)
app.command("serve")(serve_command)
app.command("mcp")(mcp_command)
app.command("desktop")(desktop_command)


def main() -> None:
    """Entry point of ``reswd``. Input that cannot be used is one line on stderr and exit code 2."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # names of files need not be of any encoding
    with unwinding():
        try:
            code = _run()
        except KeyboardInterrupt:
            code = exit_code() or 130
            _say("stopped; nothing half-written was left behind")
        except OSError as error:  # a name that no file can have, a full disk, an output that takes no more
            if (told := exit_code()) is None and not _can_be_mended(error):
                raise  # of a connection or a library: nothing that a name or a place could mend
            code = told or 2  # once a terminal is closed, nothing can be written to it
            _say(_of_the_system(error))
            if error.filename is None:
                _drop_output()
    raise SystemExit(code)


def _run() -> int:
    """Do what the arguments say: the exit code. Raises KeyboardInterrupt and OSError."""
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except InputError as error:
        _say(in_words(error))
        return 2
    except Fault as error:  # what nobody foresaw about a file
        _say(str(error))
        return 1
    except TyperException as error:  # a flag or argument that is unknown, missing or malformed
        message = " ".join(error.format_message().split()) if hasattr(error, "format_message") else str(error)
        if message:  # empty where the help was printed instead
            _say(f"{message.rstrip('.')}; see reswd --help")
        return 2
    except (BrokenPipeError, SystemExit) as error:
        # Whoever read the output has gone, as in `reswd … | head`; of that typer makes an end with 1.
        if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
            raise
        _drop_output()
        return _OUTPUT_CLOSED
    if code == 130:  # what typer makes of Ctrl+C
        raise KeyboardInterrupt
    return exit_code() or (code if isinstance(code, int) else 0)


_OUTPUT_CLOSED = 141
"""128 and the number of SIGPIPE: how other programs end when nobody reads them any more."""


def _open_closed_streams() -> None:
    """Open the null device where a standard stream is closed (``>&-``): the next file that is opened would take its place, and
    whatever a library prints would be written into it.
    """
    for number, name in ((0, "stdin"), (1, "stdout"), (2, "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), "r" if number == 0 else "w"))


def _say(line: str) -> None:
    """A line on stderr, if anybody can read it."""
    with suppress(OSError):
        print(f"reswd: {one_line(line)}", file=sys.stderr, flush=True)


def _drop_output() -> None:
    """Let what is left in the buffer of an output that failed go nowhere: at the end it would fail once more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.__stdout__, sys.__stderr__):
        with suppress(OSError, ValueError):
            if stream is not None and not _takes(stream):
                os.dup2(nowhere, stream.fileno())


def _takes(stream: TextIO) -> bool:
    """Whether what waits in a stream's buffer can be written."""
    try:
        stream.flush()
    except OSError:
        return False
    return True


def _can_be_mended(error: OSError) -> bool:
    """Whether another name or place helps against an error of the system."""
    return error.filename is not None or error.errno in DISK_ERRORS


def _of_the_system(error: OSError) -> str:
    """What the system refused, in a line."""
    shown = shown_path(error.filename) if isinstance(error.filename, str | bytes) else ""
    what = f"{shown}: " if shown else "" if error.filename is not None else "the output: "
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
