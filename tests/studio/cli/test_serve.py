"""What ``reswd serve`` refuses: addresses that cannot be listened on, and folders that must not be open to strangers."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from studio.cli import serve
from tests.studio.command_line import Reswd


def test_serve_allows_no_folders_on_a_space_and_no_whole_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    check = serve._check_allowed
    assert check([tmp_path], "127.0.0.1") == (tmp_path.resolve(),)
    for folder, words in ((tmp_path / "none", "no such folder"), (Path("/"), "the whole disk")):
        with pytest.raises(InputError, match=words):
            check([folder], "127.0.0.1")
    check([tmp_path], "0.0.0.0")
    assert "may read and write below" in capsys.readouterr().err
    monkeypatch.setenv("SPACE_ID", "someone/space")
    with pytest.raises(InputError, match="on a Space anybody could"):
        check([tmp_path], "127.0.0.1")


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
