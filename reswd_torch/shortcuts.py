"""When NumPy, OpenColorIO or a fused kernel may stand in for PyTorch's own operations."""

from __future__ import annotations

import torch
from torch import Tensor


def numbers_alone(values: Tensor) -> bool:
    """Whether a tensor is nothing but numbers in memory: no compiler, tracer or function transform follows what happens to it,
    and it carries no forward-mode tangent. Whether it requires a gradient is not checked here."""
    if torch.compiler.is_compiling() or torch.jit.is_tracing() or torch._C._len_torch_dispatch_stack():
        return False
    # A transform of other tensors counts too, since they may be combined with what is computed here.
    if torch._C._are_functorch_transforms_active():
        return False
    if type(values) not in (Tensor, torch.nn.Parameter) or values.layout is not torch.strided:
        return False
    try:
        values.data_ptr()
    except RuntimeError:  # the tensors of torch.func have no memory
        return False
    return torch.autograd.forward_ad.unpack_dual(values).tangent is None
