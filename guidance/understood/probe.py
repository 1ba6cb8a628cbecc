"""The probe: a shallow map from the states of a text encoder to the hypervector of what a prompt says.

After the hyperdimensional probe of arXiv 2509.25045, which reads states of a language model so. There a prompt's vector is the
bundle of its roles, each bound to what fills it; the map is learned, and the rest is algebra: to unbind a role leaves a noisy
vector of its filler, which the codebook cleans up.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from guidance.understood.roles import Role
from guidance.understood.vectors import Vectors, bind, hypervectors, similarities, unbind
from reswd_torch.errors import InputError

FOLDER = "probe"
"""The folder of the probe in that of its model."""
WEIGHTS_FILE, SETTINGS_FILE = "probe.safetensors", "probe.json"


@dataclass(frozen=True)
class ProbeSettings:
    """Everything of a probe but its weights.

    Attributes:
        fillers: what can fill each role, by the role's name.
        dimensions, seed: of the hypervectors.
        tokens, width: of the states that it reads: (tokens, width).
        heads, values, hidden: of the map.
        threshold: the confidence from which a filler counts as understood, 0..1.
    """

    fillers: dict[str, tuple[str, ...]]
    dimensions: int
    seed: int
    tokens: int
    width: int
    heads: int
    values: int
    hidden: int
    threshold: float


class Pooling(nn.Module):
    """Attention of a few heads over the tokens; what each gathers is narrowed.

    Args:
        settings: of the probe.
    """

    def __init__(self, settings: ProbeSettings) -> None:
        super().__init__()
        self.score = nn.Linear(settings.width, settings.heads)
        self.place = nn.Parameter(torch.zeros(settings.tokens, settings.heads))
        self.values = nn.Parameter(torch.empty(settings.heads, settings.width, settings.values))
        nn.init.normal_(self.values, std=settings.width**-0.5)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Pool states (n, tokens, width), of which ``mask`` (n, tokens) says where words are: (n, heads * values)."""
        scores = (self.score(states) + self.place).masked_fill(~mask[..., None], float("-inf"))
        gathered = scores.softmax(1).transpose(1, 2) @ states
        return torch.einsum("nhw,hwv->nhv", gathered, self.values).flatten(1)


class Map(nn.Module):
    """The shallow map: pooling, one hidden layer, and out to a hypervector.

    Args:
        settings: of the probe.
    """

    def __init__(self, settings: ProbeSettings) -> None:
        super().__init__()
        self.pooling = Pooling(settings)
        self.hidden = nn.Linear(settings.heads * settings.values, settings.hidden)
        self.out = nn.Linear(settings.hidden, settings.dimensions)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Map states (n, tokens, width) with their mask (n, tokens) to hypervectors (n, D)."""
        return self.out(nn.functional.gelu(self.hidden(self.pooling(states, mask))))


@dataclass(frozen=True)
class Reading:
    """What fills a role.

    Attributes:
        filler: its name.
        confidence: how clearly the role's part of the hypervector is this filler and no other, 0..1.
    """

    filler: str
    confidence: float


@dataclass(frozen=True, eq=False)
class Probe:
    """A map with its vectors.

    Attributes:
        settings: everything but the weights.
        map: the trained map.
    """

    settings: ProbeSettings
    map: Map

    @cached_property
    def roles(self) -> dict[Role, Vectors]:
        """The vector of each role, (D,)."""
        names = list(Role)
        return dict(zip(names, self._vectors([f"role:{name}" for name in names]), strict=True))

    @cached_property
    def codebooks(self) -> dict[Role, Vectors]:
        """The vectors of what can fill each role, (fillers, D). A name has the same vector in each role."""
        names = {role: self.settings.fillers[role] for role in Role}
        made = {each: self._vectors([each])[0] for each in {name for part in names.values() for name in part}}
        return {role: np.stack([made[name] for name in part]) for role, part in names.items()}

    def _vectors(self, names: list[str]) -> Vectors:
        return hypervectors(names, self.settings.dimensions, self.settings.seed)

    def target(self, said: dict[Role, str]) -> Vectors:
        """The hypervector (D,) of what a prompt says, a filler for each role."""
        pairs = [
            bind(self.roles[role], self.codebooks[role][self.settings.fillers[role].index(filler)])
            for role, filler in said.items()
        ]
        return np.asarray(np.sum(pairs, axis=0), np.float32)

    def decode(self, vectors: Vectors) -> list[dict[Role, Reading]]:
        """What hypervectors (n, D) say.

        The confidence is the softmax of the cosines over the role's fillers, in units of the cosine that a filler has in a
        perfect bundle and with a sharpness of 12: noise comes to nothing, a half-clear winner to about a half.
        """
        whole = len(self.roles) ** -0.5
        made: list[dict[Role, Reading]] = [{} for _ in vectors]
        for role, own in self.roles.items():
            found = similarities(unbind(vectors, own), self.codebooks[role]).astype(np.float64) / whole
            shares = np.exp(12 * (found - found.max(-1, keepdims=True)))
            best = found.argmax(-1)
            for row, index in enumerate(best):
                share = shares[row, index] / shares[row].sum()
                made[row][role] = Reading(self.settings.fillers[role][index], float(share))
        return made

    @torch.no_grad()
    def read(self, states: Tensor, mask: Tensor) -> list[dict[Role, Reading]]:
        """What prompts say, from the text encoder's states (n, tokens, width) and their mask (n, tokens)."""
        return self.decode(self.map(states.float(), mask.bool()).numpy())


def save_probe(probe: Probe, model: Path, recipe: dict[str, Any]) -> Path:
    """Write a probe into the folder of its model, its weights in half precision. Returns its folder.

    Args:
        probe: the probe.
        model: the model's folder.
        recipe: how it was made, in words and numbers for JSON.
    """
    folder = model / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    save_file(
        {name: value.half().contiguous() for name, value in probe.map.state_dict().items()}, folder / WEIGHTS_FILE
    )
    settings = json.dumps(asdict(probe.settings) | {"recipe": recipe}, indent=1, ensure_ascii=False)
    (folder / SETTINGS_FILE).write_text(settings + "\n", encoding="utf-8", newline="\n")
    return folder


def read_probe(model: Path) -> Probe | None:
    """The probe in the folder of a model; None where the model has none.

    Raises:
        InputError: there is one that cannot be read.
    """
    folder = model / FOLDER
    if not folder.is_dir():
        return None
    try:
        values: dict[str, Any] = json.loads((folder / SETTINGS_FILE).read_text(encoding="utf-8"))
        values.pop("recipe", None)
        values["fillers"] = {role: tuple(names) for role, names in values["fillers"].items()}
        settings = ProbeSettings(**values)
        mapped = Map(settings)
        mapped.load_state_dict({name: value.float() for name, value in load_file(folder / WEIGHTS_FILE).items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, SafetensorError) as error:
        raise InputError(f"{folder}: this folder holds no probe that can be read ({error})") from error
    return Probe(settings, mapped.eval().requires_grad_(False))
