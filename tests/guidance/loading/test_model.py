"""A model is loaded by its id: the embedded one, a folder, or a repository."""

from __future__ import annotations

from pathlib import Path

import huggingface_hub
import pytest

from guidance.catalogue import EMBEDDED_ID, MODELS
from guidance.loading import load
from guidance.text_to_image import Generation, generate
from reswd_torch import InputError
from tests.guidance.loading.local_hub import REPOSITORY, LocalHub, copy_of_embedded, recorder


def test_the_embedded_model_needs_no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "snapshot_download", None)
    told, tell = recorder()
    loaded = load(EMBEDDED_ID, "cpu", tell, offline=True)
    assert loaded.model is MODELS[EMBEDDED_ID]
    assert (loaded.placement.dtype, loaded.placement.offload) == ("float32", "none")
    assert [share for share, _ in told] == [0.0, 1.0]


def test_a_folder_loads_and_paints(tmp_path: Path) -> None:
    told, tell = recorder()
    loaded = load(str(copy_of_embedded(tmp_path / "mine")), "cpu", tell)
    assert loaded.model is None
    assert loaded.placement.dtype == "float32"
    assert told[-1][0] == 1.0
    assert loaded.pipe._progress_bar_config == {"disable": True}  # type: ignore[attr-defined]
    assert generate(loaded.pipe, Generation("a dog", steps=2)).size == (64, 64)


def test_the_caller_says_what_is_supported(hub: LocalHub) -> None:
    copy_of_embedded(hub.folder / REPOSITORY)
    asked: list[str] = []
    with pytest.raises(InputError, match="cannot be steered"):
        load(REPOSITORY, "cpu", supported=lambda name: bool(asked.append(name)))
    assert asked == ["StableDiffusionPipeline"]
