"""What `reswd serve` refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from studio.cli import serve


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
