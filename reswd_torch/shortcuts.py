"""Where NumPy, OpenColorIO or a fused kernel may stand in for PyTorch's own operations."""

from __future__ import annotations

import torch
from torch import Tensor


def numbers_alone(values: Tensor) -> bool:
    """Whether a tensor is nothing but numbers in memory: nobody compiles, traces or transforms what happens to them, and no
    tangent rides along. Whether it requires a gradient is for the caller to look at."""
    if torch.compiler.is_compiling() or torch.jit.is_tracing() or torch._C._len_torch_dispatch_stack():
        return False
    # A transform of other tensors counts too: what is computed here may meet them.
    if torch._C._are_functorch_transforms_active():
        return False
    if type(values) not in (Tensor, torch.nn.Parameter) or values.layout is not torch.strided:
        return False
    try:
        values.data_ptr()
    except RuntimeError:  # the tensors of torch.func have no memory
        return False
    return torch.autograd.forward_ad.unpack_dual(values).tangent is None
