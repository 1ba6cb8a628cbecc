"""Weights in few bits: large models in little memory.

The public names are imported when they are first used, so that :mod:`guidance.quantize.kinds`, which is plain data, loads no
torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reswd_torch.lazy import names_on_demand

if TYPE_CHECKING:
    from guidance.quantize.kinds import QUANTIZATIONS
    from guidance.quantize.linear import SinqLinear
    from guidance.quantize.replace import QuantizeReport, quantize_linears

_HOMES = {
    "QUANTIZATIONS": "guidance.quantize.kinds",
    "QuantizeReport": "guidance.quantize.replace",
    "SinqLinear": "guidance.quantize.linear",
    "quantize_linears": "guidance.quantize.replace",
}

__all__ = ["QUANTIZATIONS", "QuantizeReport", "SinqLinear", "quantize_linears"]

__getattr__ = names_on_demand(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
