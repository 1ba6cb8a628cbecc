"""The tiny pipelines that other tests rely on paint pictures."""

from __future__ import annotations

import pytest
import torch

from tests.guidance import tiny


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_tiny_pipelines_paint_something_that_depends_on_the_prompt_and_the_seed(family: str) -> None:
    pipe = tiny.shared_pipeline(family)
    image = tiny.run(pipe)
    assert image.shape == (2, 3, tiny.SIZE, tiny.SIZE)
    assert (image.quantile(0.9) - image.quantile(0.1)) > 0.4
    assert torch.equal(image, tiny.run(pipe))
    assert not torch.equal(image, tiny.run(pipe, seed=1))
    assert not torch.equal(image[:1], tiny.run(pipe, ["two blue dogs", "a red cat"])[:1])
