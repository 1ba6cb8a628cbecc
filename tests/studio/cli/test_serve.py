"""reswd serve: addresses that cannot be listened on."""

from __future__ import annotations

import socket

import pytest

from tests.studio.command_line import Reswd


@pytest.mark.parametrize("port", [0, 99999])
def test_serve_refuses_a_port_out_of_range(reswd: Reswd, port: int) -> None:
    ran = reswd("serve", "--port", port)
    assert ran.code == 2
    assert str(port) in ran.err


def test_serve_refuses_a_port_in_use(reswd: Reswd) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = reswd("serve", "--port", taken.getsockname()[1])
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert "choose another --port" in ran.err
