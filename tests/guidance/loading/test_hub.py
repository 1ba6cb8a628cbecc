"""Downloads from a hub on this machine that speaks as much of the hub's protocol as a download needs.

Errors of the real hub are raised by hand, as instances of the exception classes of ``huggingface_hub``.
"""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import Any

import httpx2
import huggingface_hub
import pytest
from huggingface_hub import errors

from guidance.loading import load
from guidance.loading.progress import LOADING_AT
from guidance.text_to_image import Generation, generate
from reswd_torch import InputError
from tests.guidance.loading.local_hub import REPOSITORY, LocalHub, copy_of_embedded, recorder


def test_a_repository_is_downloaded_once_and_then_needs_no_hub(hub: LocalHub) -> None:
    folder = copy_of_embedded(hub.folder / REPOSITORY)
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"old")
    (folder / "whole.safetensors").write_bytes(b"everything in one file")
    told, tell = recorder()
    loaded = load(REPOSITORY, "cpu", tell)
    assert loaded.model is None
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert len({share for share in shares if share < LOADING_AT}) > 5
    assert any("unet/diffusion_pytorch_model-00002-of-00003.safetensors: " in text and "GB" in text for _, text in told)
    assert not {"unet/diffusion_pytorch_model.bin", "whole.safetensors"} & set(hub.served)
    assert len(hub.served) == len(set(hub.served))

    hub.close()
    again = load(REPOSITORY, "cpu")
    assert generate(again.pipe, Generation("a dog", steps=1)).size == (64, 64)
    assert load(REPOSITORY, "cpu", offline=True).placement.dtype == "float32"


def test_stopping_keeps_what_has_arrived(hub: LocalHub) -> None:
    copy_of_embedded(hub.folder / REPOSITORY)

    class Stop(Exception):
        pass

    def stop(share: float, text: str) -> None:
        if share > 0.5:
            raise Stop

    with pytest.raises(Stop):
        load(REPOSITORY, "cpu", stop)
    before = set(hub.served)
    with pytest.raises(
        InputError, match=r"someone/pocket is not complete in the cache, and downloading is off: .* pocket-64"
    ):
        load(REPOSITORY, "cpu", offline=True)
    hub.served.clear()
    told, tell = recorder()
    load(REPOSITORY, "cpu", tell)
    assert told[-1][0] == 1.0
    assert len(set(hub.served) & before) == 1  # the one that was on its way


def test_an_unsupported_pipeline_is_refused_before_anything_large_comes(hub: LocalHub) -> None:
    copy_of_embedded(hub.folder / REPOSITORY, _class_name="StableDiffusionUpscalePipeline")
    with pytest.raises(InputError, match=r"someone/pocket is a StableDiffusionUpscalePipeline, whose colours cannot"):
        load(REPOSITORY, "cpu")
    assert hub.served == ["model_index.json"]
    with pytest.raises(InputError, match="cannot be steered yet: choose a model of one of StableDiffusionPipeline"):
        load(REPOSITORY, "cpu", offline=True)


def test_a_repository_that_is_no_pipeline(hub: LocalHub) -> None:
    (hub.folder / REPOSITORY).mkdir(parents=True)
    (hub.folder / REPOSITORY / "model.safetensors").write_bytes(b"1234")
    with pytest.raises(
        InputError, match=r"someone/pocket is no diffusers pipeline, it holds no model_index.json: choose"
    ):
        load(REPOSITORY, "cpu")


def test_a_repository_that_is_not_there(hub: LocalHub) -> None:
    with pytest.raises(
        InputError, match=r"no model 'stability/sdxl-turb' that is open to you: did you mean stabilityai/sdxl-turbo\?"
    ):
        load("stability/sdxl-turb", "cpu")


def test_a_model_that_does_not_fit_is_refused_before_it_is_downloaded(
    hub: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psutil

    copy_of_embedded(hub.folder / REPOSITORY)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("Memory", (), {"available": 2**20}))
    with pytest.raises(InputError, match=r"someone/pocket at 512 x 512 needs about .* on the CPU"):
        load(REPOSITORY, "cpu")
    assert hub.served == ["model_index.json"]


def test_a_disk_that_is_too_small_is_refused_before_the_download(
    hub: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_of_embedded(hub.folder / REPOSITORY)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 2**20}))
    with pytest.raises(
        InputError, match=r"someone/pocket needs 0.1 GiB more on the disk, and 0.0 GiB are free in .*HF_HOME"
    ):
        load(REPOSITORY, "cpu")
    assert hub.served == ["model_index.json"]


def _answer(status: int) -> httpx2.Response:
    return httpx2.Response(status, request=httpx2.Request("GET", "https://huggingface.co"))


def _caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            errors.GatedRepoError("403", response=_answer(403)),
            r"accept its licence at https://huggingface.co/black-forest-labs/FLUX.1-dev, then set HF_TOKEN or run 'hf auth",
        ),
        (errors.RepositoryNotFoundError("401", response=_answer(401)), r"no model 'black-forest-labs/FLUX.1-dev'"),
        (
            errors.LocalEntryNotFoundError("nothing"),
            "out of reach .* pocket-64, which works offline, as do models that were",
        ),
        (errors.OfflineModeIsEnabled("HF_HUB_OFFLINE"), "the hub is out of reach"),
        (httpx2.ConnectError("no route"), "the hub is out of reach"),
        (httpx2.ReadTimeout("slow"), "the hub is out of reach"),
        (TimeoutError("slow"), "the hub is out of reach"),
        (errors.RevisionResolutionError("no"), "the hub is out of reach"),
        (
            _caused(errors.LocalEntryNotFoundError("x"), errors.HfHubHTTPError("503", response=_answer(503))),
            "the hub answered 503 for black-forest-labs/FLUX.1-dev: try again later",
        ),
        (
            _caused(errors.LocalEntryNotFoundError("x"), errors.GatedRepoError("401", response=_answer(401))),
            "asks for consent",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), r"the disk is full, .* HF_HOME .* what has arrived is kept"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_errors_of_the_hub_say_what_to_do(
    error: Exception, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub, "resolve_revision", lambda *_, **__: "main")
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", fail)
    with pytest.raises(InputError, match=message) as caught:
        load("black-forest-labs/FLUX.1-dev", "cpu")
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is error


def test_an_error_that_nobody_can_mend_stays_what_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub, "resolve_revision", fail)
    with pytest.raises(RuntimeError, match="a bug"):
        load("black-forest-labs/FLUX.1-dev", "cpu")
