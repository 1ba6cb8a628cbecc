"""A job paints with every family of models, guided and plain, and tells all their steps."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from guidance.loading import LoadedModel
from guidance.memory import MemoryEstimate, Placement
from guidance.text_to_image import Generation
from studio.jobs import PaintJob
from studio.service.guide import pipelines
from studio.service.guide.run import GuideResult, PaintResult
from studio.service.guide.stream import paint_events
from studio.watch import Event
from tests.guidance.tiny import FAMILIES, call_arguments, tiny_pipeline
from tests.studio.jobs_for_tests import guide_job
from tests.studio.service.guide.paintings_for_tests import BLUE_AND_RED, pixels

TINY_ONLY = {"max_sequence_length", "text_encoder_out_layers", "use_resolution_binning", "complex_human_instruction"}


@pytest.mark.parametrize("negative", ["", "grey"])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_painted_by_a_job_with_all_its_steps_told(
    family: str, negative: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a model that the catalogue does not know. PNDM takes a step more than it is asked for; PixArt knows another
    callback than all others and no prompt that is None; the first argument of FLUX.2 is no prompt."""
    pipe = tiny_pipeline(family)
    call = type(pipe).__call__
    tiny_only = {name: value for name, value in call_arguments(pipe, ["a dog"]).items() if name in TINY_ONLY}

    @functools.wraps(call)
    def small(*args: Any, **kwargs: Any) -> Any:
        return call(*args, **kwargs, **tiny_only)

    monkeypatch.setattr(type(pipe), "__call__", small)
    loaded = LoadedModel(pipe, None, Placement("float32", "none", MemoryEstimate(0, 0, 0)))
    monkeypatch.setattr(pipelines, "_kept", {("owner/name", "auto", "none"): loaded})
    wanted = Generation("a dog", negative, 3, 3, 3.0, 64, 64)
    *events, result = paint_events(guide_job(wanted, palette=BLUE_AND_RED, model="owner/name", plain=True))
    steps = 4 if family == "sd15" else 3
    assert shares(events) == pytest.approx([0, *(step / steps / 2 for step in range(1, 2 * steps + 1))])
    assert isinstance(result, GuideResult)
    assert result.plain is not None and result.plain_distance is not None
    assert result.image.size == result.plain.size == (64, 64)
    assert result.distance < result.plain_distance
    *events, alone = paint_events(PaintJob(wanted, "owner/name"))
    assert shares(events) == pytest.approx([0, *(step / steps for step in range(1, steps + 1))])
    assert isinstance(alone, PaintResult)
    assert np.array_equal(pixels(alone.image), pixels(result.plain))


def shares(events: list[Any]) -> list[float]:
    assert all(isinstance(event, Event) for event in events)
    return [event.share for event in events]
