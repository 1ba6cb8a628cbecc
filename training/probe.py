"""The probe: a shallow map from the text encoder's states to the hypervector of what a sentence says (arXiv 2509.25045)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from transformers import BertModel, PreTrainedTokenizerFast

from guidance.understood.probe import NOTHING_AT, SHARPNESS, Map, Probe, ProbeSettings, mean_states, save_probe
from guidance.understood.roles import FOREIGN, NOTHING, OBJECTS, Role, fillers
from guidance.understood.vectors import codes
from training import text
from training.art import Thing, phrase
from training.config import Config
from training.loop import Plan, autocast, train
from training.sentences import Sentence, Words, draw, further_words, kept_back, said_otherwise

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
        fillers: (n, roles) int64: the index of each role's filler; of one that is foreign that of nothing.
        strange: (n, 2) int64: for each role of an object the row of ``codes`` with the foreign word that fills it, else 0.
        codes: (1 + foreign words, D / 8) uint8: the bits of their hypervectors; the first one stands for no word.
    """

    states: Tensor
    mask: Tensor
    fillers: Tensor
    strange: Tensor
    codes: Tensor


def settings_of(config: Config, things: list[Thing]) -> ProbeSettings:
    """The settings of the probe that the recipe asks for. Its thresholds are 0 until it is trained."""
    wanted = config.probe
    by_role = {str(role): names for role, names in fillers([thing.name for thing in things]).items()}
    return ProbeSettings(
        by_role, wanted.dimensions, wanted.seed, text.TOKENS, 384, wanted.notes, wanted.hidden, 0.0, 0.0, 0.0
    )


@torch.no_grad()
def states_of(tokenizer: PreTrainedTokenizerFast, encoder: BertModel, texts: list[str]) -> tuple[Tensor, Tensor]:
    """The states of texts, (n, tokens, 384) float16 and 0 behind their ends, and where they have tokens, (n, tokens) bool.

    Texts of about one length are encoded together, in bfloat16: that is four times as fast, and its error is a tenth of the
    noise that training adds.
    """
    given = tokenizer(texts, truncation=True, max_length=text.TOKENS)["input_ids"]
    states = torch.zeros(len(texts), text.TOKENS, 384, dtype=torch.float16)
    mask = torch.zeros(len(texts), text.TOKENS, dtype=torch.bool)
    order = sorted(range(len(texts)), key=lambda row: len(given[row]))
    for start in range(0, len(order), 128):
        rows = order[start : start + 128]
        longest = len(given[rows[-1]])
        ids = torch.tensor([[*given[row], *[0] * (longest - len(given[row]))] for row in rows])
        there = torch.tensor([[1] * len(given[row]) + [0] * (longest - len(given[row])) for row in rows])
        with autocast(encoder.device):
            made = encoder(ids.to(encoder.device), attention_mask=there.to(encoder.device))[0]
        states[rows, :longest] = (made.cpu() * there[..., None]).half()
        mask[rows, :longest] = there.bool()
    return states, mask


