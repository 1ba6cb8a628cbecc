"""The app under load: clients side by side on a real server, every result compared with what the service gives by itself.

python -m benchmarks.load                      200 jobs, 20 clients
python -m benchmarks.load --minutes 30         the soak: jobs for half an hour

Every client has a pair of pictures of its own. A result that is not, to the byte, what the service makes of just that pair was
mixed up with another's, or is not repeatable; the run then ends with an error. Memory is what the server holds (resident), disk
what it keeps in its folder.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np

from benchmarks.serving import Server, match_data, picture_of, serving

_ROW = 10
"""Number of rows of the table."""


@dataclass(frozen=True, eq=False)
class Pair:
    """The pictures of one client, and what the service makes of them.

    Attributes:
        source, reference: files.
        digest: SHA-256 of the result's bytes.
    """

    source: Path
    reference: Path
    digest: str


@dataclass(eq=False)
class Load:
    """What happened so far.

    Attributes:
        seconds: of each job, from the upload to the last byte of the result.
        wrong: what went wrong, in words.
        held: (jobs, MiB resident, MiB on the disk) now and then.
    """

    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    held: list[tuple[int, float, float]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    begun: int = 0


def make_pairs(folder: Path, clients: int, edge: int) -> list[Pair]:
    """Pairs of pictures that nobody else has, with their results."""
    from PIL import Image

    from reswd_torch.settings import MatchSettings
    from studio.references import choose_reference
    from studio.service import deliver_into, job_for

    pairs = []
    for number in range(clients):
        random = np.random.default_rng(number)
        paths = []
        for name in ("source", "reference"):
            place = folder / f"{name}-{number}.png"
            coarse = random.integers(0, 256, (12, 16, 3), np.uint8)
            Image.fromarray(coarse).resize((edge, edge * 3 // 4), Image.Resampling.BICUBIC).save(place)
            paths.append(place)
        made = folder / f"made-{number}"
        made.mkdir()
        wanted = choose_reference(file=paths[1])
        delivered = deliver_into(job_for(paths[0], wanted, MatchSettings()), made)
        pairs.append(Pair(paths[0], paths[1], _digest(delivered.written["output"].read_bytes())))
    return pairs


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def run_load(server: Server, pairs: list[Pair], jobs: int | None, minutes: float | None) -> Load:
    """Let a client for each pair send one job after the other, until so many are begun or the time is over."""
    load = Load()
    until = None if minutes is None else time.monotonic() + 60 * minutes
    clients = [threading.Thread(target=_send_all, args=(server, pair, load, jobs, until)) for pair in pairs]
    for client in clients:
        client.start()
    while any(client.is_alive() for client in clients):
        _measure(server, load)
        time.sleep(0.5)
    for client in clients:
        client.join()
    _measure(server, load)
    return load


def _send_all(server: Server, pair: Pair, load: Load, jobs: int | None, until: float | None) -> None:
    while True:
        with load.lock:
            if (jobs is not None and load.begun >= jobs) or (until is not None and time.monotonic() > until):
                return
            if server.process.poll() is not None:
                return
            load.begun += 1
        began = time.monotonic()
        try:
            said = _problem_of(server, pair)
        except Exception as error:  # a client that fails is a result of the load, too
            said = f"{type(error).__name__}: {error}"
        with load.lock:
            load.seconds.append(time.monotonic() - began)
            if said:
                load.wrong.append(f"{pair.source.name}: {said}")


def _problem_of(server: Server, pair: Pair) -> str:
    """Send one job; what is wrong with its result, or nothing."""
    answer = server.call("match", match_data(server.upload(pair.source), server.upload(pair.reference)))
    if "event: complete" not in answer:
        return f"no result: {answer[-300:]!r}"
    result = httpx.get(f"{server.url}/gradio_api/file={picture_of(answer)}", timeout=120)
    return "" if _digest(result.content) == pair.digest else "these are not the bytes of its own match"


def _measure(server: Server, load: Load) -> None:
    with load.lock:
        done = len(load.seconds)
    if not load.held or done > load.held[-1][0]:
        load.held.append((done, resident_mib(server.process.pid), disk_mib(server.own)))


def resident_mib(process: int) -> float:
    """Resident memory of a process, MiB; not a number where the system does not say."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), float("nan"))


def disk_mib(folder: Path) -> float:
    """Size of all files below a folder, MiB."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size if path.is_file() else 0
        except OSError:  # it has just gone
            continue
    return total / (1 << 20)


def table(load: Load, clients: int, seconds: float) -> Iterator[str]:
    """What happened, as Markdown."""
    in_order = sorted(load.seconds)
    p50, p95 = statistics.median(in_order), in_order[min(len(in_order) - 1, round(0.95 * len(in_order)))]
    yield f"{len(in_order)} jobs of {clients} clients in {seconds:.0f} s, {len(in_order) / seconds:.2f} a second"
    yield f"{len(load.wrong)} wrong; latency p50 {p50:.1f} s, p95 {p95:.1f} s, longest {in_order[-1]:.1f} s"
    yield ""
    yield "| jobs done | resident memory, MiB | temporary files, MiB |"
    yield "|---|---|---|"
    every = max(1, len(load.held) // _ROW)
    for done, memory, disk in [*load.held[:-1:every], load.held[-1]]:
        yield f"| {done} | {memory:.0f} | {disk:.1f} |"


def main(arguments: list[str] | None = None) -> None:
    """Run the load, and print the table. Ends with an error when a result was wrong."""
    parser = argparse.ArgumentParser(description="The app under load.")
    parser.add_argument("--jobs", type=int, default=None, help="number of jobs; 200 unless minutes are given")
    parser.add_argument("--clients", type=int, default=20, help="number of clients side by side")
    parser.add_argument("--minutes", type=float, default=None, help="go on for so long")
    parser.add_argument("--edge", type=int, default=640, help="width of the pictures, pixels")
    given = parser.parse_args(arguments)
    jobs = 200 if given.jobs is None and given.minutes is None else given.jobs
    with tempfile.TemporaryDirectory(prefix="reswd-load-") as name:
        folder = Path(name)
        pairs = make_pairs(folder, given.clients, given.edge)
        with serving(folder) as server:
            began = time.monotonic()
            load = run_load(server, pairs, jobs, given.minutes)
            print("\n".join(table(load, given.clients, time.monotonic() - began)))
            if server.process.poll() is not None:
                load.wrong.append(
                    f"the server ended with {server.process.returncode}: {server.log.read_text()[-2000:]}"
                )
    if load.wrong:
        raise SystemExit("\n".join(load.wrong[:20]))


if __name__ == "__main__":
    main()
