"""The text-to-image models on offer, with the settings that their makers give.

This module is plain data: importing it loads neither torch nor diffusers.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from reswd_torch.errors import InputError

EMBEDDED_IDS = ("pocket-64",)
"""Ids of the models that are part of this repository. They are the only ones that never need a network."""
EMBEDDED_ID = EMBEDDED_IDS[0]
"""Id of the one of them that paints where no model is named. A record always names its model."""
MODEL_FAMILIES = ("sd", "sdxl", "sd3", "flux", "flux2", "qwen", "zimage", "sana", "pixart")
"""Short names of the model architectures."""
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
"""Family of each supported pipeline class of diffusers. The key is the ``_class_name`` in a model's ``model_index.json``."""
CHECKED = ("card", "tiny", "run")
"""How well an entry was checked, from least to best; see :attr:`ModelEntry.checked`."""


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    """One model and what its makers say about it.

    Attributes:
        id: name of the repository on the Hugging Face hub, ``owner/name``; of an embedded model one of
            :data:`EMBEDDED_IDS`.
        label: name for a menu.
        family: one of :data:`MODEL_FAMILIES`.
        pipeline: name of the pipeline's class in diffusers, a key of :data:`FAMILY_OF_CLASS`.
        steps: number of denoising steps.
        scale: scale of classifier-free guidance; 0 means that the model was distilled and takes none.
        scale_argument: name of the argument of the pipeline's call that takes ``scale``.
        width, height: default size of a picture, pixels.
        multiple: width and height must be multiples of this number.
        negative_prompt: whether a negative prompt changes the picture at this ``scale``. It is False, too, where the call
            has no such argument.
        dtype: number format that the makers advise on an accelerator, a key of :data:`guidance.memory.DTYPES`.
        denoiser: number of parameters of the UNet or transformer, billions.
        text_encoders: number of parameters of each text encoder, billions.
        vae: number of parameters of the autoencoder, billions.
        parameters_source: where these three numbers come from.
        license: name of the licence as the hub writes it; None where we found none.
        gated: whether the hub asks for an account and for consent before a download; None where we found no evidence
            either way.
        source: where ``steps``, ``scale`` and the size come from: the URL of the model's card or of another page, or the
            file of the installed diffusers whose default values they are.
        checked: ``"run"``: this project ran these weights with these settings, and its tests still do. ``"tiny"``: the
            tests run a small random pipeline of the same class, so the code path works; the weights were not run, and the
            settings are what ``source`` says. ``"card"``: the settings were only read.
        upcast_vae: whether diffusers runs the autoencoder in float32 although ``dtype`` is smaller.
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
"""Parameters of parts that several models share, billions: three text encoders, and the usual ``AutoencoderKL``."""
_COUNTED = "counted on the classes of diffusers 0.42.1 and transformers, built without weights from {}"
_DEFAULTS = _COUNTED.format("their default configuration and that of the named text encoder")
_SD3 = _COUNTED.format(
    "the released sizes (38 or 24 blocks); agrees with the 16.3 GB of SD 3.5 Large's transformer files"
)

CATALOGUE: tuple[ModelEntry, ...] = (
    ModelEntry(
        id="pocket-64", label="pocket-64 (offline, 64 px)", family="sd", pipeline="StableDiffusionPipeline",
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
"""All models on offer. The embedded ones come first, the default before the others."""

MODELS: dict[str, ModelEntry] = {entry.id: entry for entry in CATALOGUE}
"""The models of :data:`CATALOGUE` by their id."""


def nearest_kin(family: str) -> ModelEntry:
    """The entry whose sizes and arguments hold for a model of a family that has no entry of its own.

    Raises:
        InputError: the catalogue has no model of that family.
    """
    for entry in reversed(CATALOGUE):
        if entry.family == family:
            return entry
    raise InputError(f"the catalogue has no model of the family {family!r}: choose one of its models")


def closest(model_id: str) -> tuple[str, ...]:
    """The ids in the catalogue that are spelt most like ``model_id``: at most three, the most similar one first."""
    wanted = model_id.lower()
    names = {entry.id.lower(): entry.id for entry in CATALOGUE}
    names |= {entry.id.lower().split("/")[-1]: entry.id for entry in CATALOGUE}
    names |= {entry.label.lower(): entry.id for entry in CATALOGUE}
    close = difflib.get_close_matches(wanted, names, n=6, cutoff=0.6)
    close += difflib.get_close_matches(wanted.split("/")[-1], names, n=6, cutoff=0.6)
    return tuple(dict.fromkeys(names[name] for name in close))[:3]
