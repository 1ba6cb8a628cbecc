"""Which text-to-image models there are to choose from, with the settings their makers give, and where one fits.

Plain data and arithmetic: importing this module loads neither torch nor diffusers.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from reswd_torch.errors import InputError

EMBEDDED_ID = "pocket-64"
"""The model in the repository; the only one that needs no network ever."""
FAMILIES = ("sd", "sdxl", "sd3", "flux", "flux2", "qwen", "zimage", "sana", "pixart")
FAMILY_OF_CLASS: dict[str, str] = {
    "StableDiffusionPipeline": "sd",
    "StableDiffusionXLPipeline": "sdxl",
    "StableDiffusion3Pipeline": "sd3",
    "FluxPipeline": "flux",
    "Flux2Pipeline": "flux2",
    "Flux2KleinPipeline": "flux2",
    "QwenImagePipeline": "qwen",
    "ZImagePipeline": "zimage",
    "SanaPipeline": "sana",
    "PixArtAlphaPipeline": "pixart",
    "PixArtSigmaPipeline": "pixart",
}
"""Family by the pipeline class of diffusers, as ``_class_name`` of ``model_index.json`` names it."""
CHECKED = ("card", "tiny", "run")
OFFLOADS = ("none", "model", "sequential")
DTYPES = {"float32": 4, "float16": 2, "bfloat16": 2}
"""Number formats of weights, and bytes a number."""

GIB = 2**30
USABLE = 0.95
"""Share of the memory reported as free that :func:`choose_placement` counts on."""
LARGEST_LAYER = 0.68
"""Billions of parameters that sequential offload holds on the device at most: the largest layer of any model here, the
token embedding of FLUX.2-dev's Mistral (131072 x 5120)."""
DECODER_VALUES = 3 * 256
"""Numbers a pixel while a picture is decoded: three full-size maps of 256 channels, the widest of ``AutoencoderKL``."""
OTHER_BYTES = 2560
"""Bytes a pixel for everything else (workspaces of convolutions, attention, what the allocator holds back): chosen so
that FLUX.2 klein 4B at 1024 x 1024 comes out at the peaks that were published for it, about 20 GB resident and 13 GB
with model offload (smeltcore.com, recipes for RTX 4090 and 3090, the second from the model card)."""
GUIDED_BYTES = 32 * 4
"""Bytes a pixel for the decoded picture, the moved one and their colours in float32."""


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    """One model and what its makers say about it.

    Attributes:
        id: name on the hub, ``owner/name``; :data:`EMBEDDED_ID` for the model in the repository.
        label: name for a menu.
        family: one of :data:`FAMILIES`.
        pipeline: class of diffusers, a key of :data:`FAMILY_OF_CLASS`.
        steps: denoising steps.
        scale: guidance scale; 0 means the model was distilled and wants none.
        scale_argument: argument of the pipeline's call that takes ``scale``.
        width, height: default size, pixels.
        multiple: width and height are multiples of this.
        negative_prompt: whether a negative prompt changes anything at ``scale``. False also where the call has no such
            argument at all.
        dtype: number format that the makers advise on an accelerator, a key of :data:`DTYPES`.
        denoiser: parameters of UNet or transformer, billions.
        text_encoders: the same of each text encoder.
        vae: the same of the autoencoder.
        parameters_source: where these three come from.
        license: name of the licence as the hub writes it, None where we found none.
        gated: whether the hub asks for an account and consent first; None where we found no evidence either way.
        source: URL of the card or page that ``steps``, ``scale`` and the size come from, or the file of the installed
            diffusers whose defaults they are.
        checked: ``"run"``: this project ran these weights with these settings, and its tests do. ``"tiny"``: its tests
            run a small random pipeline of the same class, so the code path works; weights and settings are what
            ``source`` says and were not run here. ``"card"``: only read.
        upcast_vae: whether diffusers decodes in float32 although ``dtype`` is smaller.
    """

    id: str
    label: str
    family: str
    pipeline: str
    steps: int
    scale: float
    width: int
    height: int
    multiple: int
    negative_prompt: bool
    dtype: str
    denoiser: float
    text_encoders: tuple[float, ...]
    vae: float
    parameters_source: str
    license: str | None
    gated: bool | None
    source: str
    checked: str
    scale_argument: str = "guidance_scale"
    upcast_vae: bool = False

    @property
    def parameters(self) -> float:
        """All parameters, billions."""
        return self.denoiser + sum(self.text_encoders) + self.vae


