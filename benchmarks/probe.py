"""How well the probe says what a prompt means, beside the list of known words, a linear classifier and the nearest name.

``python -m benchmarks.probe`` prints a table in Markdown. The linear classifier is trained here on the sentences that
``python -m training probe`` encoded (``--work``); without them its column is left out. The nearest name is the object whose name
has the state nearest to that of the whole prompt, by the hypervectors of both: of use for a word alone.

The list of known words holds the 40 synonyms that no caption holds; here it is asked without them.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from guidance.colour_names import BACKGROUNDS, HUES
from guidance.known import EMBEDDED, Known, read_known
from guidance.text_to_image import LONGEST_PROMPT
from guidance.understood.explaining import Reader, explain, load_reader
from guidance.understood.roles import FOREIGN, NOTHING, OBJECTS, SCENES, Role
from training.art import Thing, phrase
from training.compose import held_out
from training.sentences import Sentence, kept_back, says, things_without_art

Said = dict[Role, str]
System = Callable[[list[str]], list[Said]]
_STEPS, _BATCH = 1500, 256
_GROUND = re.compile(r"\bon an? (?:(\w+) to )?(\w+)(?: gradient)? background\b")
_PARAPHRASES = (
    "on a background of {g} there is {o}", "behind {o} everything is {g}", "{o} whose background is {g}",
    "the background is {g}, and we see {o}", "{g} all around {o}", "{o} with a {g} background behind it",
    "{g} is the background of {o}", "{o}; background: {g}",
)  # fmt: skip
_SCENE_PARAPHRASES = (
    "{s} scene, {o}",
    "there is {o}, and around it {s}",
    "{o} somewhere in a {s}",
    "{s} with {o} in the middle",
)
_OWN_COLOUR = ("{o} that is {c}", "{c} coloured {o}", "{o}, painted {c}", "{c} {o}")
_TOGETHER = ("{o} beside {p}", "{p} is left of {o}", "both {o} and {p}", "{o} near {p}")
_STRANGERS = (
    "stapler", "vacuum cleaner", "paperclip", "thermometer", "windmill", "surfboard", "trombone", "calculator", "bridge",
    "hairdryer", "lawnmower", "typewriter", "flute", "harp", "mermaid", "pyramid", "lighthouse", "escalator", "elevator",
    "compass", "tooth", "kidney", "envelope opener", "tattoo", "freedom", "justice", "mathematics", "democracy",
    "portrait of a woman", "old man", "soldier", "astronaut", "dentist", "king's speech", "skyline", "carpet", "curtain",
    "wardrobe", "sofa", "fridge", "dishwasher", "oven", "spoon", "fork", "plate", "bottle of ketchup", "toaster", "drill",
    "saw", "nail", "rope", "fence", "statue", "river", "waterfall", "submarine", "skateboard", "tank", "helmet", "wallet",
)  # fmt: skip
_OTHER_SCRIPTS = (
    "一只狗在红色背景上", "собака на красном фоне", "犬", "كلب على خلفية حمراء", "כלב אדום", "σκύλος σε κόκκινο φόντο",
    "빨간 배경의 개",
    "लाल पृष्ठभूमि पर कुत्ता", "สุนัขสีแดง", "赤い犬", "შავი ძაღლი", "🐶", "🐶🚗", "……", "12345", "!!!",
)  # fmt: skip
_OTHER_LANGUAGES = (
    "ein Hund auf der Wiese", "die Straße", "un chien rouge", "el perro azul", "uma casa branca", "ett blått hus",
    "kırmızı köpek", "pies na czerwonym tle", "il cane rosso", "een rode hond",
)  # fmt: skip
_SLIPS = (
    ("elefant", "elephant"), ("girafe", "giraffe"), ("crocodil", "crocodile"), ("hipopotamus", "hippopotamus"),
    ("pinguin", "penguin"), ("bananna", "banana"), ("tomatoe", "tomato"), ("brocoli", "broccoli"),
    ("strawbery", "strawberry"), ("guitarr", "guitar"), ("trumpett", "trumpet"), ("umbrela", "umbrella"),
    ("helicoptor", "helicopter"), ("bicylce", "bicycle"), ("motorcyle", "motorcycle"), ("pinapple", "pineapple"),
    ("avacado", "avocado"), ("mushrom", "mushroom"), ("buterfly", "butterfly"), ("dinosour", "dinosaur"),
    ("kangeroo", "kangaroo"), ("octupus", "octopus"), ("leperd", "leopard"), ("rabit", "rabbit"), ("turtel", "turtle"),
    ("sandwitch", "sandwich"), ("candel", "candle"), ("scisors", "scissors"), ("telefone", "telephone"),
    ("microfone", "microphone"),
)  # fmt: skip


@dataclass(frozen=True)
class Set:
    """Prompts with what they say; where nothing of it can be understood, that is an object that is foreign."""

    name: str
    sentences: list[Sentence]


def sets(things: list[Thing], random: np.random.Generator) -> list[Set]:
    """All prompts of the benchmark."""
    held = [(thing.name, word) for thing in things for word in thing.keywords_held_out]
    combinations = [_combination(things, random) for _ in range(200)]
    synonyms = [Sentence(phrase(word, ""), says(OBJECT=name)) for name, word in held]
    synonyms_before = [
        Sentence(f"{phrase(word, '')} on {phrase(colour, '')} background", says(OBJECT=name, TOP=colour, BOTTOM=colour))
        for name, word in held
        for colour in ("red", "white")
    ]
    foreign = [Sentence(phrase(word, ""), says(OBJECT=FOREIGN)) for word in _STRANGERS]
    return [
        Set("captions of held-out combinations", combinations),
        Set("the 40 never-seen synonyms, alone", synonyms),
        Set("the same on a background", synonyms_before),
        Set("paraphrases never trained on", [_paraphrase(things, random) for _ in range(200)]),
        Set("two objects, in words trained on", [_two(things, random, ("{o} and {p}",)) for _ in range(100)]),
        Set("two objects, in other words", [_two(things, random, _TOGETHER) for _ in range(100)]),
        Set("slips of the pen", [Sentence(phrase(word, ""), says(OBJECT=name)) for word, name in _SLIPS]),
        Set("unknown nouns", foreign),
        Set("other scripts", [Sentence(text, says(OBJECT=FOREIGN)) for text in _OTHER_SCRIPTS]),
        Set("other languages", [Sentence(text, says(OBJECT=FOREIGN)) for text in _OTHER_LANGUAGES]),
        Set("empty, and 10,000 letters", [Sentence(text, says(OBJECT=FOREIGN)) for text in _long(random)]),
    ]


def _long(random: np.random.Generator) -> list[str]:
    letters = "".join(random.choice(list("abcdefghijklmnopqrstuvwxyz"), LONGEST_PROMPT))
    spaced = "".join(random.choice(list("abcdefghijklmnopqrstuvwxyz "), LONGEST_PROMPT))
    return ["", " ", "\n\t", letters, spaced, "x " * (LONGEST_PROMPT // 2), "é" * LONGEST_PROMPT]


def _some(things: list[Thing], random: np.random.Generator) -> Thing:
    return things[int(random.integers(len(things)))]


def _combination(things: list[Thing], random: np.random.Generator) -> Sentence:
    """A caption of the model's form whose colour of the object and whose background are both held out."""
    while True:
        thing = _some(things, random)
        hues = [name for name in HUES if held_out("colour", thing, name, 0.2)]
        grounds = [name for name in BACKGROUNDS if held_out("background", thing, name, 0.1)]
        if hues and grounds:
            break
    hue, ground = str(random.choice(hues)), str(random.choice(grounds))
    object_ = phrase(f"{hue} {thing.name}", thing.name)
    said = says(OBJECT=thing.name, OBJECT_COLOUR=hue, TOP=ground, BOTTOM=ground)
    if random.random() < 0.5:
        return Sentence(f"{object_} on {phrase(ground, '')} background", said)
    other = str(random.choice(list(BACKGROUNDS)))
    if other == ground:
        return Sentence(f"{object_} on {phrase(ground, '')} background", said)
    return Sentence(
        f"{object_} on {phrase(ground, '')} to {other} gradient background",
        said | {Role.TOP: ground, Role.BOTTOM: other},
    )


