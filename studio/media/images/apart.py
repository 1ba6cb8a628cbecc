"""Decoding in a process of its own, which can be killed: what a stranger's file makes of a decoder ends with the process.

The process is :mod:`studio.media.images.decoder`. It is started when the first file needs one, and stays for the next.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import BoundedSemaphore, Lock, Timer
from typing import Any, cast

from reswd_torch.errors import InputError
from studio.media.images.limits import Limits
from studio.media.images.picture import Decoded

_MOST = 2
"""Processes at a time. Whoever comes third waits for one: each may take as much memory as the limits say."""
_turns = BoundedSemaphore(_MOST)
_idle: list[subprocess.Popen[bytes]] = []
_lock = Lock()


def decode_apart(path: Path, limits: Limits, *rest: Any) -> Decoded:
    """Decode a file as ``studio.media.images.read`` does, in another process.

    Args:
        path: the file.
        limits: the time and memory that it may take.
        rest: the other arguments of ``decode_here`` in :mod:`studio.media.images.read`, which can be pickled.

    Raises:
        InputError: as in this process; or the time or the memory is used up.
    """
    question = (path.absolute(), limits.memory, rest)
    with _turns:
        process, is_new = _take()
        answer, late = _ask(process, question, limits.seconds)
        if answer is None and not late and not is_new:
            answer, late = _ask(_start(), question, limits.seconds)  # it may have been ending before
    if answer is None:
        raise InputError(
            f"{path}: decoding takes longer than {limits.seconds:g} s, the limit here: save it as JPEG or PNG first"
            if late
            else f"{path}: the decoder failed on this picture: copy or export it again"
        )
    if isinstance(answer, MemoryError):
        raise InputError(
            f"{path}: decoding takes more than {limits.memory / 2**30:g} GiB, the limit here: save it as JPEG or PNG first"
        )
    if isinstance(answer, InputError):
        raise InputError(answer.problem.replace(str(path.absolute()), str(path)), answer.remedy)
    return cast(Decoded, answer)


def _ask(process: subprocess.Popen[bytes], question: tuple[Any, ...], seconds: float) -> tuple[object, bool]:
    """The answer of a process, which is idle afterwards; None if it ended instead, and whether that was for the time."""
    late: list[bool] = []

    def end_late() -> None:
        late.append(True)
        process.kill()

    timer = Timer(seconds, end_late)
    timer.start()
    try:
        assert process.stdin is not None and process.stdout is not None
        pickle.dump(question, process.stdin)
        process.stdin.flush()
        answer = pickle.load(process.stdout)
    except (EOFError, OSError, pickle.UnpicklingError):
        _end(process)
        return None, bool(late)
    except BaseException:
        _end(process)
        raise
    finally:
        timer.cancel()
    with _lock:
        _idle.append(process)
    return answer, False


def _take() -> tuple[subprocess.Popen[bytes], bool]:
    """An idle process that seems to be alive, or a new one; and whether it is new. One may have been killed a moment ago."""
    with _lock:
        while _idle:
            process = _idle.pop()
            if process.poll() is None:
                return process, False
            _end(process)
    return _start(), True


def _start() -> subprocess.Popen[bytes]:
    """A new process."""
    # One thread for each library: they would reserve memory for all cores, and the page's own work needs these.
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    places = os.pathsep.join(each for each in sys.path if each)
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "studio.media.images.decoder"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what decoders print
        env=os.environ | single | {"PYTHONPATH": places},
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process, and wait until its memory is free."""
    process.kill()
    with suppress(OSError):
        process.communicate()