_CLIP_L, _CLIP_G, _T5_XXL, _KL = 0.123, 0.695, 4.762, 0.084
_COUNTED = "counted on the classes of diffusers 0.42.1 and transformers, built without weights from {}"
_DEFAULTS = _COUNTED.format("their default configuration and that of the named text encoder")
_SD3 = _COUNTED.format(
    "the released sizes (38 or 24 blocks); agrees with the 16.3 GB of SD 3.5 Large's transformer files"
)

CATALOGUE: tuple[ModelEntry, ...] = (
    ModelEntry(
        id=EMBEDDED_ID, label="pocket-64 (offline, 64 px)", family="sd", pipeline="StableDiffusionPipeline",
        steps=25, scale=2.5, negative_prompt=True,
        width=64, height=64, multiple=8, dtype="float32",
        denoiser=0.011453, text_encoders=(0.014449,), vae=0.001626,
        parameters_source="counted in assets/models/pocket-64",
        license="apache-2.0", gated=False,
        source="assets/models/pocket-64/README.md", checked="run",
    ),
    ModelEntry(
        id="stable-diffusion-v1-5/stable-diffusion-v1-5", label="Stable Diffusion 1.5", family="sd",
        pipeline="StableDiffusionPipeline",
        steps=50, scale=7.5, negative_prompt=True,
        width=512, height=512, multiple=8, dtype="float16",
        denoiser=0.860, text_encoders=(_CLIP_L,), vae=_KL,
        parameters_source=_DEFAULTS,
        license="creativeml-openrail-m", gated=None,
        source="diffusers/pipelines/stable_diffusion/pipeline_stable_diffusion.py", checked="tiny",
    ),
    ModelEntry(
        id="stabilityai/stable-diffusion-xl-base-1.0", label="SDXL 1.0", family="sdxl",
        pipeline="StableDiffusionXLPipeline",
        steps=50, scale=5.0, negative_prompt=True,
        width=1024, height=1024, multiple=8, dtype="float16", upcast_vae=True,
        denoiser=2.567, text_encoders=(_CLIP_L, _CLIP_G), vae=_KL,
        parameters_source=_COUNTED.format("the configuration of its UNet"),
        license="openrail++", gated=False,
        source="diffusers/pipelines/stable_diffusion_xl/pipeline_stable_diffusion_xl.py", checked="tiny",
    ),
    ModelEntry(
        id="stabilityai/sdxl-turbo", label="SDXL Turbo", family="sdxl", pipeline="StableDiffusionXLPipeline",
        steps=4, scale=0.0, negative_prompt=False,
        width=512, height=512, multiple=8, dtype="float16", upcast_vae=True,
        denoiser=2.567, text_encoders=(_CLIP_L, _CLIP_G), vae=_KL,
        parameters_source="the same architecture as SDXL 1.0 (documentation of diffusers, SDXL Turbo)",
        license="sai-nc-community", gated=False,
        source="https://huggingface.co/docs/diffusers/using-diffusers/sdxl_turbo", checked="tiny",
    ),
    ModelEntry(
        id="stabilityai/stable-diffusion-3.5-large-turbo", label="Stable Diffusion 3.5 Large Turbo", family="sd3",
        pipeline="StableDiffusion3Pipeline",
        steps=4, scale=0.0, negative_prompt=False,
        width=1024, height=1024, multiple=16, dtype="bfloat16",
        denoiser=8.15, text_encoders=(_CLIP_L, _CLIP_G, _T5_XXL), vae=_KL,
        parameters_source=_SD3,
        license="stabilityai-ai-community", gated=True,
        source="https://huggingface.co/spaces/stabilityai/stable-diffusion-3.5-large-turbo", checked="tiny",
    ),
    ModelEntry(
        # The card was out of reach when this was written: the settings are those of its example, as others quote it.
        id="stabilityai/stable-diffusion-3.5-large", label="Stable Diffusion 3.5 Large", family="sd3",
        pipeline="StableDiffusion3Pipeline",
        steps=28, scale=3.5, negative_prompt=True,
        width=1024, height=1024, multiple=16, dtype="bfloat16",
        denoiser=8.15, text_encoders=(_CLIP_L, _CLIP_G, _T5_XXL), vae=_KL,
        parameters_source=_SD3,
        license="stabilityai-ai-community", gated=True,
        source="https://huggingface.co/stabilityai/stable-diffusion-3.5-large", checked="tiny",
    ),
    ModelEntry(
        # The card was out of reach when this was written: the settings are those of its example, as others quote it.
        id="stabilityai/stable-diffusion-3.5-medium", label="Stable Diffusion 3.5 Medium", family="sd3",
        pipeline="StableDiffusion3Pipeline",
        steps=40, scale=4.5, negative_prompt=True,
        width=1024, height=1024, multiple=16, dtype="bfloat16",
        denoiser=2.47, text_encoders=(_CLIP_L, _CLIP_G, _T5_XXL), vae=_KL,
        parameters_source=_SD3,
        license="stabilityai-ai-community", gated=True,
        source="https://huggingface.co/stabilityai/stable-diffusion-3.5-medium", checked="tiny",
    ),
    ModelEntry(
        id="black-forest-labs/FLUX.1-schnell", label="FLUX.1 schnell", family="flux", pipeline="FluxPipeline",
        steps=4, scale=0.0, negative_prompt=False,
        width=1024, height=1024, multiple=16, dtype="bfloat16",
        denoiser=11.891, text_encoders=(_CLIP_L, _T5_XXL), vae=_KL,
        parameters_source=_DEFAULTS,
        license="apache-2.0", gated=True,
        source="https://huggingface.co/docs/diffusers/api/pipelines/flux", checked="tiny",
    ),
    ModelEntry(
        id="black-forest-labs/FLUX.1-dev", label="FLUX.1 dev", family="flux", pipeline="FluxPipeline",
        steps=50, scale=3.5, negative_prompt=False,
        width=1024, height=1024, multiple=16, dtype="bfloat16",
        denoiser=11.901, text_encoders=(_CLIP_L, _T5_XXL), vae=_KL,
        parameters_source=_DEFAULTS,
        license="flux-1-dev-non-commercial-license", gated=True,
        source="https://huggingface.co/docs/diffusers/api/pipelines/flux", checked="tiny",
    ),
    ModelEntry(
        # Two other places give the same four steps and scale 1; the model is distilled and ignores a larger scale.
        id="black-forest-labs/FLUX.2-klein-4B", label="FLUX.2 klein 4B", family="flux2", pipeline="Flux2KleinPipeline",
        steps=4, scale=1.0, negative_prompt=False,
        width=1024, height=1024, multiple=16, dtype="bfloat16",
        denoiser=3.876, text_encoders=(4.022,), vae=_KL,
        parameters_source=_COUNTED.format("the sizes in the makers' code; agrees with the 7.75 and 8.05 GB of the files"),
        license="apache-2.0", gated=False,
        source="https://docs.empiriolabs.ai/models/flux-2-klein-4b", checked="tiny",
    ),
    ModelEntry(
        id="black-forest-labs/FLUX.2-dev", label="FLUX.2 dev", family="flux2", pipeline="Flux2Pipeline",
        steps=50, scale=4.0, negative_prompt=False,
        width=1024, height=1024, multiple=16, dtype="bfloat16",
        denoiser=32.223, text_encoders=(24.011,), vae=_KL,
        parameters_source=_DEFAULTS,
        license="FLUX Non-Commercial License", gated=True,
        source="https://github.com/black-forest-labs/flux2/blob/main/docs/flux2_dev_hf.md", checked="tiny",
    ),
    ModelEntry(
        id="Qwen/Qwen-Image", label="Qwen-Image", family="qwen", pipeline="QwenImagePipeline",
        steps=50, scale=4.0, scale_argument="true_cfg_scale", negative_prompt=True,
        width=1328, height=1328, multiple=16, dtype="bfloat16",
        denoiser=20.430, text_encoders=(8.292,), vae=0.127,
        parameters_source=_DEFAULTS,
        license="apache-2.0", gated=None,
        source="https://github.com/QwenLM/Qwen-Image", checked="tiny",
    ),
    ModelEntry(
        id="Tongyi-MAI/Z-Image-Turbo", label="Z-Image Turbo", family="zimage", pipeline="ZImagePipeline",
        steps=8, scale=0.0, negative_prompt=False,
        width=1024, height=1024, multiple=16, dtype="bfloat16",
        denoiser=6.155, text_encoders=(4.022,), vae=_KL,
        parameters_source=_DEFAULTS,
        license="apache-2.0", gated=False,
        source="diffusers/pipelines/z_image/pipeline_z_image.py", checked="tiny",
    ),
    ModelEntry(
        id="Efficient-Large-Model/Sana_1600M_1024px_BF16_diffusers", label="Sana 1.6B", family="sana",
        pipeline="SanaPipeline",
        steps=20, scale=4.5, negative_prompt=True,
        width=1024, height=1024, multiple=32, dtype="bfloat16",
        denoiser=1.604, text_encoders=(2.614,), vae=0.312,
        parameters_source=_COUNTED.format("their defaults; the autoencoder from the 1.25 GB of its float32 file"),
        license="NSCL v2-custom", gated=None,
        source="diffusers/pipelines/sana/pipeline_sana.py", checked="tiny",
    ),
    ModelEntry(
        # Its call asks for multiples of 8 only, but the transformer takes the latents in patches of 2 x 2.
        id="PixArt-alpha/PixArt-Sigma-XL-2-1024-MS", label="PixArt Sigma XL 1024", family="pixart",
        pipeline="PixArtSigmaPipeline",
        steps=20, scale=4.5, negative_prompt=True,
        width=1024, height=1024, multiple=16, dtype="float16",
        denoiser=0.611, text_encoders=(_T5_XXL,), vae=_KL,
        parameters_source=_COUNTED.format("the 28 blocks of 16 x 72 that its class defaults to"),
        license="openrail++", gated=None,
        source="diffusers/pipelines/pixart_alpha/pipeline_pixart_sigma.py", checked="tiny",
    ),
)  # fmt: skip
"""The models on offer, the embedded one first."""