def _paraphrase(things: list[Thing], random: np.random.Generator) -> Sentence:
    thing = _some(things, random)
    said, words = says(OBJECT=thing.name), thing.name
    object_ = phrase(words, thing.name)
    if random.random() < 0.5:
        said[Role.OBJECT_COLOUR] = colour = str(random.choice(list(BACKGROUNDS)))
        form = str(random.choice(_OWN_COLOUR))
        object_ = form.format(o=object_ if form.startswith("{o}") else words, c=colour)
    if random.random() < 0.6:
        said[Role.TOP] = said[Role.BOTTOM] = ground = str(random.choice(list(BACKGROUNDS)))
        return Sentence(str(random.choice(_PARAPHRASES)).format(o=object_, g=ground), said)
    said[Role.SCENE] = scene = str(random.choice(SCENES))
    return Sentence(str(random.choice(_SCENE_PARAPHRASES)).format(o=object_, s=scene), said)


def _two(things: list[Thing], random: np.random.Generator, forms: tuple[str, ...]) -> Sentence:
    one, other = (things[int(index)] for index in random.choice(len(things), 2, replace=False))
    first, second, ground = (str(random.choice(list(HUES))) for _ in range(3))
    form = str(random.choice(forms))
    if form.startswith("{p}"):
        form = form.replace("{p}", "{x}").replace("{o}", "{p}").replace("{x}", "{o}")  # the first one named comes first
    text = form.format(o=phrase(f"{first} {one.name}", one.name), p=phrase(f"{second} {other.name}", other.name))
    said = says(
        OBJECT=one.name, OBJECT_COLOUR=first, SECOND=other.name, SECOND_COLOUR=second, TOP=ground, BOTTOM=ground
    )
    return Sentence(f"{text} on {phrase(ground, '')} background", said)


