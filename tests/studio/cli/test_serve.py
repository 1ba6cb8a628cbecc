"""What ``reswd serve`` refuses: addresses that cannot be listened on, folders that must not be open to strangers, an app without
a password on a network; and how it is given passwords and names."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from studio.cli import serve
from studio.cli.passwords import VARIABLE, check_open, users
from tests.studio.command_line import Reswd


def test_serve_allows_no_folders_on_a_space_and_no_whole_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    check = serve.check_allowed
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


# Passwords


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "studio.example.org"])
def test_a_network_address_asks_for_a_password(reswd: Reswd, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    ran = reswd("serve", "--host", host)
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert all(each in ran.err for each in (host, "--auth", VARIABLE, "--i-know", "without a password"))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "LOCALHOST.", "::1", "[::1]", "127.9.9.9", "a.localhost", "::ffff:127.0.0.1"]
)
def test_this_machine_alone_asks_for_none(host: str) -> None:
    check_open(host, False, False)


def test_a_password_a_word_or_a_space_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    check_open("0.0.0.0", True, False)
    check_open("0.0.0.0", False, True)
    monkeypatch.setenv("SPACE_ID", "someone/space")
    check_open("0.0.0.0", False, False)


def test_passwords_come_from_the_line_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "eve:from:the environment")
    assert users([], None) == (("eve", "from:the environment"),)
    file = tmp_path / "users"
    file.write_bytes(b"\xef\xbb\xbf# people\r\n\r\nann:a b:c \r\n bob:\xc3\xa9t\xc3\xa9\n")
    assert users(["joe:x"], file) == (("joe", "x"), ("ann", "a b:c "), ("bob", "été"))
    assert users(["joe:x"], None) == (("joe", "x"),)


@pytest.mark.parametrize("given", ["ann", "ann:", ":secret", " :secret", ""])
def test_half_a_password_is_refused_and_not_quoted(reswd: Reswd, given: str) -> None:
    ran = reswd("serve", f"--auth={given}")
    assert ran.code == 2
    assert "user:password" in ran.err and "secret" not in ran.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"# nobody\n", "no user:password"),
        (b"a:1\na:2\n", "two passwords"),
    ],
)
def test_a_file_of_passwords_that_is_none_is_refused(
    reswd: Reswd, tmp_path: Path, content: bytes | None, words: str
) -> None:
    file = tmp_path / "users"
    if content is not None:
        file.write_bytes(content)
    ran = reswd("serve", "--auth-file", file)
    assert ran.code == 2
    assert words in ran.err and ran.err.count("\n") == 1


# Names


@pytest.mark.parametrize(
    "name", ["https://studio.example.org", "studio.example.org:443", "a/b", "", "a b", "-x.org", "é.org", "x" * 300]
)
def test_what_is_no_name_of_a_host_is_refused(reswd: Reswd, name: str) -> None:
    ran = reswd("serve", f"--name={name}")
    assert ran.code == 2
    assert "not the name of a host" in ran.err and ran.err.count("\n") == 1


def test_a_name_needs_an_app_that_listens_to_this_machine_alone(reswd: Reswd) -> None:
    ran = reswd("serve", "--host", "0.0.0.0", "--name", "studio.example.org", "--i-know")
    assert ran.code == 2
    assert "answers to every name" in ran.err


def test_without_gradio_what_installs_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.cli.serve.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r'needs Gradio, which is not installed: pip install "reswd-studio\[app\]"'):
        serve.serve_command()
