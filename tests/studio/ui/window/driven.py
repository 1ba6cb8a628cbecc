"""A person at the window of ``reswd desktop``, for the tests: run as a program under an X server, with what to do as JSON.

The system's dialogues are those of the test. What the person saw is the last line of stdout, as JSON.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import traceback
import webbrowser
from pathlib import Path
from typing import Any

import httpx

from studio.ui.window.app import desktop
from studio.ui.window.dialogs import NativeDialogs

_LONGEST = 90.0
seen: dict[str, Any] = {}


class Told(NativeDialogs):
    """Dialogues that are answered at once. What is dropped comes from the toolkit."""

    def __init__(self, asked: dict[str, Any]) -> None:
        super().__init__(None)
        self._asked = asked

    def folder(self, start: str) -> str | None:
        return str(self._asked["results"])

    def save(self, name: str) -> str | None:
        seen["proposed"] = name
        return str(self._asked["saved"])


class Person:
    """Works with the page by its scripts, and with the window by Qt's events.

    Args:
        window: pywebview's.
    """

    def __init__(self, window: Any) -> None:
        self.window = window

    def see(self, script: str) -> Any:
        return self.window.evaluate_js(script)

    def until(self, script: str) -> Any:
        """Wait until an expression of the page is true."""
        end = time.monotonic() + _LONGEST
        while time.monotonic() < end:
            if found := self.see(f"(() => {{ try {{ return {script}; }} catch {{ return null; }} }})()"):
                return found
            time.sleep(0.2)
        raise TimeoutError(script)

    def open_batch(self) -> None:
        tab = "[...document.querySelectorAll('button[role=tab]')].find((each) => each.textContent.trim() === 'Batch')"
        self.until(f"{tab} && ({tab}.click(), true)")
        self.until("document.querySelector('#batch-choose-here').offsetParent !== null")

    def text_in(self, box: str) -> str:
        return str(self.see(f"document.querySelector('{box} :is(input, textarea)').value"))

    def write(self, box: str, text: str) -> None:
        self.see(
            f"(() => {{ const box = document.querySelector('{box} :is(input, textarea)'); box.value = {json.dumps(text)}; "
            "box.dispatchEvent(new Event('input', {bubbles: true})); })()"
        )

    def drop(self, path: str, place: str) -> None:
        """Drop a folder onto a part of the page, as a file manager does."""
        from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
        from qtpy.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
        from qtpy.QtWidgets import QApplication

        box = self.see(
            f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])({place}.getBoundingClientRect())"
        )
        mime, at, buttons = QMimeData(), QPoint(*map(int, box)), Qt.MouseButton.LeftButton
        mime.setUrls([QUrl.fromLocalFile(path)])
        rest = (Qt.DropAction.CopyAction, mime, buttons, Qt.KeyboardModifier.NoModifier)
        view = self.window.native.webview
        for event in (
            QDragEnterEvent(at, *rest),
            *(QDragMoveEvent(at, *rest) for _ in range(3)),
            QDropEvent(QPointF(at), *rest),
        ):
            done = threading.Event()

            def send(event: Any = event, done: threading.Event = done) -> None:
                QApplication.sendEvent(view, event)
                done.set()

            self.window.native.create_window_trigger.emit(send)
            done.wait(10)
            time.sleep(0.4)  # the page says whether it takes what is over it


def work(person: Person, asked: dict[str, Any]) -> None:
    """Choose both folders, run, and save a file; or close the window in the middle of the run."""
    person.open_batch()
    url = person.see("location.href")
    seen["title"], seen["uploads"] = person.window.title, None
    seen["stranger"] = httpx.get(url, trust_env=False).status_code
    person.drop(asked["pictures"], "document.querySelector('#batch-here')")
    person.until("document.querySelector('#batch-here :is(input, textarea)').value")
    seen["here"] = person.text_in("#batch-here")
    person.see("document.querySelector('#batch-choose-results').click()")
    person.until("document.querySelector('#batch-results :is(input, textarea)').value")
    seen["results"] = person.text_in("#batch-results")
    person.see("document.querySelector('#batch-colours input[value=Palette]').click()")
    person.until("document.querySelector('#batch-palette').offsetParent !== null")
    person.write("#batch-palette", "#203040 #806040 #e0c090")
    person.see("document.querySelector('#batch-start').click()")
    if asked["leave_early"]:
        results = Path(asked["results"])
        end = time.monotonic() + _LONGEST
        while not list(results.glob("*.png")) and time.monotonic() < end:
            time.sleep(0.01)
        return
    person.until("/ done/.test(document.querySelector('#batch-bar').textContent)")
    seen["bar"] = person.see("document.querySelector('#batch-bar').textContent")
    person.see(
        "(() => { const link = Object.assign(document.createElement('a'), {href: '/favicon.ico', download: 'icon.png'}); "
        "document.body.append(link); link.click(); link.remove(); })()"
    )
    person.until("document.querySelector('.window-said')?.textContent.startsWith('Saved: ')")
    asked_for = "performance.getEntriesByType('resource').map((each) => each.name)"
    person.see(
        "(() => { const link = Object.assign(document.createElement('a'), {href: 'https://example.org/paper'}); "
        "document.body.append(link); link.click(); })()"
    )
    end = time.monotonic() + 10
    while not seen["outside"] and time.monotonic() < end:
        time.sleep(0.1)
    person.drop(asked["pictures"], "document.querySelector('h1')")
    least = person.window.native.minimumSize()
    seen["least"], seen["stayed"] = [least.width(), least.height()], person.see("location.href") == url
    seen["uploads"] = person.see(f"{asked_for}.filter((name) => name.includes('upload'))")


def main() -> None:
    asked = json.loads(sys.argv[1])

    def opened(window: Any) -> None:
        try:
            work(Person(window), asked)
        except Exception:
            seen["fault"] = traceback.format_exc()
        print(json.dumps(seen), flush=True)
        window.destroy()

    seen["outside"] = []
    webbrowser.open = lambda address: seen["outside"].append(address) is None
    desktop(dialogs=Told(asked), opened=opened)


if __name__ == "__main__":
    main()