def by_keywords(known: Known) -> System:
    """The list of known words: the first two objects that are named, a colour in front of each, the background of a caption."""

    def read(prompts: list[str]) -> list[Said]:
        made = []
        for prompt in prompts:
            said, before, roles = says(), "", list(OBJECTS)
            for word, name in known.parts(prompt):
                if name and roles and name not in said.values():
                    role = roles.pop(0)
                    said[role] = name
                    if before in BACKGROUNDS:
                        said[Role.OBJECT_COLOUR if role is Role.OBJECT else Role.SECOND_COLOUR] = before
                before = word
            ground = _GROUND.search(prompt.lower())
            if ground and all(each in BACKGROUNDS for each in ground.groups() if each):
                said[Role.TOP], said[Role.BOTTOM] = ground[1] or ground[2], ground[2]
            made.append(said)
        return made

    return read


def by_probe(reader: Reader) -> System:
    """The probe alone."""

    def read(prompts: list[str]) -> list[Said]:
        least = reader.probe.settings.threshold
        return [
            {role: each.filler if each.confidence >= least else NOTHING for role, each in found.items()}
            for found in reader.read(prompts)
        ]

    return read


def by_both(reader: Reader, known: Known) -> System:
    """What :func:`guidance.understood.explaining` says."""

    def read(prompts: list[str]) -> list[Said]:
        made = (explain(prompt, reader, known) for prompt in prompts)
        return [{role: each.of(role) or NOTHING for role in Role} for each in made]

    return read


