"""The same work on a Ray cluster (extra ``cluster``). Scheduling, placing and transport are Ray's."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from reswd_torch import __version__
from reswd_torch.errors import InputError
from studio.remedies import JobRemedy

LOCAL = "local"


class RayExecutor(Executor):
    """Ray as an executor of the standard library's kind.

    Args:
        address: ``"local"`` starts a cluster on this machine that ends with the run; anything else is joined, such as
            ``"auto"`` or ``"ray://head:10001"``.
        jobs: how many tasks run at once on a cluster of our own; theirs decides by its cores.

    Raises:
        InputError: Ray is not installed, or the cluster cannot be joined.
    """

    def __init__(self, address: str, jobs: int) -> None:
        try:
            import ray
        except ImportError as error:
            raise InputError("a cluster needs Ray, which is not installed", JobRemedy.INSTALL_CLUSTER) from error
        if address != LOCAL:
            _check_reachable(address)
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
        try:
            if address == LOCAL:
                os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # the coming default; else it warns
                ray.init(num_cpus=jobs, include_dashboard=False, **quiet)
            else:
                ray.init(address=address, **quiet)
        except (ray.exceptions.RayError, ConnectionError, ValueError, RuntimeError, OSError) as error:
            raise _nothing_there(address, str(error)) from error
        self._ray = ray
        # Our own loop tries a task again when its worker died, and so can say it in the report.
        self._call = ray.remote(num_cpus=1, max_retries=0)(_call)
        self.slots = max(1, int(ray.cluster_resources().get("CPU", 1)))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = self._call.remote(fn, *args, **kwargs).future()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._ray.shutdown()


def _check_reachable(address: str) -> None:
    """Whether anything listens there: Ray itself asks for minutes before it gives up."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdigit():  # "auto", or a name that Ray knows
        return
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=5):
            pass
    except (OSError, OverflowError) as error:
        raise _nothing_there(address, str(error)) from error


def _nothing_there(address: str, reason: str) -> InputError:
    reason = " ".join(reason.split())[:200]
    return InputError(f"no Ray cluster at {address!r} ({reason})", JobRemedy.CHECK_CLUSTER)


def check_workers(workers: RayExecutor, folder: Path, output: Path) -> None:
    """Ask one worker of the cluster whether it can do the work at all.

    Raises:
        InputError: another version, or folders that it does not see.
    """
    try:
        version, sees = workers.submit(_look, str(folder), str(output)).result()
    except Exception as error:  # whatever goes wrong on the way: most often the package is not installed there
        reason = " ".join(str(getattr(error, "cause", None) or error).split())[-200:]
        raise InputError(
            f"the cluster cannot run this program ({reason}): install reswd-studio on its nodes"
        ) from error
    if version != __version__:
        raise InputError(
            f"the cluster runs reswd-studio {version}, this is {__version__}: install the same on all nodes"
        )
    for path in (folder, output):
        if str(path) not in sees:
            raise InputError(f"{path}: the cluster's nodes do not see this folder: use one on storage that all share")


def _look(*folders: str) -> tuple[str, list[str]]:
    return __version__, [folder for folder in folders if Path(folder).is_dir()]


def _call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    from reswd_torch.threads import work_on_one_core

    work_on_one_core()
    return function(*args, **kwargs)
