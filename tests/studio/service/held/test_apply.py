from __future__ import annotations

import numpy as np
import pytest
import torch

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl, Grade, Lut3D
from studio.service.held.apply import as_codes, grade_held
from studio.service.held.frames import frames_of, masks_of
from studio.service.render import render
from studio.watch import Cancelled, Watch
from tests.studio.service.held.pictures import codes, held, truncated

SOURCE = codes("forest-stream.jpg")
WARM = Cdl((1.2, 1.0, 0.8), (0.02, 0.0, -0.01), (0.9, 1.0, 1.1), 0.8)
GRADES = [Grade(WARM), Grade(Lut3D.sample(WARM.apply)), Grade(WARM, strength=0.5)]


@pytest.mark.parametrize("grade", GRADES)
def test_codes_are_graded_as_those_of_a_file(grade: Grade) -> None:
    graded = grade_held(frames_of(held(SOURCE, SOURCE[::-1].copy()), "images"), [grade])
    assert np.array_equal(truncated(graded[0]), render(SOURCE, grade))
    assert np.array_equal(truncated(graded[1]), render(SOURCE[::-1].copy(), grade))


@pytest.mark.parametrize("grade", GRADES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_floats_are_not_rounded_and_come_out_as_float32(grade: Grade, dtype: torch.dtype) -> None:
    floats = (held(SOURCE, SOURCE) * 0.99).to(dtype)
    graded = grade_held(frames_of(floats, "images"), [grade])
    assert graded.dtype == torch.float32 and graded.shape == floats.shape
    assert torch.equal(graded[1], grade.apply(floats[1].float()))
    assert len(graded.unique()) > 1000


def test_a_frame_is_graded_alike_alone_and_among_others() -> None:
    floats = held(*[SOURCE] * 5) * torch.linspace(0.5, 0.99, 5)[:, None, None, None]
    mixed = torch.cat([floats[:2], held(SOURCE), floats[2:]])
    for grade in GRADES:
        graded = grade_held(frames_of(mixed, "images"), [grade])
        for place, frame in enumerate(mixed):
            assert torch.equal(grade_held(frames_of(frame, "images"), [grade])[0], graded[place])


def test_a_mask_mixes_and_0_leaves_a_pixel_as_it_is() -> None:
    floats = held(SOURCE) * 0.99
    frames = frames_of(floats, "images")
    mask = torch.zeros(1, 120, 160)
    mask[:, 40:], mask[:, 80:] = 0.5, 1.0
    graded = grade_held(frames, [GRADES[0]], masks_of(mask, frames, "mask"))
    full = GRADES[0].apply(floats)
    assert torch.equal(graded[:, :40], floats[:, :40])
    assert torch.allclose(graded[:, 40:80], (floats + full)[:, 40:80] / 2, atol=1e-6)
    assert torch.allclose(graded[:, 80:], full[:, 80:], atol=1e-6)


def test_frames_of_codes_on_a_gpu_stay_codes_under_a_soft_mask() -> None:
    """Here what is done there, on the CPU, beside what the CPU does."""
    whole = held(SOURCE)
    frames = frames_of(whole, "images")
    share = torch.linspace(0, 1, 160).expand(120, 160).contiguous()
    there = as_codes(whole[0], GRADES[0].apply(whole[0]), share[..., None])
    assert torch.equal(torch.round(there * 255) / 255, there)
    here = grade_held(frames, [GRADES[0]], masks_of(share, frames, "mask"))[0]
    assert (there * 255 - here * 255).abs().max() <= 1.001 and (there == here).float().mean() > 0.99
    assert torch.equal(there[:, 0], whole[0, :, 0])


def test_a_frame_with_nothing_marked_stays_and_all_of_them_are_refused() -> None:
    floats = held(SOURCE, SOURCE, SOURCE) * 0.99
    floats[1, 0, 0] = 3.0
    mask = torch.ones(3, 120, 160)
    mask[1] = 0
    frames = frames_of(floats, "images")
    graded = grade_held(frames, [GRADES[0]], masks_of(mask, frames, "mask"))
    assert torch.equal(graded[1], floats[1])
    assert torch.equal(graded[0], grade_held(frames_of(floats[0], "images"), [GRADES[0]])[0])
    alpha = torch.ones(3, 120, 160, 1)
    alpha[1] = 0
    seen = torch.cat([floats, alpha], dim=3)
    assert torch.equal(grade_held(frames_of(seen, "images"), [GRADES[0]]), torch.cat([graded, alpha], dim=3))
    seen[..., 3] = 0
    with pytest.raises(InputError, match="nothing visible is marked in any frame"):
        grade_held(frames_of(seen, "images"), [GRADES[0]])


def test_under_a_mask_of_0_a_value_outside_the_range_stays() -> None:
    floats = held(SOURCE) * 0.99
    floats[0, :2, :2] = 3.0
    frames = frames_of(floats, "images")
    mask = torch.ones(1, 120, 160)
    mask[0, :2, :1] = 0
    graded = grade_held(frames, [GRADES[0]], masks_of(mask, frames, "mask"))
    assert torch.equal(graded[0, :2, :1], floats[0, :2, :1]) and graded[0, :2, 1:2].max() <= 1


def test_strength_0_leaves_all_values() -> None:
    for tensor in (held(SOURCE), held(SOURCE) * 0.99):
        assert torch.equal(grade_held(frames_of(tensor, "images"), [Grade(WARM, strength=0.0)]), tensor)


def test_a_grade_for_each_frame_or_one_for_all() -> None:
    frames = frames_of(held(SOURCE, SOURCE, SOURCE), "images")
    graded = grade_held(frames, GRADES)
    for place, grade in enumerate(GRADES):
        assert np.array_equal(truncated(graded[place]), render(SOURCE, grade))
    with pytest.raises(InputError, match="2 grades for 3 frames"):
        grade_held(frames, GRADES[:2])


def test_nan_is_refused_with_the_frame() -> None:
    floats = held(SOURCE, SOURCE) * 0.99
    floats[1, 3, 3] = float("nan")
    with pytest.raises(InputError, match="images, frame 1: it holds NaN"):
        grade_held(frames_of(floats, "images"), [GRADES[0]])


def test_it_can_be_stopped_between_frames() -> None:
    told: list[float] = []
    watch = Watch(lambda event: told.append(event.share), lambda: len(told) > 2)
    with pytest.raises(Cancelled):
        grade_held(frames_of(held(*[SOURCE] * 9), "images"), [GRADES[0]], watch=watch)


@pytest.mark.parametrize("share", [1.0, 0.99])
def test_the_memory_beside_the_result_does_not_grow_with_the_frames(share: float) -> None:
    """What NumPy allocates, traced: the result of 230 MB and little more. The checks of types that only tests have may take 4 MB
    once."""
    import tracemalloc

    frames = frames_of((held(SOURCE) * share).expand(1000, -1, -1, -1), "images")
    tracemalloc.start()
    graded = grade_held(frames, [GRADES[0]])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < graded.nbytes + 8e6


@pytest.mark.gpu
@pytest.mark.parametrize("grade", GRADES)
def test_on_a_gpu_frames_stay_there(grade: Grade) -> None:
    source = held(SOURCE, SOURCE)
    source[1] *= 0.99
    graded = grade_held(frames_of(source.cuda(), "images"), [grade])
    assert graded.is_cuda
    here = grade_held(frames_of(source, "images"), [grade])
    assert (graded[0].cpu() * 255 - here[0] * 255).abs().max() <= 1.001  # half way values may round to the other side
    assert torch.allclose(graded[1].cpu(), here[1], atol=1e-5)
