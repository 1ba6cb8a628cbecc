"""Calling an autoencoder of diffusers without a gradient for its weights, and in float32 where float16 overflows."""

from __future__ import annotations

from itertools import chain
from typing import Any, Literal

import torch
from torch import Tensor

from reswd_torch.errors import InputError

Method = Literal["decode", "encode"]


def call_vae(vae: Any, method: Method, x: Tensor) -> Any:
    """``vae.decode(x)`` or ``vae.encode(x)``, with ``x`` moved to where the VAE runs and to its dtype.

    Parameters of the VAE ask for no gradient inside, so none is in the graph and even ``backward`` gives them none. The
    exception is gradient checkpointing, which runs the VAE again later, when they ask again, and refuses if both runs
    differ: then the graph holds them, and gradients have to be taken with ``torch.autograd.grad``.
    """
    asking = []
    if torch.is_grad_enabled() and not vae.is_gradient_checkpointing:
        asking = [parameter for parameter in vae.parameters() if parameter.requires_grad]
    for parameter in asking:
        parameter.requires_grad_(False)
    try:
        return getattr(vae, method)(x.to(_place(vae), vae.dtype))
    finally:
        for parameter in asking:
            parameter.requires_grad_(True)


def call_vae_in_float32(vae: Any, method: Method, x: Tensor) -> Any:
    """The same in float32, whatever dtype the weights have.

    They are not converted in place but stood in for by copies: a gradient is taken after the call, when the weights
    must still be what they were in it, and an exception leaves nothing to put back.

    Raises:
        InputError: gradients by gradient checkpointing, which would run the VAE again without the copies.
    """
    if torch.is_grad_enabled() and vae.is_gradient_checkpointing:
        raise InputError(
            f"this VAE holds {str(vae.dtype).removeprefix('torch.')}, which overflows, and cannot checkpoint gradients in "
            "float32: call pipe.vae.to(torch.float32) or pipe.vae.disable_gradient_checkpointing() first"
        )
    place = _place(vae)
    weights = {
        f"vae.{name}": value.detach().to(place, torch.float32)
        for name, value in chain(vae.named_parameters(), vae.named_buffers())
    }
    return torch.func.functional_call(_Method(vae, method), weights, (x.to(place, torch.float32),))


class _Method(torch.nn.Module):
    """Makes a method the ``forward`` that ``functional_call`` wants."""

    def __init__(self, vae: torch.nn.Module, method: Method) -> None:
        super().__init__()
        self.vae, self.method = vae, method

    def forward(self, x: Tensor) -> Any:
        return getattr(self.vae, self.method)(x)


def _place(vae: Any) -> torch.device:
    """Where the VAE runs; the hook of an offloaded one moves the weights there, but not the input."""
    from diffusers.utils.torch_utils import get_module_execution_device

    return get_module_execution_device(vae)
