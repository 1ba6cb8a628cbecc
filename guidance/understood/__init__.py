"""What of a prompt a text encoder understood, and where its colours quarrel with a palette.

``vectors`` is the algebra, ``roles`` what can be said, ``probe`` the learned map, ``explaining`` what comes out of it for a
prompt, ``quarrelling`` the colours that a palette lacks, and ``words`` all of it in words. After the hyperdimensional probe of
arXiv 2509.25045. The names are imported when they are first used; only a reader loads torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reswd_torch.lazy import names_on_demand

if TYPE_CHECKING:
    from guidance.understood.explaining import Part, Reader, Understood, explain, load_reader, reader_of
    from guidance.understood.quarrelling import quarrels
    from guidance.understood.roles import Role

_HOMES = {
    "Part": "guidance.understood.explaining",
    "Reader": "guidance.understood.explaining",
    "Role": "guidance.understood.roles",
    "Understood": "guidance.understood.explaining",
    "explain": "guidance.understood.explaining",
    "load_reader": "guidance.understood.explaining",
    "quarrels": "guidance.understood.quarrelling",
    "reader_of": "guidance.understood.explaining",
}

__all__ = ["Part", "Reader", "Role", "Understood", "explain", "load_reader", "quarrels", "reader_of"]

__getattr__ = names_on_demand(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
