"""What a job hands the pipeline of each model of the catalogue, when a person gives nothing but a prompt."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
import torch

from guidance.catalogue import CATALOGUE, ModelEntry
from guidance.loading import LoadedModel
from guidance.memory import MemoryEstimate, Placement
from guidance.text_to_image import Generation
from studio.jobs import GuideJob, PaintJob
from studio.service.guide import pipelines
from studio.service.guide.run import default_generation, run_guide, run_paint
from tests.guidance.tiny import FAMILIES, call_arguments, shared_pipeline
from tests.studio.jobs_for_tests import guide_job
from tests.studio.service.guide.paintings_for_tests import BLUE_AND_RED, pixels

SMALL = {"num_inference_steps": 2, "width": 64, "height": 64}
"""What replaces the arguments of a call after they were noted, so that it is quick."""
OF_TINY = {"max_sequence_length", "text_encoder_out_layers", "use_resolution_binning", "complex_human_instruction"}
"""Arguments without which a tiny pipeline of some families cannot be called."""
WATCHING = {"generator", "callback", "callback_on_step_end"}


class Desk:
    """The service with a tiny pipeline in place of a model of the catalogue, whose calls are noted."""

    def __init__(self, entry: ModelEntry, monkeypatch: pytest.MonkeyPatch) -> None:
        turbo = entry.id == "stabilityai/sdxl-turbo"  # it has a scheduler of its own
        named = [name for name in FAMILIES if type(shared_pipeline(name)).__name__ == entry.pipeline]
        self.entry, self.pipe = entry, shared_pipeline("sdxl-turbo" if turbo else named[0])
        self.calls: list[dict[str, Any]] = []
        given = call_arguments(self.pipe, ["a dog"])
        self.tiny = {name: value for name, value in given.items() if name in OF_TINY}
        self.call = type(self.pipe).__call__

        @functools.wraps(self.call)
        def noted(pipe: Any, **arguments: Any) -> Any:
            self.calls.append(arguments)
            return self.call(pipe, **arguments | SMALL, **self.tiny)

        monkeypatch.setattr(type(self.pipe), "__call__", noted)
        loaded = LoadedModel(self.pipe, entry, Placement("float32", "none", MemoryEstimate(0, 0, 0)))
        for key in ("auto", "cpu"):
            monkeypatch.setitem(pipelines._kept, (entry.id, key, "none"), loaded)

    def paint(self, wanted: Generation) -> np.ndarray:
        """The picture of a job."""
        return pixels(run_paint(PaintJob(wanted, self.entry.id)).image)

    def by_hand(self, seed: int, **arguments: object) -> np.ndarray:
        """The picture of a call that this test writes itself."""
        generator = torch.Generator().manual_seed(seed)
        return pixels(self.call(self.pipe, generator=generator, **arguments, **SMALL, **self.tiny).images[0])


@pytest.fixture(params=CATALOGUE, ids=lambda entry: entry.id)
def desk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(pipelines, "_kept", {})
    return Desk(request.param, monkeypatch)


def test_a_prompt_alone_is_painted_with_the_settings_of_the_models_makers(desk: Desk) -> None:
    entry = desk.entry
    wanted = default_generation(entry.id, "a dog", seed=3)
    made = desk.paint(wanted)
    (call,) = desk.calls
    expected: dict[str, object] = {
        "prompt": "a dog", "num_inference_steps": entry.steps, entry.scale_argument: entry.scale,
    }  # fmt: skip
    if entry.family == "qwen":  # whose scale does nothing without one
        expected["negative_prompt"] = " "
    assert {name: value for name, value in call.items() if name not in WATCHING} == expected
    assert call["generator"].initial_seed() == 3
    del expected["num_inference_steps"]
    assert np.array_equal(made, desk.by_hand(3, **expected))


def test_guidance_and_the_plain_picture_beside_it_make_the_same_call(desk: Desk) -> None:
    job: GuideJob = guide_job(
        default_generation(desk.entry.id, "a dog", seed=3), palette=BLUE_AND_RED, model=desk.entry.id, plain=True
    )
    result = run_guide(job)
    assert result.plain_distance is not None and result.distance < result.plain_distance
    guided, plain = ({name: value for name, value in call.items() if name not in WATCHING} for call in desk.calls)
    assert guided == plain


def test_a_negative_prompt_changes_the_picture_where_the_catalogue_says_so(desk: Desk) -> None:
    plain, without = (
        desk.paint(default_generation(desk.entry.id, "a dog", seed=3, negative_prompt=negative))
        for negative in ("", "grey")
    )
    assert np.array_equal(plain, without) is not desk.entry.negative_prompt


def test_a_size_is_handed_on(desk: Desk) -> None:
    side = desk.entry.multiple * 4
    desk.paint(default_generation(desk.entry.id, "a dog", width=side, height=2 * side))
    (call,) = desk.calls
    assert (call["width"], call["height"]) == (side, 2 * side)
