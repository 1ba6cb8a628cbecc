"""The pipeline that a process keeps: one model at a time, freed before the next one is loaded."""

from __future__ import annotations

import weakref
from typing import Any

import pytest

import guidance.loading
from guidance.loading import LoadedModel
from guidance.memory import MemoryEstimate, Placement
from studio.service.guide import pipelines
from studio.service.guide.pipelines import pipeline
from studio.watch import Cancelled


class FakePipe:
    """Nothing but what the keeper of pipelines touches."""

    freed = 0
    placement = Placement("float32", "none", MemoryEstimate(0, 0, 0))
    itself: Any = None

    def maybe_free_model_hooks(self) -> None:
        self.freed += 1


def test_the_last_model_is_gone_before_the_next_one_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines, "_kept", {})
    here: list[weakref.ref[Any]] = []

    def load(model: str, *_: Any, **__: Any) -> Any:
        assert all(one() is None for one in here)
        pipe = FakePipe()
        pipe.itself = pipe  # as pipelines do: only the collector frees it
        here.append(weakref.ref(pipe))
        return pipe

    monkeypatch.setattr(guidance.loading, "load", load)
    for model in ("a", "b", "b", " b ", "a"):
        with pipeline(model):
            pass
    assert len(here) == 3


def test_the_same_model_on_another_device_or_in_fewer_bits_is_loaded_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines, "_kept", {})
    asked: list[tuple[str, str, str]] = []

    def load(model: str, device: str, progress: object, quantize: str) -> FakePipe:
        asked.append((model, device, quantize))
        return FakePipe()

    monkeypatch.setattr(guidance.loading, "load", load)
    for device, quantize in (("cpu", "none"), ("cpu", "none"), ("cuda", "none"), ("cuda", "sinq"), ("cuda", "sinq")):
        with pipeline("a", device, quantize=quantize):
            assert list(pipelines._kept) == [("a", device, quantize)]
    assert asked == [("a", "cpu", "none"), ("a", "cuda", "none"), ("a", "cuda", "sinq")]


@pytest.mark.parametrize(("offload", "freed"), [("none", 0), ("model", 1), ("sequential", 0)])
def test_what_a_stopped_call_left_on_the_device_goes_back(
    offload: str, freed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = FakePipe()
    loaded = LoadedModel(pipe, None, Placement("float16", offload, MemoryEstimate(0, 0, 0)))  # type: ignore[arg-type]
    monkeypatch.setattr(pipelines, "_kept", {})
    monkeypatch.setattr(guidance.loading, "load", lambda *_, **__: loaded)
    with pipeline("a"):
        pass
    assert pipe.freed == 0
    with pytest.raises(Cancelled), pipeline("a"):
        raise Cancelled
    assert pipe.freed == freed
