"""The fit of one sample of colours to another: what every match comes to, of arrays, pictures, files and clips."""

from __future__ import annotations

import time
from dataclasses import replace

import torch

from reswd_torch.appearance import SRGB, Appearance
from reswd_torch.errors import InputError
from reswd_torch.grade.grade import Grade
from reswd_torch.matching.bend import with_pairs
from reswd_torch.matching.distance import color_distance
from reswd_torch.matching.report import MatchReport
from reswd_torch.matching.request import FitRequest
from reswd_torch.matching.same_scene import LEAST_POINTS, SameScene, find_same_scene
from reswd_torch.matching.sampling import PixelSample
from reswd_torch.precision import no_autocast
from reswd_torch.profiles.appearance import profile_appearance
from reswd_torch.progress import OnProgress
from reswd_torch.settings import AUTO_TRANSFORM, SAME_SCENE, MatchSettings
from reswd_torch.threads import one_thread


@no_autocast()
@one_thread()
def fit_samples(
    source: PixelSample,
    target: PixelSample,
    settings: MatchSettings,
    *,
    progress: OnProgress | None = None,
    start: float | None = None,
    icc: bytes | None = None,
    appearance: Appearance | None = None,
) -> Grade:
    """Do what :func:`reswd_torch.match` does, for pixels that were sampled already (files of which only a part was decoded,
    palettes).

    Args:
        source: sampled source pixels, :func:`sample_pixels`.
        target: sampled target pixels, in the source's encoding.
        settings: what to fit.
        progress: called with (share done, what is being done); may raise to stop.
        start: the value of ``time.perf_counter()`` when the job began, for the report's seconds; None: now.
        icc: the profile of the colours' encoding; None for sRGB.
        appearance: how the colours look; None for what the profile says.

    Raises:
        InputError: a device that is not there, a method without its weights, or scene ``"same"`` where none was found.
    """
    start = time.perf_counter() if start is None else start
    device = resolve_device(settings.device)
    method = settings.declared_method
    method.check_weights()
    aim = settings.aim_for(picture=target.of_picture)
    scene = _same_scene(source, target, settings)
    trust = 0.0 if scene is None else 1.0 if settings.scene == SAME_SCENE else scene.trust
    request = FitRequest(
        source,
        target,
        transform=settings.resolved_transform,
        transform_chosen=settings.transform != AUTO_TRANSFORM,
        seed=settings.seed,
        device=device,
        appearance=profile_appearance(icc) if appearance is None else appearance,
        aim=aim,
        protect=settings.protect,
        scene=scene,
        trust=trust,
        progress=progress,
    )
    transform, notes = with_pairs(method.fit(request), settings, source.fit)
    grade = Grade(transform, strength=settings.strength, notes=notes).trimmed(settings.trims, source.fit)
    looks = SRGB if appearance is None else appearance  # of a profile color_distance knows better
    before = after = color_distance(source.held_out, target.held_out, icc=icc, appearance=looks)
    if not grade.leaves_alone:
        graded = grade.effective.apply(source.held_out)
        after = color_distance(graded, target.held_out, icc=icc, appearance=looks)
    kept = tuple(name for name in settings.protect if name in request.stopped_by)
    seconds = time.perf_counter() - start
    points, took = (0, aim) if scene is None else (scene.points, "scene")
    report = MatchReport(before, after, seconds, settings, device, points, trust, took, kept)
    return replace(grade, report=report)


def resolve_device(name: str) -> str:
    """The PyTorch device that a setting means.

    ``"auto"`` is the CPU: the fit looks at a few thousand colours, for which a GPU spends more time starting kernels than
    computing.

    Raises:
        InputError: a device that this machine or this PyTorch does not have.
    """
    if name == "auto":
        return "cpu"
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(name, False):
        have = ", ".join(device for device, present in there.items() if present)
        raise InputError(f"device {name!r} is not available here: choose auto or {have}")
    return name


def _same_scene(source: PixelSample, target: PixelSample, settings: MatchSettings) -> SameScene | None:
    if not settings.looks_for_scene:
        return None
    if source.thumbnail is None or target.thumbnail is None:
        if settings.scene == SAME_SCENE:
            raise InputError("scene 'same' needs two pictures or clips, no palette or series: choose scene auto")
        return None
    thorough = settings.scene == SAME_SCENE
    scene = find_same_scene(source.thumbnail, target.thumbnail, settings.samples, settings.seed, thorough=thorough)
    if scene is None and thorough:
        raise InputError(
            f"scene 'same': fewer than {LEAST_POINTS} points of the source were found again in the reference; choose scene auto "
            "or different"
        )
    return scene
