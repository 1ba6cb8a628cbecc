"""Model folders of strangers: none runs code, and whatever is wrong with one is said in a line."""

from __future__ import annotations

import json
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from guidance.loading.model import load
from reswd_torch.errors import InputError
from tests.guidance.loading.local_hub import copy_of_embedded

MARK = "code-was-run"


class Pickled:
    """What leaves a mark when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.mark = str(folder / MARK)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        return open, (self.mark, "w")


def code(folder: Path, name: str) -> str:
    """A module that leaves a mark when it is imported."""
    mark = folder / MARK
    return f"open({str(mark)!r}, 'w')\nfrom diffusers import UNet2DConditionModel\nclass {name}(UNet2DConditionModel): pass\n"


def change(file: Path, **fields: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


def own_component(folder: Path) -> None:
    change(folder / "model_index.json", unet=["evil", "Evil"])
    (folder / "unet" / "evil.py").write_text(code(folder, "Evil"))


def own_pipeline(folder: Path) -> None:
    change(folder / "model_index.json", _class_name=["pipeline", "Evil"])
    (folder / "pipeline.py").write_text(code(folder, "Evil"))


def own_tokenizer(folder: Path) -> None:
    change(
        folder / "tokenizer" / "tokenizer_config.json",
        auto_map={"AutoTokenizer": ["evil.Evil", None]},
        tokenizer_class="Evil",
    )
    (folder / "tokenizer" / "evil.py").write_text(code(folder, "Evil"))


def own_text_encoder(folder: Path) -> None:
    change(folder / "text_encoder" / "config.json", auto_map={"AutoModel": "evil.Evil"}, architectures=["Evil"])
    (folder / "text_encoder" / "evil.py").write_text(code(folder, "Evil"))


def module_of_the_system(folder: Path) -> None:
    change(folder / "model_index.json", unet=["os", "system"])


def pickles_alone(folder: Path) -> None:
    for file in (folder / "unet").glob("*safetensors*"):
        file.unlink()
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(pickle.dumps(Pickled(folder)))


def pickles_beside(folder: Path) -> None:
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(pickle.dumps(Pickled(folder)))
    (folder / "scheduler" / "scheduler.pkl").write_bytes(pickle.dumps(Pickled(folder)))


def pickle_as_safetensors(folder: Path) -> None:
    (folder / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(pickle.dumps(Pickled(folder)))


def list_that_leads_out(folder: Path) -> None:
    lists = folder / "unet" / "diffusion_pytorch_model.safetensors.index.json"
    names = json.loads(lists.read_text())["weight_map"]
    change(lists, weight_map=dict.fromkeys(names, "../../../../../../etc/passwd"))


def link_to_a_device(folder: Path) -> None:
    file = folder / "vae" / "diffusion_pytorch_model.safetensors"
    file.unlink()
    file.symlink_to("/dev/zero")


def link_to_itself(folder: Path) -> None:
    file = folder / "vae" / "config.json"
    file.unlink()
    file.symlink_to("config.json")


def torch_file_alone(folder: Path) -> None:
    pickles_alone(folder)
    torch.save({"weight": Pickled(folder)}, folder / "unet" / "diffusion_pytorch_model.bin")


def test_what_is_put_in_would_leave_a_mark(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Pickled(tmp_path)))
    assert (tmp_path / MARK).exists()


RUNS_NO_CODE = [
    own_component, own_pipeline, own_tokenizer, own_text_encoder, module_of_the_system, pickles_alone, pickles_beside,
    torch_file_alone,
    pickle_as_safetensors, list_that_leads_out, link_to_a_device, link_to_itself,
]  # fmt: skip


@pytest.mark.parametrize("spoil", RUNS_NO_CODE)
def test_no_code_of_a_folder_is_run(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    """It is loaded without it, or refused in a line."""
    folder = copy_of_embedded(tmp_path / "model")
    spoil(folder)
    try:
        load(str(folder), "cpu")
    except InputError as error:
        assert "\n" not in str(error) and str(folder) in str(error)
    assert not (folder / MARK).exists()


INDEXES: dict[str, Callable[[Path], object]] = {
    "a folder": lambda place: place.mkdir(),
    "a pipe": lambda place: os.mkfifo(place),
    "a device": lambda place: place.symlink_to("/dev/zero"),
    "a link to itself": lambda place: place.symlink_to(place.name),
    "nothing": lambda place: place.touch(),
    "broken": lambda place: place.write_text('{"_class_name": '),
    "a list": lambda place: place.write_text("[1]"),
    "nested": lambda place: place.write_text("[" * 200_000),
    "long": lambda place: place.write_text('{"a": "' + "x" * (2 << 20) + '"}'),
    "no text": lambda place: place.write_bytes(b"\xff\xfe\0{"),
    "no name": lambda place: place.write_text('{"_class_name": {"a": 1}}'),
}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
@pytest.mark.parametrize("case", INDEXES)
def test_an_index_that_is_none_is_refused_in_a_line(case: str, tmp_path: Path) -> None:
    INDEXES[case](tmp_path / "model_index.json")
    with pytest.raises(InputError) as caught:
        load(str(tmp_path), "cpu")
    assert "\n" not in str(caught.value) and str(tmp_path) in str(caught.value) and len(str(caught.value)) < 600


def safetensors(header: bytes, data: bytes = b"", length: int | None = None) -> bytes:
    """A safetensors file: 8 bytes with the length of the header, the header, the data."""
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def one_tensor(**facts: object) -> bytes:
    return safetensors(
        json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} | facts}).encode(), bytes(8)
    )


WEIGHTS = {
    "a header beyond the file": safetensors(b"{}", length=1000),
    "a header beyond all memory": safetensors(b"{}", length=2**63),
    "offsets beyond the file": one_tensor(data_offsets=[0, 2**40]),
    "offsets the wrong way": one_tensor(data_offsets=[8, 0]),
    "a shape beyond all memory": one_tensor(shape=[2**40, 2**20]),
    "a shape that overflows": one_tensor(shape=[2**63, 2]),
    "no such type": one_tensor(dtype="F4096"),
    "no JSON": safetensors(b"{"),
    "other tensors": one_tensor(),
    "nothing": b"",
    "cut": safetensors(b"{}")[:5],
}


@pytest.mark.parametrize("case", WEIGHTS)
def test_weights_that_lie_are_refused_in_a_line(case: str, tmp_path: Path) -> None:
    """Format: a length in 8 bytes, a header of JSON with types, shapes and offsets, the data (safetensors' own description)."""
    folder = copy_of_embedded(tmp_path / "model")
    (folder / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(WEIGHTS[case])
    with pytest.raises(InputError) as caught:
        load(str(folder), "cpu")
    assert "\n" not in str(caught.value) and str(folder) in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["unet", "text_encoder", "vae", "scheduler"])
@pytest.mark.parametrize("fields", [{}, {"_class_name": "Evil"}, {"block_out_channels": [-1]}, {"hidden_size": 10**9}])
def test_configurations_that_are_none_are_refused_or_without_effect(
    part: str, fields: dict[str, object], tmp_path: Path
) -> None:
    folder = copy_of_embedded(tmp_path / "model")
    config = next((folder / part).glob("*config.json"))
    config.write_text("[]") if not fields else change(config, **fields)
    try:
        load(str(folder), "cpu")
    except InputError as error:
        assert "\n" not in str(error)