class Linear(nn.Module):
    """A linear classifier for each role behind the mean of the states, beside the first one."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        settings = reader.probe.settings
        self.heads = nn.ModuleList(nn.Linear(2 * settings.width, len(settings.fillers[role])) for role in Role)

    def forward(self, pooled: Tensor) -> list[Tensor]:
        """The logits of each role."""
        return [head(pooled) for head in self.heads]


def pooled(states: Tensor, mask: Tensor) -> Tensor:
    """States (n, tokens, width), their mean beside the first one: (n, 2 * width)."""
    counts = mask[..., None].float()
    return torch.cat([(states.float() * counts).sum(1) / counts.sum(1), states[:, 0].float()], 1)


def train_linear(reader: Reader, file: Path) -> Linear:
    """Train the rival on the sentences of the probe."""
    torch.manual_seed(1)
    data = torch.load(file, mmap=True, weights_only=True)
    model = Linear(reader)
    parts = zip(data["states"].split(1000), data["mask"].split(1000), strict=True)
    every, wanted = torch.cat([pooled(states, mask) for states, mask in parts]), data["fillers"]
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, _STEPS)
    random = np.random.default_rng(1)
    for _ in range(_STEPS):
        rows = torch.from_numpy(random.integers(0, len(every), _BATCH))
        losses = [nn.functional.cross_entropy(each, wanted[rows, at]) for at, each in enumerate(model(every[rows]))]
        optimiser.zero_grad()
        torch.stack(losses).sum().backward()
        optimiser.step()
        schedule.step()
    return model.eval()


def by_linear(reader: Reader, model: Linear) -> System:
    """A rival: an object that is not sure to a half counts as none, as with the probe."""
    fillers = reader.probe.settings.fillers

    def read(prompts: list[str]) -> list[Said]:
        found: list[Said] = []
        with torch.no_grad():
            states, mask = reader.states(prompts)
            shares = [each.softmax(-1).max(-1) for each in model(pooled(states, mask))]
        for row in range(len(prompts)):
            said = says()
            for role, (share, index) in zip(Role, shares, strict=True):
                name = fillers[role][int(index[row])]
                if float(share[row]) >= 0.5:
                    said[role] = name
            found.append(said)
        return found

    return read


def by_nearness(reader: Reader) -> System:
    """The object whose name is nearest in meaning to the whole prompt: of use for a word alone."""

    def read(prompts: list[str]) -> list[Said]:
        least = reader.probe.settings.nearness
        return [says(OBJECT=name) if cosine >= least else says() for name, cosine in reader.alone(prompts)]

    return read


def measure(system: System, sentences: list[Sentence]) -> dict[str, float]:
    """Shares that are right: roles that are filled or not as they should be, fillers, and prompts with every role right.

    Of a prompt that says nothing known, ``all`` is the share in which no object is understood.
    """
    made = system([sentence.text for sentence in sentences])
    if all(sentence.said[Role.OBJECT] == FOREIGN for sentence in sentences):
        return {"all": float(np.mean([all(said[role] == NOTHING for role in OBJECTS) for said in made]))}
    roles, fillers, every = [], [], []
    for said, sentence in zip(made, sentences, strict=True):
        roles += [(said[role] == NOTHING) == (sentence.said[role] == NOTHING) for role in Role]
        fillers += [said[role] == name for role, name in sentence.said.items() if name != NOTHING]
        every.append(said == sentence.said)
    objects = [said[Role.OBJECT] == sentence.said[Role.OBJECT] for said, sentence in zip(made, sentences, strict=True)]
    return {"roles": float(np.mean(roles)), "fillers": float(np.mean(fillers)), "objects": float(np.mean(objects)),
        "all": float(np.mean(every))}  # fmt: skip


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/training/pocket-128"))
    parser.add_argument("--model", type=Path, default=EMBEDDED)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    reader, things = load_reader(asked.model), things_without_art()
    assert reader is not None, "the model has a probe"
    listed = read_known(asked.model)
    never = {word for thing in things for word in thing.keywords_held_out}
    known = replace(listed, synonyms={word: name for word, name in listed.synonyms.items() if word not in never})
    systems = {"list of words": by_keywords(known), "probe": by_probe(reader), "probe and list": by_both(reader, known),
        "nearest name": by_nearness(reader)}  # fmt: skip
    file = asked.work / "probe.sentences.pt"
    if file.is_file():
        systems["linear"] = by_linear(reader, train_linear(reader, file))
        kept = torch.load(file, mmap=True, weights_only=True)["kept"]
    else:
        kept = []
    every = sets(things, np.random.default_rng(11))
    if kept:
        foreign = [word for word in kept if kept_back(word, 0.0, 0.1)][:400]
        every.append(
            Set("words kept from training", [Sentence(phrase(word, ""), says(OBJECT=FOREIGN)) for word in foreign])
        )
    print("| prompts | what is right |", " | ".join(systems), "|")
    print("|---|---|", "---|" * len(systems), sep="")
    for each in every:
        found = [measure(system, each.sentences) for system in systems.values()]
        for what in found[0]:
            cells = " | ".join(f"{100 * one[what]:.1f}%" for one in found)
            print(f"| {each.name} ({len(each.sentences)}) | {what} | {cells} |", flush=True)
    began = time.perf_counter()
    for sentence in every[0].sentences[:100]:
        explain(sentence.text, reader, listed)
    print(f"\nA prompt takes {10 * (time.perf_counter() - began):.1f} ms on one thread.")


if __name__ == "__main__":
    main()
