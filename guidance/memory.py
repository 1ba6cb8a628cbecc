"""How much memory a model needs, and the way of loading it that fits into the memory there is.

This module is plain arithmetic: importing it loads neither torch nor diffusers.
"""

from __future__ import annotations

from dataclasses import dataclass

from guidance.catalogue import CATALOGUE, ModelEntry
from guidance.quantize.kinds import AUTO, BACKENDS, NONE, SINQ, bytes_per_weight, check_quantization
from reswd_torch.errors import InputError

OFFLOADS = ("none", "model", "sequential")
"""The ways of sharing a model between the device and the host's memory, fastest first; see :attr:`Placement.offload`."""
DTYPES = {"float32": 4, "float16": 2, "bfloat16": 2}
"""Number formats of weights, with the bytes that one number takes."""

GIB = 2**30
"""Bytes in a GiB."""
USABLE = 0.95
"""Share of the memory reported as free that :func:`choose_placement` counts on."""
LARGEST_LAYER = 0.68
"""Billions of parameters that sequential offload holds on the device at most. This is the size of the largest layer of any
model in the catalogue, the token embedding of FLUX.2-dev's Mistral (131072 x 5120)."""
DECODER_VALUES = {"qwen": 1730, "sana": 833}
"""Numbers that are held for each pixel while a picture is decoded, by the model's family; :data:`KL_DECODER` for the others.
Counted on the true shapes of the autoencoders (``python -m benchmarks.large``): that of Qwen-Image is one of videos, which copies
its maps to pad them and keeps the last ones."""
KL_DECODER = 3 * 256
"""The same for ``AutoencoderKL``: three full-size maps of 256 channels, its widest ones."""
ENCODER_VALUES = {"qwen": 964, "sana": 896}
"""Numbers that are held for each pixel while guidance encodes a picture, likewise; :data:`KL_ENCODER` for the others."""
KL_ENCODER = 5 * 128
TWO_AT_ONCE = 2**19
"""The largest number of pixels of a picture that guidance encodes together with the moved one, which takes twice as much: half of
what :mod:`guidance.core` sends through the autoencoder at once."""
OTHER_BYTES = 2560
"""Bytes that everything else takes for each pixel: workspaces of convolutions, attention, and what the allocator holds back.
The number is chosen so that the estimates for FLUX.2 klein 4B at 1024 x 1024 meet the peaks that were published for it:
about 20 GB resident and 13 GB with model offload (smeltcore.com, recipes for RTX 4090 and 3090; the second figure is from
the model card)."""
GUIDED_BYTES = 32 * 4
"""Bytes that guidance takes for each pixel: the decoded picture, the moved one, and the colours of both in float32."""
LINEAR_SHARE = {"sd": 0.31, "sdxl": 0.87, "sana": 0.53}
"""Share of a denoiser's parameters that are weights of linear layers, by its family; :data:`ALL_LINEAR` for the others. The
rest are convolutions, which quantization leaves as they are. Counted on the classes of diffusers 0.42.1 without weights."""
ALL_LINEAR = 0.999
ENCODER_SHARE = 0.9
"""The same for text encoders: their tables of tokens stay (Qwen3 4B 0.903, T5 XXL 0.946, counted likewise)."""


@dataclass(frozen=True)
class MemoryEstimate:
    """The memory that one picture needs. This is an estimate and no measurement; see :func:`memory_estimate`.

    Attributes:
        weights: GiB of the model's weights that are on the device at the same time.
        working: GiB for the picture while it is made.
        host: GiB of weights that wait in the host's memory.
        loading: GiB of the host's memory that reading takes for a moment where weights are quantized: the largest component
            as it is, beside all others in few bits. 0 where nothing is quantized.
    """

    weights: float
    working: float
    host: float
    loading: float = 0.0

    @property
    def device(self) -> float:
        """Everything that the device has to hold, GiB."""
        return self.weights + self.working

    def __str__(self) -> str:
        return f"about {self.device:.1f} GiB (estimate: weights {self.weights:.1f}, pictures {self.working:.1f})"


@dataclass(frozen=True)
class Placement:
    """The way a model is loaded: its number format, and which parts of it stay on the device.

    Attributes:
        dtype: number format of the weights, a key of :data:`DTYPES`.
        offload: one of :data:`OFFLOADS`. ``"none"``: the whole model stays on the device. ``"model"``: each component
            goes there when it is needed (``enable_model_cpu_offload`` of diffusers). ``"sequential"``: each layer goes
            there when it is needed, which is far slower.
        estimate: the estimate that this placement was chosen by.
        quantize: one of :data:`guidance.quantize.QUANTIZATIONS`, never ``"auto"``.
    """

    dtype: str
    offload: str
    estimate: MemoryEstimate
    quantize: str = NONE


