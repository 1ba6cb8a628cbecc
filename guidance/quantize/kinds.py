"""The ways of storing a model's weights in fewer bits, and the bytes that each takes.

This module is plain data: importing it loads neither torch nor diffusers.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from reswd_torch.errors import InputError

NONE, SINQ, AUTO, SINQ_PACKAGE = "none", "sinq", "auto", "sinq-package"
TILE = 64
"""Input features that share a scale and a zero in each row, unless a layer asks for fewer; see
:func:`guidance.quantize.tiles.tile_for`."""


@dataclass(frozen=True)
class Backend:
    """A quantizer that diffusers calls in another package.

    Attributes:
        package: the name that is imported.
        install: the name that pip installs.
        bytes_per_weight: bytes of one weight of a linear layer, with its share of the scales.
        needs_cuda: whether it runs on CUDA only.
    """

    package: str
    install: str
    bytes_per_weight: float
    needs_cuda: bool = False


BACKENDS: dict[str, Backend] = {
    # A group of 128 weights has two numbers of two bytes, a block of 64 has one of four, a row of int8 has one.
    "torchao-int4": Backend("torchao", "torchao", 0.5 + 4 / 128, needs_cuda=True),  # elsewhere a code takes a byte
    "torchao-int8": Backend("torchao", "torchao", 1.0),
    "bnb-nf4": Backend("bitsandbytes", "bitsandbytes", 0.5 + 4 / 64, needs_cuda=True),  # diffusers asks for it
    "bnb-int8": Backend("bitsandbytes", "bitsandbytes", 1.0, needs_cuda=True),
    "quanto-int4": Backend("optimum.quanto", "optimum-quanto", 0.5 + 4 / 128),
    "quanto-int8": Backend("optimum.quanto", "optimum-quanto", 1.0),
    SINQ_PACKAGE: Backend("sinq", "sinq", 0.5 + 4 / TILE),
}
"""What diffusers offers that quantizes while a model is loaded. GGUF is none of them: such weights come as a file of their
own."""
QUANTIZATIONS = (NONE, SINQ, AUTO, *BACKENDS)
"""The ways that can be asked for. ``"none"``: weights as they are. ``"sinq"``: 4 bits by the dual scales of
:mod:`guidance.quantize.sinkhorn`, in the denoiser and the text encoders, without any other package. ``"auto"``: ``"none"``
where the model fits so, else ``"sinq"``. ``"sinq-package"``: the same in the denoiser, and transformers' ``SinqConfig`` in
those text encoders that it reads right. The others name a package and a format, which the denoiser and the text encoders
get."""


def check_quantization(name: object) -> str:
    """The name of a quantization, if it is one.

    Raises:
        InputError: it is none of :data:`QUANTIZATIONS`.
    """
    if name not in QUANTIZATIONS:
        raise InputError(f"unknown quantization {name!r}: choose one of {', '.join(QUANTIZATIONS)}")
    return str(name)


def check_usable(name: str, device: str) -> None:
    """Refuse a quantization whose package is missing, or which does not run on a device.

    Args:
        name: one of :data:`QUANTIZATIONS`.
        device: ``cpu``, ``cuda`` or ``mps``.

    Raises:
        InputError: it cannot be used here.
    """
    backend = BACKENDS.get(name)
    if backend is None:
        return
    if backend.needs_cuda and device != "cuda":
        raise InputError(f"quantization {name!r} runs on CUDA only, and the device is {device}: choose {SINQ!r}")
    if not installed(backend.package):
        raise InputError(
            f"quantization {name!r} needs the package {backend.install}, which is not installed: pip install "
            f"{backend.install}, or choose {SINQ!r}, which needs none"
        )


def installed(package: str) -> bool:
    """Whether a package, named as it is imported, can be found. Nothing is imported but the folder above it."""
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # there is not even the folder above it
        return False


def bytes_per_weight(name: str, number: int) -> float:
    """Bytes of one weight of a linear layer.

    Args:
        name: one of :data:`QUANTIZATIONS`, not ``"auto"``.
        number: bytes of a number of the model's own format.
    """
    if name == NONE:
        return float(number)
    if name == SINQ:
        return 0.5 + 2 * number / TILE  # four bits, and a scale and a zero for each tile of a row
    return BACKENDS[name].bytes_per_weight
