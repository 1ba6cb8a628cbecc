"""A blind comparison by people: sheets of two pictures without names, and what the answers say.

    python -m benchmarks.guidance.blind OUT_FOLDER --pairs 60 [--model pocket-64] [--against NAME ...]
    python -m benchmarks.guidance.blind --score OUT_FOLDER/key.json OUT_FOLDER/answers.json

The first command writes ``pair-001.png`` and so on (the reference on top, A and B below, the same prompt and the same seed),
``key.json``, which says what A and B are, and ``answers.json`` with two questions for each pair. Whoever answers writes ``"A"``
or ``"B"``, leaves ``""`` where neither is better, and does not look into the key. The second command prints, for each scheme that
ours was compared with, how often ours was preferred, with the 95% interval of E. B. Wilson ("Probable inference, the law of
succession, and statistical inference", 1927).

Which of the two is A is drawn by the seed, and ours is A in half of each scheme's pairs.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

QUESTIONS = ("which follows the reference", "which looks like a painted picture and not a recoloured one")
SIDES = ("A", "B")
SHOWN, GAP, LINE = 384, 24, 40
"""Edge of a picture on a sheet, the space between two, and the height of the line above them, pixels."""
_Z = 1.959964
"""The normal distribution's quantile for a 95% interval."""


@dataclass(frozen=True)
class Pair:
    """One sheet.

    Attributes:
        sheet: its file name.
        A, B: names of the two schemes.
        prompt, reference: numbers of the prompt and of the reference.
    """

    sheet: str
    A: str
    B: str
    prompt: int
    reference: int

    def rival_of(self, ours: str) -> str:
        """The name of the other scheme."""
        return self.B if ours == self.A else self.A


def drawn_pairs(ours: str, rivals: Sequence[str], count: int, prompts: int, references: int, seed: int) -> list[Pair]:
    """Which pictures are compared, in the order of the sheets.

    Every rival has as many pairs as every other, or one more; ours is A in half of a rival's pairs, or in one more or less.

    Args:
        ours: name of the scheme that is compared.
        rivals: names of those it is compared with.
        count: number of pairs.
        prompts, references: how many there are of each.
        seed: decides prompts, references, sides and order.
    """
    draw = random.Random(seed)  # noqa: S311 - nothing secret
    found: list[tuple[str, str, int, int]] = []
    for number, rival in enumerate(rivals):
        many = len(range(number, count, len(rivals)))
        places = [(prompt, reference) for prompt in range(prompts) for reference in range(references)]
        draw.shuffle(places)
        first = draw.randrange(2)
        for k in range(many):
            sides = (ours, rival) if (k + first) % 2 == 0 else (rival, ours)
            found.append((*sides, *places[k % len(places)]))
    draw.shuffle(found)
    return [Pair(f"pair-{k:03d}.png", *each) for k, each in enumerate(found, 1)]


