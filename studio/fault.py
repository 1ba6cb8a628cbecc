"""What nobody foresaw, while one file is worked on: it becomes a line about that file, so that the others go on."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reswd_torch.errors import InputError
from studio.watch import Cancelled

_LOG = logging.getLogger(__name__)
_LONGEST = 300
"""Characters of an exception's own words that are shown: some quote all that they stumbled over."""
DISK_ERRORS = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EIO, errno.EFBIG)
"""What a system says of a disk that is full or broken, or takes no file so large. Windows has no quotas (EDQUOT)."""


class Fault(Exception):
    """A file could not be done for a reason that nobody foresaw: most likely a mistake of this program.

    The message is one line and begins with the file. It is no :class:`~reswd_torch.errors.InputError`: a public instance keeps
    its words, which may name folders of the server, to its log.
    """


@contextmanager
def faults_of(path: Path) -> Iterator[None]:
    """Turn any exception of the block, which works on one file, into a line about that file.

    What the caller can mend (InputError), stopping (Cancelled, KeyboardInterrupt) and an output that nobody reads any more
    pass as they are. The traceback goes to the log of this module, at the level DEBUG; ``reswd --debug`` shows it.

    Raises:
        InputError: for what the system refused, such as a name or a full disk.
        Fault: for everything else.
    """
    try:
        yield
    except (InputError, Cancelled, Fault, BrokenPipeError):
        raise
    except Exception as error:
        kind = InputError if _is_of_the_system(error) else Fault
        named = error.filename if kind is InputError and isinstance(error, OSError) else None
        raise kind(f"{shown_path(named or path)}: {fault_line(error)}") from error


def fault_line(error: Exception) -> str:
    """What to say of an exception that nobody foresaw, in one line without the file; its traceback goes to the log."""
    _LOG.debug("an exception that nobody foresaw", exc_info=error)
    if isinstance(error, MemoryError):
        return "not enough memory for it: close other programs, or scale it down"
    own = " ".join(str(error).split())[:_LONGEST]
    if isinstance(error, OSError) and _is_of_the_system(error):
        return f"{error.strerror or error}; choose another name or place"
    return f"internal fault ({type(error).__name__}{': ' if own else ''}{own}): please report it"


def shown_path(path: str | bytes | int | Path) -> str:
    """A path for a line, shortened in its middle where it is long."""
    name = os.fsdecode(path) if isinstance(path, str | bytes | Path) else str(path)
    return name if len(name) <= 120 else f"{name[:60]}…{name[-40:]}"


def _is_of_the_system(error: Exception) -> bool:
    """Whether an operating system refused a name, a place or room. PyAV's errors are called OSError too."""
    told = isinstance(error, OSError) and (error.filename is not None or error.errno in DISK_ERRORS)
    return told and not type(error).__module__.startswith("av.")


def show_tracebacks() -> None:
    """Print the traceback of every fault on stderr from now on, beside its line."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    _LOG.addHandler(handler)
    _LOG.setLevel(logging.DEBUG)
