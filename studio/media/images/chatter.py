"""What libraries in C print on the terminal about damaged files: a user can do nothing about it, and gets one line of ours."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock

# The functions of libtiff, and the name by which Pillow calls its file.
_LIBTIFF = re.compile(
    rb"(tempfile\.tif|MissingRequired|_?TIFF\w*|O?JPEG\w*|Fax\w*|LZW\w*|PackBits\w*|ZIP\w*|ZSTD\w*|LZMA\w*|WebP\w*|Predictor\w*"
    rb"|NeXT\w*|Thunder\w*|Log\w*|PixarLog\w*|LERC\w*|JBIG\w*|CCITT\w*|horiz\w*|swab\w*|fp\w*|Unknown\w*): "
)
_lock = Lock()


@contextmanager
def without_libtiff() -> Iterator[None]:
    """Keep what libtiff prints in the block from the terminal. Everything else that is printed there comes when the block ends.

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
                    if not _LIBTIFF.match(line):
                        os.write(2, line)