def memory_estimate(
    model: ModelEntry,
    width: int,
    height: int,
    offload: str = "none",
    guided: bool = True,
    dtype: str | None = None,
    quantize: str = NONE,
) -> MemoryEstimate:
    """Estimate the memory that one picture needs from the number of parameters and the size of the picture.

    The weights on the device take the bytes of one number times a number of parameters. With ``"none"`` these are all
    parameters. With ``"model"`` they are those of the largest component; if ``guided``, the denoiser and the autoencoder
    count as one component, since guidance goes back and forth between them. With ``"sequential"`` they are those of the
    largest layer (:data:`LARGEST_LAYER`, or the largest component if that is smaller). The picture takes
    width * height * (:data:`DECODER_VALUES` * bytes of one of the decoder's numbers + :data:`OTHER_BYTES`). If ``guided``,
    it takes :data:`GUIDED_BYTES` more for each pixel, and :data:`ENCODER_VALUES` numbers where these are more, twice as many up
    to :data:`TWO_AT_ONCE` pixels. Where a float16 autoencoder has to run in float32, its weights in that format come on top.

    Quantized, the linear layers of the denoiser and of the text encoders (:data:`LINEAR_SHARE`, :data:`ENCODER_SHARE`) take
    :func:`guidance.quantize.kinds.bytes_per_weight` for each parameter, and one layer is made anew at a time.

    The estimate leaves out safety checkers and adapters, batches of more than one picture, the denoiser's own maps where
    they are larger than the decoder's, and gradients through the decoder, which keep the maps of all its layers.

    Args:
        model: an entry of the catalogue, or an entry made for another model.
        width, height: size of the picture, pixels, at least 1.
        offload: one of :data:`OFFLOADS`.
        guided: whether the picture's colours are steered.
        dtype: number format of the weights, a key of :data:`DTYPES`; None for the one that the model's entry names.
        quantize: how weights are stored, one of :data:`guidance.quantize.QUANTIZATIONS`; ``"auto"`` counts as ``"none"``.

    Raises:
        InputError: the offload, the dtype or the quantization is unknown, or the size is below 1.
    """
    if offload not in OFFLOADS:
        raise InputError(f"unknown offload {offload!r}: choose one of {', '.join(OFFLOADS)}")
    number = dtype or model.dtype
    if number not in DTYPES:
        raise InputError(f"unknown dtype {number!r}: choose one of {', '.join(DTYPES)}")
    if width < 1 or height < 1:
        raise InputError(f"size {width} x {height} is out of range: give at least 1 x 1")
    billion = 1e9 / GIB  # of bytes
    whole, few = float(DTYPES[number]), _bytes(check_quantization(quantize), DTYPES[number])
    linear = LINEAR_SHARE.get(model.family, ALL_LINEAR)
    denoiser = model.denoiser * (linear * few + (1 - linear) * whole)
    encoders = [size * (ENCODER_SHARE * few + (1 - ENCODER_SHARE) * whole) for size in model.text_encoders]
    vae = model.vae * whole
    parts, everything = (*encoders, denoiser, vae), sum(encoders) + denoiser + vae
    if offload == "none":
        held = everything
    elif offload == "model":
        held = max(*parts, denoiser + vae if guided else 0.0)
    else:
        held = min(LARGEST_LAYER * whole, max(parts))
    decoder = 4 if model.upcast_vae else DTYPES[number]
    values = DECODER_VALUES.get(model.family, KL_DECODER)
    copied = 0.0
    if model.upcast_vae and number == "float16":  # the pipeline turns the weights into float32, guidance copies them
        copied = (4 if guided else 4 - DTYPES[number]) * model.vae * billion
    if guided:
        together = 2 if width * height <= TWO_AT_ONCE else 1
        values = max(values, together * ENCODER_VALUES.get(model.family, KL_ENCODER))
    pixel = values * decoder + OTHER_BYTES + (GUIDED_BYTES if guided else 0)
    host = 0.0 if offload == "none" else everything * billion
    loading = 0.0
    if few != whole:
        grown = max(
            full * whole - kept
            for full, kept in zip((*model.text_encoders, model.denoiser), (*encoders, denoiser), strict=True)
        )
        loading = (everything + grown) * billion
    return MemoryEstimate(held * billion, width * height * pixel / GIB + copied, host, loading)


def _bytes(quantize: str, number: int) -> float:
    """Bytes of one weight of a linear layer, where a choice that is still open counts as none."""
    return bytes_per_weight(NONE if quantize == AUTO else quantize, number)


