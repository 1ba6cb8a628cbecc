"""Models that bring code along: none of it runs."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from guidance.loading import load
from reswd_torch.errors import InputError
from tests.guidance.loading.local_hub import copy_of_embedded


class _Runs:
    """Pickled, it makes a file when it is read by a program that trusts it."""

    def __init__(self, made: Path) -> None:
        self.made = made

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.made,)


def test_the_pickle_would_run(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(_Runs(tmp_path / "ran")))
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("component", ["unet", "text_encoder"])
@pytest.mark.parametrize("as_torch", [True, False])
def test_weights_are_read_as_tensors_alone(tmp_path: Path, component: str, as_torch: bool) -> None:
    import torch

    folder, made = tmp_path / "model", tmp_path / "ran"
    copy_of_embedded(folder)
    name = "diffusion_pytorch_model.bin" if component == "unet" else "pytorch_model.bin"
    for weights in (folder / component).glob("*.safetensors*"):
        weights.unlink()
    if as_torch:
        torch.save({"weight": _Runs(made)}, folder / component / name)
    else:
        (folder / component / name).write_bytes(pickle.dumps(_Runs(made)))
    with pytest.raises(InputError):
        load(str(folder), "cpu")
    assert not made.exists()


@pytest.mark.parametrize("place", ["_class_name", "unet", "scheduler"])
def test_code_of_a_model_is_not_imported(tmp_path: Path, place: str) -> None:
    folder, made = tmp_path / "model", tmp_path / "ran"
    copy_of_embedded(folder)
    index = json.loads((folder / "model_index.json").read_text())
    code = f"from pathlib import Path\nPath({str(made)!r}).touch()\nclass Evil: pass\n"
    for home in (folder, folder / "unet", folder / "scheduler"):
        (home / "evil.py").write_text(code)
    index[place] = ["evil", "Evil"]
    (folder / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(InputError):
        load(str(folder), "cpu")
    assert not made.exists()
