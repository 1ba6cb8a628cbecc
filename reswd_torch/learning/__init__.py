"""Learning a camera or a lab from pairs: which kind of grade carries what was seen, and that grade.

The names below load on first use, so that help texts, which list the models, need no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reswd_torch.lazy import names_on_demand
from reswd_torch.learning.names import AUTO, MODELS, check_model

if TYPE_CHECKING:
    from reswd_torch.learning.chart import find_chart, published_chart
    from reswd_torch.learning.choice import Learned, Score, learn
    from reswd_torch.learning.difference import ciede2000
    from reswd_torch.learning.pictures import PairColours, aligned_colours

__all__ = [
    "AUTO",
    "MODELS",
    "Learned",
    "PairColours",
    "Score",
    "aligned_colours",
    "check_model",
    "ciede2000",
    "find_chart",
    "learn",
    "published_chart",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "Learned": "reswd_torch.learning.choice",
        "PairColours": "reswd_torch.learning.pictures",
        "Score": "reswd_torch.learning.choice",
        "aligned_colours": "reswd_torch.learning.pictures",
        "ciede2000": "reswd_torch.learning.difference",
        "find_chart": "reswd_torch.learning.chart",
        "learn": "reswd_torch.learning.choice",
        "published_chart": "reswd_torch.learning.chart",
    },
)


def __dir__() -> list[str]:
    return sorted(__all__)
