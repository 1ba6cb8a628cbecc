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

from guidance.understood.roles import OBJECTS, Role
from guidance.understood.vectors import Vectors, bind, bundle, codes, hypervectors, unbind
from reswd_torch.errors import InputError

FOLDER = "probe"
"""The folder of the probe in that of its model."""
WEIGHTS_FILE, SETTINGS_FILE = "probe.safetensors", "probe.json"
_CENTRE, _OBJECTS = "centre", "objects"


NOTHING_AT, SHARPNESS = 0.5, 16.0
"""A role is empty below this share of a filler. With this sharpness the softmax over the shares gives the confidences."""


@dataclass(frozen=True)
class ProbeSettings:
    """Everything of a probe but its weights.

    Attributes:
        fillers: what can fill each role, by the role's name; nothing comes first.
        dimensions, seed: of the hypervectors.
        tokens, width: of the states that it reads: (tokens, width).
        notes, hidden: of the map.
        threshold: the confidence from which a filler counts as understood, 0..1.
        sureness, nearness: a word that is read alone is taken for an object from this confidence, or from this cosine of
            their hypervectors.
    """

    fillers: dict[str, tuple[str, ...]]
    dimensions: int
    seed: int
    tokens: int
    width: int
    notes: int
    hidden: int
    threshold: float
    sureness: float
    nearness: float


class Map(nn.Module):
    """The shallow map: each token with what stands around it through one hidden layer, summed over the tokens, and out.

    What is said of several things is bundled by a sum, and so is the map: two objects do not compete for one pooled state.
    Around a token stand its two neighbours, which tell whose colour a colour is, and notes on all tokens before and on all
    behind it, which tell whether an object is the first or the second one.

    Args:
        settings: of the probe.
    """

    def __init__(self, settings: ProbeSettings) -> None:
        super().__init__()
        self.note = nn.Linear(settings.width, settings.notes)
        self.hidden = nn.Linear(3 * settings.width + 2 * settings.notes, settings.hidden)
        self.place = nn.Parameter(torch.zeros(settings.tokens, settings.hidden))
        self.out = nn.Linear(settings.hidden, settings.dimensions)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Map states (n, tokens, width) with their mask (n, tokens), True where words are, to hypervectors (n, D)."""
        gelu = nn.functional.gelu
        notes = gelu(self.note(states)) * mask[..., None]
        before = notes.cumsum(1) - notes
        behind = notes.sum(1, keepdim=True) - before - notes
        rows, places = mask.nonzero(as_tuple=True)
        padded = nn.functional.pad(states * mask[..., None], (0, 0, 1, 1))
        near = [padded[rows, places + step] for step in range(3)]
        each = gelu(self.hidden(torch.cat([*near, before[rows, places], behind[rows, places]], 1)) + self.place[places])
        return self.out(each.new_zeros(len(mask), each.shape[1]).index_add(0, rows, each))


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
        centre: (width,) float32, the mean of the objects' states: the mean states of their names, each of length 1.
        objects: (objects, D) float32 of -1 and 1: the hypervectors of the objects, whose names with like meanings are near.
    """

    settings: ProbeSettings
    map: Map
    centre: Vectors
    objects: Vectors

    @cached_property
    def roles(self) -> dict[Role, Vectors]:
        """The vector of each role, (D,)."""
        names = list(Role)
        return dict(zip(names, self._vectors([f"role:{name}" for name in names]), strict=True))

    @cached_property
    def codebooks(self) -> dict[Role, Vectors]:
        """The vectors of what can fill each role, (fillers, D); that of nothing is zeros."""
        others = {role: self._vectors(list(self.settings.fillers[role][1:])) for role in Role if role not in OBJECTS}
        made = dict.fromkeys(OBJECTS, self.objects) | others
        return {role: np.pad(made[role], ((1, 0), (0, 0))) for role in Role}

    def _vectors(self, names: list[str]) -> Vectors:
        return hypervectors(names, self.settings.dimensions, self.settings.seed)

    def target(self, said: dict[Role, str]) -> Vectors:
        """The hypervector (D,) of what a prompt says, a filler for each role."""
        pairs = [
            bind(self.roles[role], self.codebooks[role][self.settings.fillers[role].index(filler)])
            for role, filler in said.items()
        ]
        return bundle(np.stack(pairs))

    def shares(self, vectors: Vectors) -> dict[Role, Vectors]:
        """How much of each filler hypervectors (n, D) hold in each role: (n, fillers).

        A filler's share is the length of its part: 1 in a perfect bundle, about 0 for one that is not there. That of nothing is
        :data:`NOTHING_AT`.
        """
        made = {}
        for role, own in self.roles.items():
            made[role] = unbind(vectors, own) @ self.codebooks[role].T / self.settings.dimensions
            made[role][:, 0] = NOTHING_AT
        return made

    def decode(self, vectors: Vectors) -> list[dict[Role, Reading]]:
        """What hypervectors (n, D) say: the filler with the greatest share. The confidence is the softmax of the shares."""
        made: list[dict[Role, Reading]] = [{} for _ in vectors]
        for role, found in self.shares(vectors).items():
            shares = np.exp(SHARPNESS * (found - found.max(-1, keepdims=True)).astype(np.float64))
            best = found.argmax(-1)
            for row, index in enumerate(best):
                share = shares[row, index] / shares[row].sum()
                made[row][role] = Reading(self.settings.fillers[role][index], float(share))
        return made

    def nearest(self, states: Tensor, mask: Tensor) -> list[tuple[str, float]]:
        """The object nearest to each of some words, read alone, and the cosine of their hypervectors.

        Args:
            states: (n, tokens, width), of each word alone.
            mask: (n, tokens) bool, True where words are.
        """
        found = self.code(states, mask) @ self.objects.T / self.settings.dimensions
        names = self.settings.fillers[OBJECTS[0]][1:]
        return [(names[int(row.argmax())], float(row.max())) for row in found]

    def code(self, states: Tensor, mask: Tensor) -> Vectors:
        """The hypervectors of words, read alone, by their meaning: (n, D) float32 of -1 and 1. Arguments as for ``nearest``."""
        return codes(mean_states(states, mask) - self.centre, self.settings.dimensions, self.settings.seed)

    @torch.no_grad()
    def read(self, states: Tensor, mask: Tensor) -> list[dict[Role, Reading]]:
        """What prompts say, from the text encoder's states (n, tokens, width) and their mask (n, tokens)."""
        return self.decode(self.map(states.float(), mask.bool()).numpy())


