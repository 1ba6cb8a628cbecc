"""Calling an autoencoder of diffusers without gradients for its weights, and in float32 where float16 overflows."""

from __future__ import annotations

from itertools import chain
from typing import Any, Literal

import torch
from torch import Tensor

from guidance.protocols import Vae
from reswd_torch.errors import InputError

VaeMethod = Literal["decode", "encode"]


def call_vae(vae: Vae, method: VaeMethod, x: Tensor) -> Any:
    """Call ``vae.decode(x)`` or ``vae.encode(x)``, with ``x`` moved to the VAE's device and dtype.

    During the call the VAE's parameters require no gradient, so that none is in the graph and even ``backward`` gives them
    none. Gradient checkpointing is the exception. It runs the VAE again later, when the parameters require gradients again,
    and refuses if the two runs differ. With it the graph holds the parameters, and gradients have to be taken with
    ``torch.autograd.grad``.

    Returns:
        What the method returns: an object of diffusers whose attributes depend on the kind of autoencoder.
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


def call_vae_in_float32(vae: Vae, method: VaeMethod, x: Tensor) -> Any:
    """Do the same as :func:`call_vae` in float32, whatever dtype the weights have.

    The weights are not converted in place; copies stand in for them. A gradient is taken after the call, when the weights
    must still be what they were in it, and after an exception there is nothing to put back.

    Raises:
        InputError: gradients and gradient checkpointing are on, which would run the VAE again without the copies.
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
    return torch.func.functional_call(_VaeCall(vae, method), weights, (x.to(place, torch.float32),))


class _VaeCall(torch.nn.Module):
    """Makes a method of the VAE the ``forward`` of a module, since ``functional_call`` calls nothing else."""

    def __init__(self, vae: Vae, method: VaeMethod) -> None:
        super().__init__()
        self.vae, self.method = vae, method

    def forward(self, x: Tensor) -> Any:
        return getattr(self.vae, self.method)(x)


def _place(vae: Vae) -> torch.device:
    """The device on which the VAE runs. If it is offloaded, a hook moves its weights there, but not the input."""
    from diffusers.utils.torch_utils import get_module_execution_device

    return get_module_execution_device(vae)
