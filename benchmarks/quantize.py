"""What 4-bit weights cost and save: errors, bytes, time, and the embedded model's guided pictures.

    python -m benchmarks.quantize [--pictures N] [--no-top5] [--no-families] [--threads 1]

Compared are the dual scales of SINQ (guidance/quantize), round-to-nearest with the same tiles, and torchao's int4 with groups
of the same size, where torchao is installed. On the CPU torchao keeps each int4 code in a byte, so its bytes there say nothing
about CUDA. Three tables are printed:

- layers: one 512 x 512 layer whose weights are Gaussian, or have outliers, which is what SINQ is made for;
- denoisers: the embedded model, and the small random models of the tests, of every family, on the inputs of a real step. Their
  weights are random, so these rows say that the code paths work and what rounding costs, and nothing about trained weights of
  these families, which were not run;
- pictures: guided pictures of the embedded model, denoiser and text encoder quantized, toward two photographs: W2 in RGB, how
  often a classifier has the prompt's object among its first 5 (both as in benchmarks/guidance), and how far the pictures are
  from those of the unquantized model.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from guidance.known import read_known
from guidance.loading import load_embedded
from guidance.quantize.kinds import TILE, installed
from guidance.quantize.replace import kept_as_it_is, model_bytes, quantize_linears
from guidance.quantize.tiles import tile_for

OUTLIER = 20.0
"""By how much the outliers of the first table are larger than their neighbours."""
Quantize = Callable[[nn.Module], None]


def _torchao(model: nn.Module) -> None:
    """Quantize the linear layers that our own module quantizes too, in groups of the same size."""
    from torchao.quantization import IntxWeightOnlyConfig, PerGroup, quantize_

    for name, layer in list(model.named_modules()):
        if isinstance(layer, nn.Linear) and name and kept_as_it_is(name, layer, None, (), 1) is None:
            size = tile_for(layer.in_features, name) or TILE
            quantize_(layer, IntxWeightOnlyConfig(weight_dtype=torch.int4, granularity=PerGroup(size)))


def ways() -> dict[str, Quantize]:
    """The ways that are compared, by name."""
    found: dict[str, Quantize] = {
        "SINQ": lambda model: void(quantize_linears(model)),
        "round-to-nearest": lambda model: void(quantize_linears(model, method="rtn")),
    }
    if installed("torchao"):
        found["torchao int4"] = _torchao
    return found


def void(_: object) -> None:
    """Drop a result."""


def weights() -> Iterator[tuple[str, Tensor]]:
    """Weights of one layer, (512, 512), of several kinds."""
    random = torch.Generator().manual_seed(0)
    plain = torch.randn(512, 512, generator=random) * 0.02
    yield "Gaussian", plain
    for name, rows, columns in (("outlier rows", 1, 0), ("outlier columns", 0, 1), ("both", 1, 1)):
        made = plain.clone()
        made[: 16 * rows] *= OUTLIER
        made[:, 5 :: 32 if columns else 10**6] *= OUTLIER if columns else 1
        yield name, made
    single = plain.clone()
    single[torch.rand(512, 512, generator=random) < 0.002] *= OUTLIER
    yield "single outliers", single


def error(found: Tensor, wanted: Tensor) -> float:
    """Relative error in the Frobenius norm."""
    return float((found - wanted).norm() / wanted.norm())


@torch.no_grad()
def layers() -> None:
    """Print the errors of one layer's output."""
    print(f"| weights | {' | '.join(ways())} |\n|---|{'---|' * len(ways())}")
    inputs = torch.randn(256, 512, generator=torch.Generator().manual_seed(1))
    for name, weight in weights():
        layer = nn.Sequential(nn.Linear(512, 512, bias=False))
        layer[0].weight.data.copy_(weight)
        wanted, cells = layer(inputs), []
        for way in ways().values():
            changed = copy.deepcopy(layer)
            way(changed)
            cells.append(f"{error(changed(inputs), wanted):.2%}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def denoiser_of(pipe: Any) -> Any:
    """The UNet or transformer of a pipeline."""
    return getattr(pipe, "unet", None) or pipe.transformer


def a_step(pipe: Any, paint: Callable[[], object]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of the denoiser's last call while a picture is painted."""
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def note(_: nn.Module, args: tuple[Any, ...], more: dict[str, Any]) -> None:
        calls.append((args, more))

    hook = denoiser_of(pipe).register_forward_pre_hook(note, with_kwargs=True)
    paint()
    hook.remove()
    return calls[-1]


def output(denoiser: nn.Module, call: tuple[tuple[Any, ...], dict[str, Any]]) -> Tensor:
    """The denoiser's output for some arguments, as one vector."""
    made = denoiser(*call[0], **call[1])
    made = made[0] if isinstance(made, tuple) else made.sample
    return torch.cat([each.flatten() for each in made]) if isinstance(made, list) else made.flatten()


def milliseconds(work: Callable[[], object], runs: int = 5) -> float:
    """Median time of a call, after one that warms up."""
    work()
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


@torch.no_grad()
def denoisers(families: bool) -> None:
    """Print errors, bytes and times of denoisers."""
    print("| denoiser | weights | error of its output | bytes, linear layers | bytes, all | ms a call |")
    print("|---|---|---|---|---|---|")
    pipe = load_embedded("cpu")

    def paint() -> object:
        return pipe(
            "a red apple", num_inference_steps=8, guidance_scale=2.5, generator=torch.Generator().manual_seed(0)
        )

    _denoiser("pocket-64", pipe, paint)
    if families:
        from tests.guidance.tiny import FAMILIES, run, tiny_pipeline

        for family in FAMILIES:
            small = tiny_pipeline(family)
            _denoiser(f"{family}, random", small, lambda small=small: run(small))  # type: ignore[misc]


def _denoiser(name: str, pipe: Any, paint: Callable[[], object]) -> None:
    denoiser = denoiser_of(pipe)
    call = a_step(pipe, paint)
    wanted = output(denoiser, call)
    spent = milliseconds(lambda: output(denoiser, call))
    print(
        f"| {name} | as they are | | {_linear_bytes(denoiser):,} | {model_bytes(denoiser):,} | {spent:.1f} |",
        flush=True,
    )
    for way, quantize in ways().items():
        changed = copy.deepcopy(denoiser)
        quantize(changed)
        wrong = error(output(changed, call), wanted)
        spent = milliseconds(lambda changed=changed: output(changed, call))  # type: ignore[misc]
        ours = way != "torchao int4"
        sizes = f"{_linear_bytes(changed):,} | {model_bytes(changed):,}" if ours else "(a byte a code) |"
        print(f"| | {way} | {wrong:.2%} | {sizes} | {spent:.1f} |", flush=True)


def _linear_bytes(model: nn.Module) -> int:
    """Bytes of all linear layers, quantized or not."""
    kinds = ("Linear", "SinqLinear")
    return sum(model_bytes(each) for each in model.modules() if type(each).__name__ in kinds)


def pictures(count: int, judged: bool) -> None:
    """Print what guided pictures of the embedded model are like."""
    from benchmarks.guidance.measuring import Judge
    from benchmarks.guidance.nearness import w2
    from benchmarks.guidance.painting import Studio
    from benchmarks.guidance.photographs import photograph
    from benchmarks.guidance.rivals import Scheme
    from guidance.settings import GuidanceSettings

    studio = Studio()
    judge = Judge(studio) if judged else None
    studio.pipe.unet._forward_hooks.clear()  # its counter would be copied with the model
    prompts = judge.prompts(count, 4242) if judge else []
    words, seeds = [each.words for each in prompts], [each.seed for each in prompts]
    if judge is None:
        words, seeds = [f"a {thing}" for thing in read_known().names[:count]], list(range(count))
    references = [photograph(name) for name in ("bridge-night", "fig-red-bowl")]
    scheme = Scheme("ours", GuidanceSettings())
    print(
        "| weights | W2, RGB, guided | top-5, guided | top-5, plain | RMS from unquantized, plain |\n|---|---|---|---|---|"
    )
    whole = (studio.pipe.unet, studio.pipe.text_encoder)
    first: Tensor | None = None
    for name, quantize in {"as they are": void, **ways()}.items():
        studio.pipe.unet, studio.pipe.text_encoder = (copy.deepcopy(each) for each in whole)
        for part in (studio.pipe.unet, studio.pipe.text_encoder):
            quantize(part)
        plain, _ = studio.paint(Scheme("plain"), words, seeds, references[0])
        first = plain if first is None else first
        near, hits = [], []
        for reference in references:
            made, _ = studio.paint(scheme, words, seeds, reference)
            near += [w2(each, reference.colors) for each in made]
            hits += judge.top5(made, prompts) if judge else []
        far = float((plain - first).square().mean().sqrt())
        shares = (
            f"{statistics.mean(hits):.0%} | {statistics.mean(judge.top5(plain, prompts)):.0%}" if judge else "- | -"
        )
        print(f"| {name} | {statistics.mean(near):.4f} | {shares} | {far:.3f} |", flush=True)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quantize", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=16, help="prompts that are painted; 0 leaves pictures out")
    parser.add_argument("--no-families", action="store_true", help="leave the random models of the tests out")
    parser.add_argument(
        "--no-top5", action="store_true", help="leave the classifier out, which is trained at first use"
    )
    parser.add_argument("--threads", type=int, default=1, help="threads of PyTorch")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    layers()
    print()
    denoisers(not chosen.no_families)
    if chosen.pictures:
        print()
        pictures(chosen.pictures, not chosen.no_top5)


if __name__ == "__main__":
    main()