MODELS: dict[str, ModelEntry] = {entry.id: entry for entry in CATALOGUE}
"""The same by id."""


@dataclass(frozen=True)
class MemoryEstimate:
    """An estimate, not a measurement; see :func:`memory_estimate`.

    Attributes:
        weights: of the model on the device at once, GiB.
        working: for the pictures while they are made, GiB.
        host: weights that wait in the host's memory, GiB.
    """

    weights: float
    working: float
    host: float

    @property
    def device(self) -> float:
        """All that the device has to hold, GiB."""
        return self.weights + self.working

    def __str__(self) -> str:
        return f"about {self.device:.1f} GiB (estimate: weights {self.weights:.1f}, pictures {self.working:.1f})"


@dataclass(frozen=True)
class Placement:
    """How a model is loaded.

    Attributes:
        dtype: a key of :data:`DTYPES`.
        offload: ``"none"``: all of it stays on the device. ``"model"``: each component goes there when it is needed
            (``enable_model_cpu_offload`` of diffusers). ``"sequential"``: each layer does, which is far slower.
        estimate: what this was chosen by.
    """

    dtype: str
    offload: str
    estimate: MemoryEstimate


def closest(model_id: str) -> tuple[str, ...]:
    """Ids of the catalogue that look like ``model_id``, best first, at most three; empty if none does."""
    wanted = model_id.lower()
    names = {entry.id.lower(): entry.id for entry in CATALOGUE}
    names |= {entry.id.lower().split("/")[-1]: entry.id for entry in CATALOGUE}
    names |= {entry.label.lower(): entry.id for entry in CATALOGUE}
    close = difflib.get_close_matches(wanted, names, n=6, cutoff=0.6)
    close += difflib.get_close_matches(wanted.split("/")[-1], names, n=6, cutoff=0.6)
    return tuple(dict.fromkeys(names[name] for name in close))[:3]


