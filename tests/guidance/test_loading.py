"""Loading, against a hub of our own on this machine that speaks as much of the hub's protocol as a download needs.

What the real hub answers in the cases of the errors is taken from the classes of ``huggingface_hub``, raised by hand.
"""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import huggingface_hub
import pytest
import torch
from huggingface_hub import errors

from guidance import loading
from guidance.catalogue import EMBEDDED_ID, MODELS
from guidance.known import EMBEDDED
from guidance.loading import choose_files, load
from guidance.memory import OFFLOADS, Placement, memory_estimate
from guidance.text_to_image import Generation, generate
from reswd_torch import InputError

PARTS = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")
COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "someone/pocket"


class Hub:
    """Repositories as folders; notes which files were fetched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.served: list[str] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def do_HEAD(self) -> None:
                self.answer(with_body=False)

            def do_GET(self) -> None:
                self.answer(with_body=True)

            def answer(self, with_body: bool) -> None:
                parts = self.path.partition("?")[0].strip("/").split("/")
                status, headers, body = 200, {"X-Repo-Commit": COMMIT}, b""
                if parts[:2] == ["api", "models"]:
                    root = hub.folder / parts[2] / parts[3]
                    files = sorted(file for file in root.rglob("*") if file.is_file())
                    if not files:
                        status, headers["X-Error-Code"] = 404, "RepoNotFound"
                    elif "tree" in parts:
                        tree = [
                            {
                                "type": "file",
                                "path": file.relative_to(root).as_posix(),
                                "size": file.stat().st_size,
                                "oid": "0",
                            }
                            for file in files
                        ]
                        body = json.dumps(tree).encode()
                    else:
                        body = json.dumps({"id": "/".join(parts[2:4]), "sha": COMMIT, "siblings": []}).encode()
                    headers["Content-Type"] = "application/json"
                else:
                    file = hub.folder / parts[0] / parts[1] / "/".join(parts[4:])
                    if file.is_file():
                        body = file.read_bytes()
                        headers["ETag"] = f'"{hashlib.sha1(body).hexdigest()}"'
                        if with_body:
                            hub.served.append("/".join(parts[4:]))
                    else:
                        status, headers["X-Error-Code"] = 404, "EntryNotFound"
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                if with_body:
                    try:
                        self.wfile.write(body)
                    except OSError:  # the other side stopped
                        self.close_connection = True

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def _copy(where: Path, **index: Any) -> Path:
    """The embedded model as a folder of its own, with changes to its index."""
    for part in PARTS:
        shutil.copytree(EMBEDDED / part, where / part)
    values = json.loads((EMBEDDED / "model_index.json").read_text())
    (where / "model_index.json").write_text(json.dumps({**values, **index}))
    return where


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """An empty hub, and an empty cache."""
    ours = Hub(tmp_path / "hub")
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", ours.url)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 2**20)
    for method in ("resolve_revision", "list_repo_tree"):
        monkeypatch.setattr(
            huggingface_hub, method, getattr(huggingface_hub.HfApi(endpoint=ours.url, token=False), method)
        )
    monkeypatch.setattr(
        huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", ours.url + "/{repo_id}/resolve/{revision}/{filename}"
    )
    yield ours
    ours.close()


def _told() -> tuple[list[tuple[float, str]], Any]:
    told: list[tuple[float, str]] = []
    return told, lambda share, text: told.append((share, text))


def test_the_embedded_model_needs_no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "snapshot_download", None)
    told, tell = _told()
    loaded = load(EMBEDDED_ID, "cpu", tell, offline=True)
    assert loaded.model is MODELS[EMBEDDED_ID]
    assert (loaded.placement.dtype, loaded.placement.offload) == ("float32", "none")
    assert [share for share, _ in told] == [0.0, 1.0]


def test_a_folder_loads_and_paints(tmp_path: Path) -> None:
    told, tell = _told()
    loaded = load(str(_copy(tmp_path / "mine")), "cpu", tell)
    assert loaded.model is None
    assert loaded.placement.dtype == "float32"
    assert told[-1][0] == 1.0
    assert loaded.pipe._progress_bar_config == {"disable": True}  # type: ignore[attr-defined]
    assert generate(loaded.pipe, Generation("a dog", steps=2)).size == (64, 64)


def test_a_repository_is_downloaded_once_and_then_needs_no_hub(hub: Hub) -> None:
    folder = _copy(hub.folder / REPOSITORY)
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"old")
    (folder / "whole.safetensors").write_bytes(b"everything in one file")
    told, tell = _told()
    loaded = load(REPOSITORY, "cpu", tell)
    assert loaded.model is None
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert len({share for share in shares if share < loading.LOADING_AT}) > 5
    assert any("unet/diffusion_pytorch_model-00002-of-00003.safetensors: " in text and "GB" in text for _, text in told)
    assert not {"unet/diffusion_pytorch_model.bin", "whole.safetensors"} & set(hub.served)
    assert len(hub.served) == len(set(hub.served))

    hub.close()
    again = load(REPOSITORY, "cpu")
    assert generate(again.pipe, Generation("a dog", steps=1)).size == (64, 64)
    assert load(REPOSITORY, "cpu", offline=True).placement.dtype == "float32"


def test_stopping_keeps_what_has_arrived(hub: Hub) -> None:
    _copy(hub.folder / REPOSITORY)

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
    told, tell = _told()
    load(REPOSITORY, "cpu", tell)
    assert told[-1][0] == 1.0
    assert len(set(hub.served) & before) == 1  # the one that was on its way


def test_an_unsupported_pipeline_is_refused_before_anything_large_comes(hub: Hub) -> None:
    _copy(hub.folder / REPOSITORY, _class_name="StableDiffusionUpscalePipeline")
    with pytest.raises(InputError, match=r"someone/pocket is a StableDiffusionUpscalePipeline, whose colours cannot"):
        load(REPOSITORY, "cpu")
    assert hub.served == ["model_index.json"]
    with pytest.raises(InputError, match="cannot be steered yet: choose a model of one of StableDiffusionPipeline"):
        load(REPOSITORY, "cpu", offline=True)


def test_the_caller_says_what_is_supported(hub: Hub) -> None:
    _copy(hub.folder / REPOSITORY)
    asked: list[str] = []
    with pytest.raises(InputError, match="cannot be steered"):
        load(REPOSITORY, "cpu", supported=lambda name: bool(asked.append(name)))
    assert asked == ["StableDiffusionPipeline"]


def test_a_repository_that_is_no_pipeline(hub: Hub) -> None:
    (hub.folder / REPOSITORY).mkdir(parents=True)
    (hub.folder / REPOSITORY / "model.safetensors").write_bytes(b"1234")
    with pytest.raises(
        InputError, match=r"someone/pocket is no diffusers pipeline, it holds no model_index.json: choose"
    ):
        load(REPOSITORY, "cpu")


def test_a_repository_that_is_not_there(hub: Hub) -> None:
    with pytest.raises(
        InputError, match=r"no model 'stability/sdxl-turb' that is open to you: did you mean stabilityai/sdxl-turbo\?"
    ):
        load("stability/sdxl-turb", "cpu")


def test_a_model_that_does_not_fit_is_refused_before_it_is_downloaded(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psutil

    _copy(hub.folder / REPOSITORY)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("Memory", (), {"available": 2**20}))
    with pytest.raises(InputError, match=r"someone/pocket at 512 x 512 needs about .* on the CPU"):
        load(REPOSITORY, "cpu")
    assert hub.served == ["model_index.json"]


def test_a_disk_that_is_too_small_is_refused_before_the_download(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    _copy(hub.folder / REPOSITORY)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 2**20}))
    with pytest.raises(
        InputError, match=r"someone/pocket needs 0.1 GiB more on the disk, and 0.0 GiB are free in .*HF_HOME"
    ):
        load(REPOSITORY, "cpu")
    assert hub.served == ["model_index.json"]


class Pipe:
    """Notes where a pipeline is put."""

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
    monkeypatch.setattr(loading, "_place", lambda _: "cuda")
    monkeypatch.setattr(loading, "_placement", lambda *_: Placement("bfloat16", offload, estimate))
    monkeypatch.setattr(
        diffusers.DiffusionPipeline, "from_pretrained", lambda _, **options: asked.update(options) or pipe
    )
    loaded = load(str(_copy(tmp_path)))
    assert loaded.pipe is pipe  # type: ignore[comparison-overlap]
    assert pipe.calls == [(offload, "cuda")]
    assert (asked["dtype"], asked["variant"], asked["local_files_only"]) == (torch.bfloat16, None, True)


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
        load(str(_copy(tmp_path)), "cpu")


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


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "model '' is neither a folder nor a name such as 'owner/name'"),
        ("sdxl-turbo", r"model 'sdxl-turbo' is neither .* did you mean stabilityai/sdxl-turbo"),
        ("./nowhere", r"folder './nowhere' is not there"),
        (str(EMBEDDED.parent), r"folder '.*models' holds no model_index.json: give a folder that diffusers wrote"),
    ],
)
def test_names_that_are_none(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(name, "cpu")


def test_a_folder_that_is_broken(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text("{")
    with pytest.raises(InputError, match="its model_index.json is not that of a diffusers pipeline"):
        load(str(tmp_path), "cpu")
    shutil.rmtree(tmp_path)
    _copy(tmp_path)
    (tmp_path / "unet" / "config.json").unlink()
    with pytest.raises(InputError, match="could not be read from"):
        load(str(tmp_path), "cpu")


INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "unet": ["diffusers", "UNet2DConditionModel"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "scheduler": ["diffusers", "PNDMScheduler"],
    "safety_checker": [None, None],
}
SMALL = (
    "unet/config.json", "text_encoder/config.json", "tokenizer/vocab.json", "tokenizer/merges.txt",
    "scheduler/scheduler_config.json",
)  # fmt: skip


def _chosen(weights: list[str], dtype: str) -> tuple[list[str], str | None]:
    everything = ["README.md", "model_index.json", "v1-5-pruned.ckpt", "v1-5-pruned.safetensors", *SMALL, *weights]
    files = choose_files(INDEX, dict.fromkeys(everything, 10), dtype)
    assert files.size == 10 * len(files.files)
    return sorted(set(files.files) - {"model_index.json", *SMALL}), files.variant


def test_only_the_weights_that_are_read_are_chosen() -> None:
    unet, text = "unet/diffusion_pytorch_model", "text_encoder/model"
    many = [
        f"{unet}.bin", f"{unet}.fp16.bin", f"{unet}.safetensors", f"{unet}.fp16.safetensors", f"{unet}.non_ema.safetensors",
        f"{text}.safetensors", f"{text}.fp16.safetensors", "text_encoder/pytorch_model.bin", "text_encoder/flax_model.msgpack",
        "text_encoder/model.onnx", "safety_checker/model.safetensors", "unet/code.py",
    ]  # fmt: skip
    assert _chosen(many, "float16") == ([f"{text}.fp16.safetensors", f"{unet}.fp16.safetensors"], "fp16")
    assert _chosen(many, "float32") == ([f"{text}.safetensors", f"{unet}.safetensors"], None)
    assert _chosen(many, "bfloat16") == ([f"{text}.safetensors", f"{unet}.safetensors"], None)
    # A component without the variant is read without a suffix, one that has nothing else decides for all.
    assert _chosen([f"{unet}.fp16.safetensors", f"{text}.safetensors"], "float16")[1] == "fp16"
    assert _chosen([f"{unet}.fp16.safetensors", f"{text}.safetensors"], "float32")[1] == "fp16"
    assert _chosen([f"{unet}.bin", "text_encoder/pytorch_model.bin"], "float16") == (
        ["text_encoder/pytorch_model.bin", f"{unet}.bin"], None,
    )  # fmt: skip


def test_shards_and_a_whole_file_are_not_both_chosen() -> None:
    def both(stem: str) -> list[str]:
        shards = [f"{stem}-0000{part}-of-00002.safetensors" for part in (1, 2)]
        return [f"{stem}.safetensors", f"{stem}.safetensors.index.json", *shards]

    unet, text = both("unet/diffusion_pytorch_model"), both("text_encoder/model")
    assert _chosen([*unet, *text], "float32") == (sorted([text[0], *unet[1:]]), None)
    assert _chosen([*unet[1:], *text[1:]], "float32") == (sorted([*unet[1:], *text[1:]]), None)
    variant = [f"{unet[0][:-12]}.{end}" for end in ("safetensors.index.fp16.json", "fp16-00001-of-00001.safetensors")]
    assert _chosen([*unet, *variant, text[0]], "float16") == (sorted([*variant, text[0]]), "fp16")


def test_a_repository_without_readable_weights_is_refused() -> None:
    with pytest.raises(InputError, match="no weights of unet that diffusers could read"):
        _chosen(["unet/diffusion_pytorch_model.fp8.safetensors", "text_encoder/model.safetensors"], "float16")