def sheet(reference: Image.Image, first: Image.Image, second: Image.Image) -> Image.Image:
    """One sheet: the reference on top, A (the first picture) and B below, enlarged by nearest neighbour."""
    width = 2 * SHOWN + 3 * GAP
    made = Image.new("RGB", (width, 2 * (SHOWN + LINE) + 3 * GAP), "white")
    write = ImageDraw.Draw(made)
    font = ImageFont.load_default(LINE * 0.6)
    top, below = GAP, 2 * GAP + SHOWN + LINE
    cells = (
        ("Reference", _contained(reference), (width - SHOWN) // 2, top),
        ("A", _enlarged(first), GAP, below),
        ("B", _enlarged(second), 2 * GAP + SHOWN, below),
    )
    for title, picture, left, height in cells:
        write.text((left + SHOWN // 2, height + LINE // 2), title, fill="black", font=font, anchor="mm")
        corner = ((SHOWN - picture.width) // 2, (SHOWN - picture.height) // 2)
        made.paste(picture, (left + corner[0], height + LINE + corner[1]))
    return made


def _enlarged(picture: Image.Image) -> Image.Image:
    """A picture as many whole times as large as a cell holds."""
    times = max(1, SHOWN // max(picture.size))
    return picture.convert("RGB").resize((picture.width * times, picture.height * times), Image.Resampling.NEAREST)


def _contained(picture: Image.Image) -> Image.Image:
    small = picture.convert("RGB")
    share = SHOWN / max(small.size)
    size = (max(1, round(small.width * share)), max(1, round(small.height * share)))
    return small.resize(size, Image.Resampling.LANCZOS)


def write_sheets(
    place: Path,
    pairs: Sequence[Pair],
    pictures: Mapping[str, Sequence[Sequence[Image.Image]]],
    references: Sequence[Image.Image],
    ours: str,
) -> None:
    """Write sheets, key and empty answers into a folder, which is made.

    Args:
        place: the folder.
        pairs: what is compared.
        pictures: of each scheme's name, for each reference, those of all prompts.
        references: the reference photographs.
        ours: the name of our scheme, for the key.
    """
    place.mkdir(parents=True, exist_ok=True)
    for pair in pairs:
        both = (pictures[name][pair.reference][pair.prompt] for name in (pair.A, pair.B))
        sheet(references[pair.reference], *both).save(place / pair.sheet)
    _write(place / "key.json", {"ours": ours, "pairs": [asdict(pair) for pair in pairs]})
    _write(place / "answers.json", [{"sheet": pair.sheet, **dict.fromkeys(QUESTIONS, "")} for pair in pairs])


def _write(place: Path, record: object) -> None:
    place.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Score:
    """What was answered to one question about one rival.

    Attributes:
        preferred: answers for ours.
        answered: answers for either.
        low, high: the 95% interval of the preferred share; 0 and 1 without an answer.
    """

    preferred: int
    answered: int
    low: float
    high: float


def interval(preferred: int, answered: int) -> tuple[float, float]:
    """Wilson's 95% interval of a share; the whole range without an answer."""
    if not answered:
        return 0.0, 1.0
    share, more = preferred / answered, _Z**2 / answered
    middle = (share + more / 2) / (1 + more)
    half = math.sqrt(more * (share * (1 - share) + more / 4)) / (1 + more)
    return max(0.0, middle - half), min(1.0, middle + half)


def scores(key: Mapping[str, object], answers: Sequence[Mapping[str, str]]) -> dict[str, dict[str, Score]]:
    """For each rival's name and each question what was answered.

    Args:
        key: what ``key.json`` holds.
        answers: what ``answers.json`` holds, filled in.

    Raises:
        ValueError: an answer that is none, or one to a sheet that the key does not know or that was answered before.
    """
    ours, listed = key["ours"], key["pairs"]
    assert isinstance(ours, str) and isinstance(listed, list)
    pairs = {entry["sheet"]: Pair(**entry) for entry in listed}
    counts = {pair.rival_of(ours): {question: [0, 0] for question in QUESTIONS} for pair in pairs.values()}
    seen: set[str] = set()
    for entry in answers:
        name = entry["sheet"]
        if name not in pairs or name in seen:
            why = "is answered twice" if name in seen else "is not in the key"
            raise ValueError(f"{name} {why}: give the answers of these sheets, once each")
        seen.add(name)
        pair = pairs[name]
        for question in QUESTIONS:
            said = str(entry.get(question, "")).strip().upper()
            if said not in (*SIDES, ""):
                raise ValueError(
                    f"{name}, {question}: {entry[question]!r} is no answer: write A or B, or leave it empty"
                )
            if said:
                count = counts[pair.rival_of(ours)][question]
                count[0] += (pair.A if said == "A" else pair.B) == ours
                count[1] += 1
    return {
        rival: {question: Score(count[0], count[1], *interval(count[0], count[1])) for question, count in asked.items()}
        for rival, asked in counts.items()
    }


def score_table(found: Mapping[str, Mapping[str, Score]]) -> str:
    """The table as Markdown: how often ours was preferred to each scheme."""
    lines = [f"| ours against | {' | '.join(QUESTIONS)} |", "|---" * (len(QUESTIONS) + 1) + "|"]
    for rival, asked in found.items():
        lines.append(f"| {rival} | {' | '.join(_worded(asked[question]) for question in QUESTIONS)} |")
    return "\n".join(lines)


def _worded(score: Score) -> str:
    if not score.answered:
        return "-"
    return f"{score.preferred / score.answered:.0%} ({score.low:.0%} to {score.high:.0%}; {score.answered} answers)"


def main(words: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.guidance.blind",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("place", nargs="?", type=Path, metavar="OUT_FOLDER", help="a new folder for the sheets")
    parser.add_argument("--pairs", type=int, default=60, help="number of sheets")
    parser.add_argument("--score", nargs=2, type=Path, metavar=("KEY", "ANSWERS"), help="print what was answered")
    parser.add_argument("--model", help="the embedded model; pocket-64 if left out")
    parser.add_argument(
        "--against",
        nargs="+",
        metavar="NAME",
        help="schemes to compare ours with; if left out, all matches afterwards and the latent colour subspace",
    )
    parser.add_argument(
        "--rates", type=float, nargs=2, default=(0.1, 0.01), help="learning rates of the papers' scheme"
    )
    parser.add_argument("--prompts", type=int, default=8, help="prompts that are painted toward each reference")
    parser.add_argument("--references", type=int, default=8, help="reference photographs, at most 8")
    parser.add_argument("--seed", type=int, default=0, help="decides what is shown, in which order and on which side")
    chosen = parser.parse_args(words)
    if (chosen.place is None) == (chosen.score is None):
        parser.error("give either OUT_FOLDER or --score KEY ANSWERS")
    if chosen.pairs < 1:
        parser.error(f"--pairs {chosen.pairs}: give at least 1")
    if chosen.score:
        key, answers = (json.loads(each.read_text(encoding="utf-8")) for each in chosen.score)
        try:
            print(score_table(scores(key, answers)))
        except ValueError as error:
            parser.error(str(error))
        return
    if chosen.place.exists() and any(chosen.place.iterdir()):
        parser.error(f"{chosen.place} is not empty: give a new folder, answers in it would be lost")
    _paint(chosen, parser)


def _paint(chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Paint, or read, the pictures and write the sheets."""
    from benchmarks.guidance.measuring import PROMPT_SEED, Judge, painted
    from benchmarks.guidance.painting import MEASURED, Studio, to_image
    from benchmarks.guidance.photographs import REPORTED, path_of, photograph
    from benchmarks.guidance.rivals import OURS, PLAIN, Rates, schemes
    from benchmarks.match import installed

    every = {each.name: each for each in schemes(Rates(*chosen.rates))}
    there = [name for name, each in every.items() if installed("color_matcher") or not each.is_peers_match]
    rivals = chosen.against or [name for name in there if every[name].is_rival]
    choice = [name for name in there if name not in (OURS.name, PLAIN.name)]
    for name in rivals:
        if name not in choice:
            parser.error(f"--against {name!r}: choose from {'; '.join(choice)}")
    studio = Studio(chosen.model or MEASURED)
    prompts = Judge(studio, classifies=False).prompts(chosen.prompts, PROMPT_SEED)
    names = REPORTED[: chosen.references]
    references = [photograph(name) for name in names]
    pairs = drawn_pairs(OURS.name, rivals, chosen.pairs, len(prompts), len(references), chosen.seed)
    pictures = {
        name: [
            [to_image(each) for each in toward] for toward in painted(studio, every[name], prompts, references).pictures
        ]
        for name in (OURS.name, *rivals)
    }
    photographs = [Image.open(path_of(name)) for name in names]
    write_sheets(chosen.place, pairs, pictures, photographs, OURS.name)
    print(f"{len(pairs)} sheets in {chosen.place}: write A or B into {chosen.place / 'answers.json'}")


if __name__ == "__main__":
    main()