def memory_estimate(
    model: ModelEntry, width: int, height: int, offload: str = "none", guided: bool = True, dtype: str | None = None
) -> MemoryEstimate:
    """What one picture needs, from the number of parameters and the size of the picture. An estimate.

    With b bytes a number, weights on the device are b times: all parameters for ``"none"``; the largest component for
    ``"model"``, where the denoiser and the autoencoder count as one if ``guided``, since guidance goes back and forth between
    them; and the largest layer (:data:`LARGEST_LAYER`, or the largest component if that is smaller) for
    ``"sequential"``. Pictures are width * height * (:data:`DECODER_VALUES` * bytes of the decoder's numbers +
    :data:`OTHER_BYTES`), and :data:`GUIDED_BYTES` more if ``guided``.

    Left out: safety checkers and adapters, batches of more than one picture, the denoiser's own maps where they are
    larger than the decoder's, and gradients through the decoder, which keep the maps of all its layers.

    Args:
        model: entry of the catalogue, or one made for another model.
        width, height: of the picture, pixels, at least 1.
        offload: one of :data:`OFFLOADS`.
        guided: whether colours are steered.
        dtype: a key of :data:`DTYPES` instead of the model's own.

    Raises:
        InputError: an unknown offload or dtype, or a size below 1.
    """
    if offload not in OFFLOADS:
        raise InputError(f"unknown offload {offload!r}: choose one of {', '.join(OFFLOADS)}")
    number = dtype or model.dtype
    if number not in DTYPES:
        raise InputError(f"unknown dtype {number!r}: choose one of {', '.join(DTYPES)}")
    if width < 1 or height < 1:
        raise InputError(f"size {width} x {height} is out of range: give at least 1 x 1")
    parts = (*model.text_encoders, model.denoiser, model.vae)
    if offload == "none":
        held = model.parameters
    elif offload == "model":
        held = max(*parts, model.denoiser + model.vae if guided else 0.0)
    else:
        held = min(LARGEST_LAYER, max(parts))
    billion = 1e9 * DTYPES[number] / GIB
    decoder = 4 if model.upcast_vae else DTYPES[number]
    pixel = DECODER_VALUES * decoder + OTHER_BYTES + (GUIDED_BYTES if guided else 0)
    host = 0.0 if offload == "none" else model.parameters * billion
    return MemoryEstimate(held * billion, width * height * pixel / GIB, host)


