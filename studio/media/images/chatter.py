"""What libraries in C print on the terminal about damaged files: a user can do nothing about it, and gets one line of ours."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import Lock

# The functions of libtiff, and the name by which Pillow calls its file.
_LIBTIFF = re.compile(
    rb"(tempfile\.tif|MissingRequired|_?TIFF\w*|O?JPEG\w*|Fax\w*|LZW\w*|PackBits\w*|ZIP\w*|ZSTD\w*|LZMA\w*|WebP\w*|Predictor\w*"
    rb"|NeXT\w*|Thunder\w*|Log\w*|PixarLog\w*|LERC\w*|JBIG\w*|CCITT\w*|horiz\w*|swab\w*|fp\w*|Unknown\w*): "
)
# What LibRaw prints while it unpacks, behind the name of the file.
_LIBRAW = re.compile(rb".*: (Unexpected end of file|data corrupted at -?\d+)$")
_lock = Lock()


def without_libtiff() -> AbstractContextManager[None]:
    """Keep what libtiff prints in the block from the terminal. All else that is printed there comes when the block ends."""
    return _without(_LIBTIFF)


def without_libraw() -> AbstractContextManager[None]:
    """The same for what LibRaw prints."""
    return _without(_LIBRAW)


@contextmanager
def _without(unwanted: re.Pattern[bytes]) -> Iterator[None]:
    """Keep lines that begin like ``unwanted`` from the terminal.

    The standard error belongs to the whole process, so that one thread at a time is inside.
    """
    with _lock:
        with suppress(OSError, ValueError, AttributeError):  # no terminal
            sys.stderr.flush()
        try:
            own = os.dup(2)
        except OSError:
            yield
            return
        with tempfile.TemporaryFile() as caught:
            os.dup2(caught.fileno(), 2)
            try:
                yield
            finally:
                with suppress(OSError, ValueError, AttributeError):
                    sys.stderr.flush()
                os.dup2(own, 2)
                os.close(own)
                caught.seek(0)
                for line in caught:
                    if not unwanted.match(line):
                        os.write(2, line)
