"""The probe: a shallow map from the text encoder's states to the hypervector of what a sentence says (arXiv 2509.25045)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from transformers import BertModel, PreTrainedTokenizerFast

from guidance.understood.probe import Map, Probe, ProbeSettings, save_probe
from guidance.understood.roles import Role, fillers
from training import text
from training.art import Thing
from training.config import Config
from training.loop import Plan, train
from training.sentences import Sentence, Words, draw, further_words, kept_back

_SHARPNESS = 12.0
"""Of the softmax over a role's fillers, as in the probe's confidence."""
_NEAR, _AMONG = 0.25, 10
"""A keyword is a word for its object if their states have at least this cosine and fewer objects than so many are nearer."""
_TOO_NEAR = 0.5
"""A word whose state has at least this cosine with that of a known word is not taken for foreign."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """Sentences with their states.

    Attributes:
        states: (n, tokens, 384) float16.
        mask: (n, tokens) bool: where words are.
        fillers: (n, roles) int64: the index of each role's filler.
    """

    states: Tensor
    mask: Tensor
    fillers: Tensor


def settings_of(config: Config, things: list[Thing]) -> ProbeSettings:
    """The settings of the probe that the recipe asks for. Its threshold is 0 until it is trained."""
    wanted = config.probe
    by_role = {str(role): names for role, names in fillers([thing.name for thing in things]).items()}
    return ProbeSettings(
        by_role, wanted.dimensions, wanted.seed, text.TOKENS, 384, wanted.heads, wanted.values, wanted.hidden, 0.0
    )


def masked(tokenizer: PreTrainedTokenizerFast, sentences: list[str]) -> Tensor:
    """Where each sentence has tokens: (n, tokens) bool."""
    made = tokenizer(sentences, padding="max_length", max_length=text.TOKENS, truncation=True, return_tensors="pt")
    return made.attention_mask.bool()


def encode(
    tokenizer: PreTrainedTokenizerFast, encoder: BertModel, sentences: list[Sentence], settings: ProbeSettings
) -> Encoded:
    """The states of sentences, and the indices of what they say."""
    texts = [sentence.text for sentence in sentences]
    indices = [[settings.fillers[role].index(sentence.said[role]) for role in Role] for sentence in sentences]
    return Encoded(text.encode(tokenizer, encoder, texts), masked(tokenizer, texts), torch.tensor(indices))


def words_of(
    config: Config, things: list[Thing], tokenizer: PreTrainedTokenizerFast, encoder: BertModel
) -> tuple[Words, tuple[str, ...]]:
    """The words that sentences are made of, and the foreign words that are kept from training."""
    further, others = further_words(config.downloads, things)
    shares = config.data.shares
    names = [thing.name for thing in things]
    centre = (states := _pooled(tokenizer, encoder, names)).mean(0)

    def turned(words: list[str]) -> Tensor:
        return functional.normalize(_pooled(tokenizer, encoder, words) - centre, dim=-1)

    objects = functional.normalize(states - centre, dim=-1)
    pairs = [(word, index) for index, name in enumerate(names) for word in further[name]]
    fits = turned([word for word, _ in pairs]) @ objects.T
    better = (fits > fits.gather(1, torch.tensor([[index] for _, index in pairs]))).sum(1).tolist()
    near = [
        (word, names[index])
        for row, (word, index), above in zip(fits, pairs, better, strict=True)
        if row[index] >= _NEAR and above < _AMONG
    ]
    further = {name: tuple(word for word, owner in near if owner == name) for name in names}
    known = [word for thing in things for word in (thing.name, *thing.keywords, *further[thing.name])]
    never = {part for thing in things for word in thing.keywords_held_out for part in (word, f"{word}s")}
    vocabulary = tokenizer.get_vocab()
    listed = [word for word in sorted(vocabulary, key=vocabulary.__getitem__) if len(word) > 3 and word.isascii()]
    every = list(dict.fromkeys(word for word in (*listed, *others) if word.replace(" ", "").isalpha()))
    every = [word for word in every if word not in never]
    nearest = (turned(every) @ turned(known).T).amax(1).tolist()
    foreign = [word for word, each in zip(every, nearest, strict=True) if each < _TOO_NEAR]
    trained = tuple(word for word in foreign if not kept_back(word))
    kept = tuple(word for word in foreign if kept_back(word))
    return Words(things, further, trained, shares.held_out_colours, shares.held_out_backgrounds), kept


def _pooled(tokenizer: PreTrainedTokenizerFast, encoder: BertModel, words: list[str]) -> Tensor:
    """The mean state of each word alone: (n, 384), of length 1."""
    mask = masked(tokenizer, words)[..., None].float()
    states = text.encode(tokenizer, encoder, words).float()
    return functional.normalize((states * mask).sum(1) / mask.sum(1), dim=-1)


def prepare(
    config: Config, things: list[Thing], settings: ProbeSettings, device: torch.device
) -> tuple[Encoded, tuple[str, ...]]:
    """The training sentences with their states, encoded once and kept, and the foreign words that were kept from them."""
    file = config.work / "probe.sentences.pt"
    if not file.is_file():
        tokenizer, encoder = text.load(config.downloads, things)
        encoder = encoder.to(device)
        words, kept = words_of(config, things, tokenizer, encoder)
        random = np.random.default_rng(config.probe.seed)
        made = encode(tokenizer, encoder, [draw(words, random) for _ in range(config.probe.sentences)], settings)
        part = file.with_suffix(".part")
        torch.save({"states": made.states, "mask": made.mask, "fillers": made.fillers, "kept": list(kept)}, part)
        part.rename(file)
    read = torch.load(file, mmap=True, weights_only=True)
    return Encoded(read["states"], read["mask"], read["fillers"]), tuple(read["kept"])


def noisy(states: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """States with noise: its deviation is that of the states times ``share``."""
    noise = torch.randn(states.shape, generator=generator, device=states.device)
    return states + share * states.std() * noise


def loss_of(probe: Probe, made: Tensor, wanted: Tensor) -> tuple[Tensor, dict[str, float]]:
    """The loss of hypervectors (n, D) whose sentences say the fillers ``wanted`` (n, roles).

    It is 1 less the cosine with the bundle that is wanted, and the cross-entropy of what each role gives when it is unbound and
    compared with its codebook, as it will be read.
    """
    whole = len(probe.roles) ** -0.5
    unit = functional.normalize(made, dim=-1)
    target, entropy = torch.zeros_like(made), torch.zeros((), device=made.device)
    for index, (role, own) in enumerate(probe.roles.items()):
        vector = torch.from_numpy(own).to(made.device)
        codebook = torch.from_numpy(probe.codebooks[role]).to(made.device)
        target += vector * codebook[wanted[:, index]]
        found = (unit * vector) @ codebook.T / codebook.shape[1] ** 0.5 / whole
        entropy = entropy + functional.cross_entropy(_SHARPNESS * found, wanted[:, index])
    cosine = 1 - functional.cosine_similarity(made, target, dim=-1).mean()
    return cosine + 0.2 * entropy, {"cosine": cosine.item(), "entropy": entropy.item()}


def learned(config: Config, probe: Probe, data: Encoded, device: torch.device) -> Probe:
    """The probe, trained."""
    wanted = config.probe

    def step_loss(numbers: np.random.Generator, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        rows = torch.from_numpy(numbers.integers(0, len(data.fillers), wanted.batch))
        states = noisy(data.states[rows].to(device).float(), wanted.noise, generator)
        return loss_of(probe, probe.map(states, data.mask[rows].to(device)), data.fillers[rows].to(device))

    plan = Plan("probe", wanted.steps, wanted.learning_rate, wanted.average, wanted.seed)
    mapped = train(probe.map, step_loss, plan, config.work, device)
    assert isinstance(mapped, Map)
    return replace(probe, map=mapped.eval().requires_grad_(False))


def start(config: Config, things: list[Thing]) -> Probe:
    """The probe as training begins."""
    settings = settings_of(config, things)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.probe.seed)
        return Probe(settings, Map(settings))


def run(config: Config, things: list[Thing], model: Path, device: torch.device) -> Probe:
    """Train the probe and write it into the folder of its model."""
    probe = start(config, things)
    data, kept = prepare(config, things, probe.settings, device)
    probe = replace(probe, map=probe.map.to(device))
    probe = learned(config, probe, data, device)
    probe = replace(probe, map=probe.map.cpu())
    probe = replace(probe, settings=replace(probe.settings, threshold=0.5))
    save_probe(probe, model, {"command": "python -m training probe", "sentences": config.probe.sentences,
        "steps": config.probe.steps, "licence": "Apache-2.0", "paper": "arXiv 2509.25045"})  # fmt: skip
    return probe