def choose_placement(
    model: ModelEntry,
    device_memory_bytes: int | None,
    host_memory_bytes: int,
    width: int | None = None,
    height: int | None = None,
    guided: bool = True,
    quantize: str = NONE,
) -> Placement:
    """Choose the fastest way of loading a model that should fit, judged by :func:`memory_estimate`.

    Args:
        model: an entry of the catalogue, or an entry made for another model.
        device_memory_bytes: free memory of the accelerator; None if the model runs on the CPU, in float32 and in the
            host's memory.
        host_memory_bytes: free memory of the host.
        width, height: size of the picture, pixels; None for the model's default.
        guided: whether the picture's colours are steered.
        quantize: how weights are stored, one of :data:`guidance.quantize.QUANTIZATIONS`. With ``"auto"`` they are quantized
            where the model does not fit otherwise, or only layer by layer.

    Raises:
        InputError: the model does not fit onto the device even with sequential offload, or its weights do not fit into the
            host's memory; with what would fit.
    """
    wide, high = width or model.width, height or model.height
    room = USABLE * host_memory_bytes / GIB
    space = None if device_memory_bytes is None else USABLE * device_memory_bytes / GIB
    dtype = "float32" if space is None else model.dtype

    def estimated(kind: str, offload: str) -> MemoryEstimate:
        return memory_estimate(model, wide, high, offload, guided, dtype, kind)

    for kind, offload in _ways(check_quantization(quantize), space is None):
        estimate = estimated(kind, offload)
        if _fits(estimate, space, room):
            return Placement(dtype, offload, estimate, kind)
    kind, offload = _ways(quantize, space is None)[-1]
    least = estimated(kind, offload)
    smaller = _that_fits(space, room, kind)
    if quantize == NONE and any(_fits(estimated(*way), space, room) for way in _ways(SINQ, space is None)):
        smaller += f", or quantize its weights ({SINQ!r} fits)"
    stored = "" if kind == NONE else f", quantized as {kind!r},"
    if space is None:
        if least.device <= room:
            raise InputError(_too_much_to_read(model, least, room, smaller))
        raise InputError(
            f"{model.id} at {wide} x {high}{stored} needs {least} in float32 on the CPU, and {room:.1f} GiB of memory are "
            f"free: choose a smaller model, such as {smaller}, or a smaller size, or use a GPU"
        )
    if least.device > space:
        raise InputError(
            f"{model.id} at {wide} x {high}{stored} needs {least} on the device even with {offload} offload, and "
            f"{space:.1f} GiB are free: choose a smaller width and height, or a smaller model, such as {smaller}"
        )
    if least.host <= room:
        raise InputError(_too_much_to_read(model, least, room, smaller))
    raise InputError(
        f"{model.id}{stored} needs {least.host:.1f} GiB of the host's memory for weights that wait there (estimate), and "
        f"{room:.1f} GiB are free: choose a smaller model, such as {smaller}, or free some memory"
    )


def _too_much_to_read(model: ModelEntry, least: MemoryEstimate, room: float, smaller: str) -> str:
    """What is said of a model that would fit once its weights are quantized, and not before."""
    return (
        f"{model.id} needs {least.loading:.1f} GiB of the host's memory while its weights are read and quantized (estimate), "
        f"and {room:.1f} GiB are free: choose a smaller model, such as {smaller}, or free some memory"
    )


def _ways(quantize: str, on_cpu: bool) -> tuple[tuple[str, str], ...]:
    """The quantizations and offloads to try, the best first."""
    kinds = (NONE, SINQ) if quantize == AUTO else (quantize,)
    if on_cpu:
        return tuple((kind, "none") for kind in kinds)
    whole_parts = tuple((kind, offload) for kind in kinds for offload in OFFLOADS[:2])
    if quantize in BACKENDS:  # nobody promises that the tensors of these packages can be moved layer by layer
        return whole_parts
    return whole_parts + tuple((kind, "sequential") for kind in kinds)


def _fits(estimate: MemoryEstimate, space: float | None, room: float) -> bool:
    """Whether a way of loading fits into the device's memory (None: it is the host's) and into the host's."""
    held = estimate.device <= (room if space is None else space)
    return held and estimate.host <= room and estimate.loading <= room


def _that_fits(space: float | None, room: float, quantize: str = NONE) -> str:
    """Id of the largest model of the catalogue that fits at its default size without sequential offload.

    Args:
        space: usable memory of the device, GiB; None for the CPU.
        room: usable memory of the host, GiB.
        quantize: how weights are stored.
    """
    for entry in sorted(CATALOGUE, key=lambda entry: entry.parameters, reverse=True):
        for offload in ("none",) if space is None else ("none", "model"):
            dtype = "float32" if space is None else entry.dtype
            needs = memory_estimate(entry, entry.width, entry.height, offload, dtype=dtype, quantize=quantize)
            if _fits(needs, space, room):
                return entry.id
    return min(CATALOGUE, key=lambda entry: entry.parameters).id
