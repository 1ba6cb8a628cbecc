"""A pack for tests alone: a random UNet of some thousand weights and a linear autoencoder, in ComfyUI's own classes.

It is linked into ``custom_nodes`` of a test's folder. ``comfy`` here is ComfyUI's.
"""

import comfy.model_base
import comfy.model_patcher
import comfy.sd
import comfy.supported_models
import torch
import torch.nn.functional as F
from comfy.ldm.modules.diffusionmodules.openaimodel import UNetModel

_UNET = {
    "image_size": 16, "in_channels": 4, "out_channels": 4, "model_channels": 32, "num_res_blocks": [1, 1], "channel_mult": (1, 2),
    "num_heads": 4, "transformer_depth": [0, 0], "transformer_depth_middle": -1, "transformer_depth_output": [0, 0, 0, 0],
    "dtype": torch.float32,
}  # fmt: skip
_KL = {
    "double_z": True, "z_channels": 4, "resolution": 32, "in_channels": 3, "out_ch": 3, "ch": 32, "ch_mult": [1, 1, 1, 1],
    "num_res_blocks": 1, "attn_resolutions": [], "dropout": 0.0,
}  # fmt: skip
_SIDE = 8


class _Linear(torch.nn.Module):
    """Squares of 8 x 8 pixels as four numbers, and back: what an autoencoder does to colours, and nothing else."""

    def __init__(self):
        super().__init__()
        mix = torch.randn(4, 3, generator=torch.Generator().manual_seed(1))
        self.mix = torch.nn.Parameter(mix, requires_grad=False)

    def encode(self, pixels):
        return torch.einsum("dc,bchw->bdhw", self.mix, F.avg_pool2d(pixels, _SIDE)) / 0.18215

    def decode(self, latents):
        colours = torch.einsum("cd,bdhw->bchw", torch.linalg.pinv(self.mix), latents * 0.18215)
        return F.interpolate(colours, scale_factor=_SIDE, mode="nearest")


class _Denoiser(UNetModel):
    """A random UNet beside what a denoiser mostly does: at high noise levels its input is the noise."""

    def forward(self, x, *arguments, **more):
        noise = super().forward(x, *arguments, **more)
        return x + 0.3 * noise / noise.std().clamp(min=1e-6)


class TinyModel:
    """A model, its VAE and a conditioning that says nothing."""

    CATEGORY = "tests"
    FUNCTION = "make"
    RETURN_TYPES = ("MODEL", "VAE", "CONDITIONING")

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {}}

    def make(self):
        torch.manual_seed(0)
        config = comfy.supported_models.SD15(dict(_UNET))
        config.unet_config = dict(_UNET)
        model = comfy.model_base.BaseModel(config, device="cpu", unet_model=_Denoiser).eval()
        for weight in model.parameters():  # ComfyUI leaves them as the memory was, since a file fills them
            torch.nn.init.normal_(weight, std=0.05)
        patcher = comfy.model_patcher.ModelPatcher(
            model, load_device=torch.device("cpu"), offload_device=torch.device("cpu")
        )
        vae = comfy.sd.VAE(sd={}, config={"params": {"ddconfig": _KL, "embed_dim": 4}})
        vae.first_stage_model = _Linear().to(vae.vae_dtype)
        vae.patcher = comfy.model_patcher.ModelPatcher(
            vae.first_stage_model, load_device=vae.device, offload_device=torch.device("cpu")
        )
        return patcher, vae, [[torch.zeros(1, 1, 16), {}]]


NODE_CLASS_MAPPINGS = {"ReswdTestTinyModel": TinyModel}