def encode(tokenizer: PreTrainedTokenizerFast, encoder: BertModel, sentences: list[Sentence], probe: Probe) -> Encoded:
    """The states of sentences, and what they say."""
    settings = probe.settings
    states, mask = states_of(tokenizer, encoder, [sentence.text for sentence in sentences])
    names = {role: {name: index for index, name in enumerate(settings.fillers[role])} for role in Role}
    indices = [[names[role].get(sentence.said[role], 0) for role in Role] for sentence in sentences]
    words = list(dict.fromkeys(word for sentence in sentences for word in sentence.strange.values()))
    packed = torch.zeros(1 + len(words), settings.dimensions // 8, dtype=torch.uint8)
    if words:
        bits = probe.code(*states_of(tokenizer, encoder, words)) > 0
        packed[1:] = torch.from_numpy(np.packbits(bits, axis=1))
    rows = {word: row for row, word in enumerate(words, 1)}
    strange = [[rows.get(sentence.strange.get(role, ""), 0) for role in OBJECTS] for sentence in sentences]
    return Encoded(states, mask, torch.tensor(indices), torch.tensor(strange), packed)


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
    kept_words = {word for thing in things for word in thing.keywords if kept_back(word, 0.0, 0.5)}
    things = [
        replace(thing, keywords=tuple(word for word in thing.keywords if word not in kept_words)) for thing in things
    ]
    further = {name: tuple(word for word in found if word not in kept_words) for name, found in further.items()}
    never = said_otherwise() | {
        part for thing in things for word in thing.keywords_held_out for part in (word, f"{word}s")
    }
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
    return torch.from_numpy(mean_states(*states_of(tokenizer, encoder, words)))


def prepare(config: Config, things: list[Thing], device: torch.device) -> tuple[Probe, Encoded, tuple[str, ...]]:
    """The probe before its training, its sentences with their states, encoded once and kept, and the foreign words that were kept
    from them."""
    file = config.work / "probe.sentences.pt"
    if not file.is_file():
        tokenizer, encoder = text.load(config.downloads, things)
        encoder = encoder.to(device)
        pooled = _pooled(tokenizer, encoder, [thing.name for thing in things]).numpy()
        probe = start(config, things, pooled)
        words, kept = words_of(config, things, tokenizer, encoder)
        random = np.random.default_rng(config.probe.seed)
        made = encode(tokenizer, encoder, [draw(words, random) for _ in range(config.probe.sentences)], probe)
        part = file.with_suffix(".part")
        torch.save({**vars(made), "pooled": torch.from_numpy(pooled), "kept": list(kept)}, part)
        part.rename(file)
    read = torch.load(file, mmap=True, weights_only=True)
    kept, pooled = tuple(read.pop("kept")), read.pop("pooled").numpy()
    return start(config, things, pooled), Encoded(**read), kept


def noisy(states: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """States with noise: its deviation is that of the states times ``share``."""
    noise = torch.randn(states.shape, generator=generator, device=states.device)
    return states + share * states.std() * noise


@dataclass(frozen=True, eq=False)
class Loss:
    """The loss of a probe, its vectors as tensors.

    Attributes:
        roles: (roles, D).
        codebooks: of each role, (fillers, D), zeros first.
    """

    roles: Tensor
    codebooks: list[Tensor]

    def __call__(self, made: Tensor, wanted: Tensor, strange: Tensor) -> tuple[Tensor, dict[str, float]]:
        """The loss of hypervectors and its parts.

        It is the squared distance to the bundle that is wanted, per component, and the cross-entropy of the fillers, as
        :meth:`guidance.understood.probe.Probe.decode` reads them.

        Args:
            made: (n, D).
            wanted: (n, roles), the indices of the fillers.
            strange: (n, 2, D), hypervectors of foreign words in the objects' roles, zeros where there are none.
        """
        target, entropy = torch.zeros_like(made), made.new_zeros(())
        for index, (role, codebook) in enumerate(zip(self.roles, self.codebooks, strict=True)):
            target += role * codebook[wanted[:, index]]
            found = (made * role) @ codebook.T / made.shape[1]
            logits = torch.cat([torch.full_like(found[:, :1], NOTHING_AT), found[:, 1:]], 1)
            entropy = entropy + functional.cross_entropy(SHARPNESS * logits, wanted[:, index])
        for index, role in enumerate(OBJECTS):
            target += self.roles[list(Role).index(role)] * strange[:, index]
        apart = functional.mse_loss(made, target)
        return apart + 0.5 * entropy, {"apart": apart.item(), "entropy": entropy.item()}


def loss_of(probe: Probe, device: torch.device) -> Loss:
    """The loss of a probe, for computing on a device."""
    roles = torch.from_numpy(np.stack([probe.roles[role] for role in Role])).to(device)
    return Loss(roles, [torch.from_numpy(probe.codebooks[role]).to(device) for role in Role])


def unpacked(bits: Tensor) -> Tensor:
    """Hypervectors (..., D) of -1 and 1 from their bits (..., D / 8)."""
    return torch.from_numpy(np.unpackbits(bits.numpy(), axis=-1)).float() * 2 - 1


def learned(config: Config, probe: Probe, data: Encoded, device: torch.device) -> Probe:
    """The probe, trained."""
    wanted, loss = config.probe, loss_of(probe, device)

    def step_loss(numbers: np.random.Generator, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        rows = torch.from_numpy(numbers.integers(0, len(data.fillers), wanted.batch))
        longest = int(data.mask[rows].sum(1).max())
        states, mask = data.states[rows, :longest].to(device).float(), data.mask[rows, :longest].to(device)
        foreign = unpacked(data.codes[data.strange[rows]]) * (data.strange[rows] > 0)[..., None]
        with autocast(device):
            made = probe.map(noisy(states, wanted.noise, generator), mask)
        return loss(made.float(), data.fillers[rows].to(device), foreign.to(device))

    plan = Plan("probe", wanted.steps, wanted.learning_rate, wanted.average, wanted.seed)
    mapped = train(probe.map, step_loss, plan, config.work, device)
    assert isinstance(mapped, Map)
    return replace(probe, map=mapped.eval().requires_grad_(False))


def start(config: Config, things: list[Thing], pooled: np.ndarray) -> Probe:
    """The probe as training begins. ``pooled``: the mean states of the objects' names, (objects, 384), of length 1."""
    settings = settings_of(config, things)
    centre = pooled.mean(0)
    objects = codes(pooled - centre, settings.dimensions, settings.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.probe.seed)
        return Probe(settings, Map(settings), centre, objects)


def calibrated(config: Config, probe: Probe, things: list[Thing]) -> Probe:
    """The probe with its thresholds, from words and sentences that it was not trained on and that no evaluation uses.

    The confidence from which a filler counts is the one with which most of a thousand further sentences are read without a
    mistake. Each of the two ways in which a word alone stands for an object takes in half of the foreign words that the recipe
    allows.
    """
    tokenizer, encoder = text.load(config.downloads, things)
    words, kept = words_of(config, things, tokenizer, encoder)
    random = np.random.default_rng(config.probe.seed + 1)
    sentences = [draw(words, random) for _ in range(1000)]
    found = probe.read(*states_of(tokenizer, encoder, [sentence.text for sentence in sentences]))

    def right(threshold: float) -> int:
        """How many sentences are read without a mistake."""
        return sum(
            all(
                (each[role].filler if each[role].confidence >= threshold else NOTHING)
                == (NOTHING if filler == FOREIGN else filler)
                for role, filler in sentence.said.items()
            )
            for each, sentence in zip(found, sentences, strict=True)
        )

    threshold = max((step / 20 for step in range(6, 19)), key=right)
    foreign = [word for word in kept if kept_back(word, 0.1, 0.2)]
    if foreign:
        readings = probe.read(*states_of(tokenizer, encoder, [phrase(word, "") for word in foreign]))
        alone = [each[Role.OBJECT].confidence * (each[Role.OBJECT].filler != NOTHING) for each in readings]
        cosines = [cosine for _, cosine in probe.nearest(*states_of(tokenizer, encoder, foreign))]
    else:
        alone = cosines = [1.0]
    rejected = 1 - (1 - config.probe.rejected) / 2
    sureness, nearness = (round(float(np.quantile(each, rejected)), 3) for each in (alone, cosines))
    return replace(
        probe,
        settings=replace(probe.settings, threshold=threshold, sureness=max(threshold, sureness), nearness=nearness),
    )


def run(config: Config, things: list[Thing], model: Path, device: torch.device) -> Probe:
    """Train the probe and write it into the folder of its model."""
    probe, data, _ = prepare(config, things, device)
    probe = learned(config, replace(probe, map=probe.map.to(device)), data, device)
    probe = replace(probe, map=probe.map.cpu())
    probe = calibrated(config, probe, things)
    save_probe(probe, model, {"command": "python -m training probe", "sentences": config.probe.sentences,
        "steps": config.probe.steps, "licence": "Apache-2.0", "paper": "arXiv 2509.25045"})  # fmt: skip
    return probe