def choose_placement(
    model: ModelEntry,
    device_memory_bytes: int | None,
    host_memory_bytes: int,
    width: int | None = None,
    height: int | None = None,
    guided: bool = True,
) -> Placement:
    """The fastest way of loading that should fit, by :func:`memory_estimate`.

    Args:
        model: entry of the catalogue, or one made for another model.
        device_memory_bytes: free memory of the accelerator; None for the CPU, where everything is float32 in the host's.
        host_memory_bytes: free memory of the host.
        width, height: of the picture, pixels; the model's default if None.
        guided: whether colours are steered.

    Raises:
        InputError: it does not fit: even with sequential offload, or not into the host's memory.
    """
    wide, high = width or model.width, height or model.height
    room = USABLE * host_memory_bytes / GIB
    if device_memory_bytes is None:
        estimate = memory_estimate(model, wide, high, "none", guided, "float32")
        if estimate.device > room:
            raise InputError(
                f"{model.id} at {wide} x {high} needs {estimate} in float32 on the CPU, and {room:.1f} GiB of memory are "
                f"free: choose a smaller model, such as {_that_fits(None, room)}, or a smaller size, or use a GPU"
            )
        return Placement("float32", "none", estimate)
    space = USABLE * device_memory_bytes / GIB
    estimates = {offload: memory_estimate(model, wide, high, offload, guided) for offload in OFFLOADS}
    for offload, estimate in estimates.items():
        if estimate.device <= space and estimate.host <= room:
            return Placement(model.dtype, offload, estimate)
    least = estimates["sequential"]
    if least.device > space:
        raise InputError(
            f"{model.id} at {wide} x {high} needs {least} on the device even with sequential offload, and {space:.1f} GiB "
            f"are free: choose a smaller width and height, or a smaller model, such as {_that_fits(space, room)}"
        )
    raise InputError(
        f"{model.id} needs {least.host:.1f} GiB of the host's memory for weights that wait there (estimate), and "
        f"{room:.1f} GiB are free: choose a smaller model, such as {_that_fits(space, room)}, or free some memory"
    )


def _that_fits(space: float | None, room: float) -> str:
    """The largest of the catalogue that fits at its own size without sequential offload; GiB, ``space`` None for the CPU."""
    for entry in sorted(CATALOGUE, key=lambda entry: entry.parameters, reverse=True):
        for offload in ("none",) if space is None else ("none", "model"):
            dtype = "float32" if space is None else entry.dtype
            needs = memory_estimate(entry, entry.width, entry.height, offload, dtype=dtype)
            if needs.device <= (room if space is None else space) and needs.host <= room:
                return entry.id
    return EMBEDDED_ID