def mean_states(states: Tensor, mask: Tensor) -> Vectors:
    """The mean over the tokens of states (n, tokens, width) with their mask (n, tokens), made of length 1: (n, width) float32."""
    counts = mask[..., None].float()
    pooled = (states.float() * counts).sum(1) / counts.sum(1).clamp(min=1)
    return np.asarray(torch.nn.functional.normalize(pooled, dim=-1).numpy(), np.float32)


def save_probe(probe: Probe, model: Path, recipe: dict[str, Any]) -> Path:
    """Write a probe into the folder of its model, its weights in half precision. Returns its folder.

    Args:
        probe: the probe.
        model: the model's folder.
        recipe: how it was made, in words and numbers for JSON.
    """
    folder = model / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.half().contiguous() for name, value in probe.map.state_dict().items()}
    weights[_CENTRE] = torch.from_numpy(probe.centre).clone()
    weights[_OBJECTS] = torch.from_numpy(np.packbits(probe.objects > 0, axis=1))
    save_file(weights, folder / WEIGHTS_FILE)
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
        weights = load_file(folder / WEIGHTS_FILE)
        centre = weights.pop(_CENTRE).numpy()
        objects = np.unpackbits(weights.pop(_OBJECTS).numpy(), axis=1).astype(np.float32) * 2 - 1
        if objects.shape != (len(settings.fillers[OBJECTS[0]]) - 1, settings.dimensions):
            raise ValueError(f"hypervectors of the shape {objects.shape}")
        mapped = Map(settings)
        mapped.load_state_dict({name: value.float() for name, value in weights.items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, SafetensorError) as error:
        raise InputError(f"{folder}: this folder holds no probe that can be read ({error})") from error
    return Probe(settings, mapped.eval().requires_grad_(False), centre, objects)
