"""Progress arrives, jobs take turns, and one that is cancelled stops and leaves no file."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import ClientSession, McpError
from mcp.types import (
    CallToolRequest,
    CallToolRequestParams,
    CallToolResult,
    CancelledNotification,
    CancelledNotificationParams,
    ClientNotification,
    ClientRequest,
)

from studio.mcp.at_work import THREAD, AtWork
from studio.media.allowed import Allowed
from studio.watch import Cancelled, Event, Watch
from tests.studio.command_line import snapshot
from tests.studio.mcp.sessions import with_client

GUIDE = {"prompt": "a sailboat", "palette": "#1d3557:3,#e63946", "output": "o.png"}


def test_progress_grows_and_says_what_is_done(folder: Path) -> None:
    heard: list[tuple[float, float | None, str | None]] = []

    async def ask(client: ClientSession) -> CallToolResult:
        async def hear(share: float, total: float | None, text: str | None) -> None:
            heard.append((share, total, text))

        return await client.call_tool("guide_generation", GUIDE | {"steps": 6}, progress_callback=hear)

    assert not with_client(Allowed((folder,)), ask).isError
    shares = [share for share, _, _ in heard]
    assert shares == sorted(set(shares)) and shares[-1] > 0
    assert all(total == 1.0 and 0 <= share <= 1 for share, total, _ in heard)
    assert any(text and text.startswith("step ") for _, _, text in heard)


async def _cancelled(client: ClientSession, tool: str, arguments: dict[str, Any]) -> float:
    """Cancel a call once it tells progress; how long it took until the server could do the next."""
    under_way = anyio.Event()

    async def hear(share: float, total: float | None, text: str | None) -> None:
        under_way.set()

    async def asked() -> None:
        number = client._request_id  # the number of the request that is sent next
        numbers.append(number)
        request = CallToolRequest(params=CallToolRequestParams(name=tool, arguments=arguments))
        with pytest.raises(McpError, match="cancelled"):
            await client.send_request(ClientRequest(request), CallToolResult, progress_callback=hear)

    numbers: list[int] = []
    async with anyio.create_task_group() as both:
        both.start_soon(asked)
        await under_way.wait()
        told = CancelledNotificationParams(requestId=numbers[0], reason="enough")
        await client.send_notification(ClientNotification(CancelledNotification(params=told)))
    began = time.monotonic()
    await client.call_tool("describe_grade", {"grade": "none.cube"})
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("guide_generation", GUIDE | {"steps": 200, "plain": True}),
        ("guide_generation", GUIDE | {"steps": 200, "overwrite": True}),
    ],
)
def test_a_call_that_is_cancelled_stops_and_leaves_nothing(folder: Path, tool: str, arguments: dict[str, Any]) -> None:
    if arguments.get("overwrite"):
        (folder / "o.png").write_bytes(b"before")
    before = snapshot(folder.parent)
    took = with_client(Allowed((folder,)), lambda client: _cancelled(client, tool, arguments))
    assert took < 20  # all 200 steps take longer than the ten that this waits for at most
    assert snapshot(folder.parent) == before
    assert not [one for one in threading.enumerate() if one.name == THREAD]


def test_a_folder_that_is_cancelled_keeps_what_is_done_and_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.service.batch import run

    graded = run.grade_one

    def slowly(task: Any) -> Any:
        time.sleep(0.4)
        return graded(task)

    monkeypatch.setattr(run, "grade_one", slowly)
    ask = {"folder": "shots", "reference": "warm.png", "output_folder": "out", "jobs": 1}
    with_client(Allowed((folder,)), lambda client: _cancelled(client, "match_folder", ask))
    made = {one.name for one in (folder / "out").iterdir()}
    assert {"report.csv", "run.json"} <= made and not any(name.startswith(".") for name in made)
    assert len(made) < 5
    done = with_client(Allowed((folder,)), lambda client: client.call_tool("match_folder", ask | {"resume": True}))
    assert not done.isError and done.structuredContent is not None and done.structuredContent["done"] == 3


def test_jobs_take_turns_and_are_told_to_wait() -> None:
    heard: list[str] = []
    together: list[int] = []
    at_once = threading.Semaphore(1)

    def job(watch: Watch) -> str:
        assert at_once.acquire(blocking=False), "two jobs at once"
        watch.event(Event(0.5, "half"))
        time.sleep(0.25)
        at_once.release()
        together.append(1)
        return "done"

    async def hear(event: Event) -> None:
        heard.append(event.text)

    async def main() -> None:
        at_work = AtWork()
        async with anyio.create_task_group() as many:
            for _ in range(3):
                many.start_soon(at_work.run, job, hear)

    anyio.run(main)
    assert len(together) == 3
    assert heard.count("waiting for another job") == 2 and heard.count("half") == 3


def test_a_task_that_is_cancelled_waits_for_its_job_to_stop() -> None:
    ended: list[bool] = []

    def job(watch: Watch) -> None:
        try:
            while True:
                watch.check()
                time.sleep(0.01)
        finally:
            time.sleep(0.1)
            ended.append(True)

    async def quiet(event: Event) -> None:
        pass

    async def main() -> None:
        at_work = AtWork()
        with anyio.move_on_after(0.3):
            await at_work.run(job, quiet)
        assert ended == [True]
        at_work.end()
        with pytest.raises(Cancelled):
            await at_work.run(job, quiet)

    anyio.run(main)
