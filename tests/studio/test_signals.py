"""A signal may call a function in place of raising: a window is closed by it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals to send")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_the_first_signal_calls_and_further_ones_do_nothing(name: str) -> None:
    code = f"""
import os, signal
from studio.signals import call_in_order, exit_code

called = []
call_in_order(lambda: called.append("closed"))
print(exit_code())
for number in (signal.{name}, signal.SIGTERM, signal.SIGINT):
    os.kill(os.getpid(), number)
print(called, exit_code() - 128 == signal.{name})
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split("\n")[:2] == ["None", "['closed'] True"]
