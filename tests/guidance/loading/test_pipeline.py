"""Reading a pipeline: it is put where the plan says, and what goes wrong is said with what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from guidance.catalogue import EMBEDDED_ID, MODELS
from guidance.loading import load, load_embedded, model, plan
from guidance.memory import OFFLOADS, Placement, memory_estimate
from reswd_torch import InputError
from tests.guidance.loading.local_hub import copy_of_embedded


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            ImportError("T5Tokenizer requires sentencepiece\nmore"),
            r"needs a package .*\(T5Tokenizer requires sentencepiece\): ",
        ),
        (
            torch.OutOfMemoryError("CUDA out of memory"),
            r"does not fit into the memory of cpu, estimated at about .* pocket-64",
        ),
        (
            ValueError("unknown component"),
            r"could not be read from .* \(unknown component\): get it anew",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_errors_of_reading_say_what_to_do(
    error: Exception, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import diffusers

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(diffusers.DiffusionPipeline, "from_pretrained", fail)
    with pytest.raises(InputError, match=message):
        load(str(copy_of_embedded(tmp_path)), "cpu")


class Pipe:
    """A pipeline that notes where it is put."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def set_progress_bar_config(self, disable: bool) -> None:
        assert disable

    def to(self, device: str) -> Pipe:
        self.calls.append(("none", device))
        return self

    def enable_model_cpu_offload(self, device: str) -> None:
        self.calls.append(("model", device))

    def enable_sequential_cpu_offload(self, device: str) -> None:
        self.calls.append(("sequential", device))


@pytest.mark.parametrize("offload", OFFLOADS)
def test_the_placement_is_carried_out(offload: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import diffusers

    asked: dict[str, Any] = {}
    pipe = Pipe()
    estimate = memory_estimate(MODELS[EMBEDDED_ID], 64, 64, offload)
    monkeypatch.setattr(model, "resolved_device", lambda _: "cuda")
    monkeypatch.setattr(plan, "placement_for", lambda *_: Placement("bfloat16", offload, estimate))
    monkeypatch.setattr(
        diffusers.DiffusionPipeline, "from_pretrained", lambda _, **options: asked.update(options) or pipe
    )
    loaded = load(str(copy_of_embedded(tmp_path)))
    assert loaded.pipe is pipe  # type: ignore[comparison-overlap]
    assert pipe.calls == [(offload, "cuda")]
    assert (asked["dtype"], asked["variant"], asked["local_files_only"]) == (torch.bfloat16, None, True)


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no model here"):
        load_embedded(folder=tmp_path)


def test_a_device_that_is_not_there() -> None:
    with pytest.raises(InputError, match="'mps'|'cuda'"):
        load_embedded("mps" if not torch.backends.mps.is_available() else "cuda")
