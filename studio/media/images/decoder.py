"""The process that decodes for another one, which :mod:`studio.media.images.apart` starts as a module.

A question on standard input is a path, the memory in bytes, and the other arguments of ``decode_here``. The answer on standard
output is the decoded picture or an error. Both are pickled.
"""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import IO, Any

from reswd_torch.errors import InputError
from studio.media.images.picture import Decoded
from studio.media.images.read import decode_here


def _limit_memory(more: int) -> None:
    """Let this process take ``more`` bytes beside what it has, where the system knows such limits."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        allowed = pages * resource.getpagesize() + more
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (allowed if most < 0 else min(allowed, most), most))
    except (ImportError, OSError, ValueError):  # Windows, macOS
        pass


def _answer(question: tuple[Path, int, tuple[Any, ...]]) -> Decoded | InputError | MemoryError:
    """Decode, or say why not."""
    path, memory, rest = question
    _limit_memory(memory)
    try:
        return decode_here(path, *rest)
    except InputError as error:
        return InputError(error.problem, error.remedy)
    except MemoryError:
        return MemoryError()


def _serve(asked: IO[bytes], answers: IO[bytes]) -> None:
    """Answer questions until the other side is gone."""
    while True:
        try:
            question = pickle.load(asked)
        except EOFError:
            return
        pickle.dump(_answer(question), answers, protocol=5)
        answers.flush()


if __name__ == "__main__":
    own = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a decoder prints is no answer
    _serve(sys.stdin.buffer, own)
