"""Judge colour matches against truth.

    python -m benchmarks.truth --photos DIR --cases 12 --seeds 0,1            cases made in memory from any photographs
    python -m benchmarks.truth --cases-from DIR                               cases made elsewhere, a folder each
    python -m benchmarks.truth --frames DIR                                   frames of a colour checker under two lights
    python -m benchmarks.truth --protections                                  what is harmed in unrelated photographs

    --methods default mood=aim=mood lut=transform=lut cm:mkl ctl:best floor-cdl floor-lut

They combine. A method is ``default``, settings as NAME=k=v,k=v, ``cm:NAME`` of color-matcher, ``ctl:NAME`` or ``ctl:best`` of
colortransferlib, or a floor: the best that a CDL or a LUT can reach. Frames and protections look at the settings only.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.accuracy import Seen, see
from benchmarks.match import delta_e, frame_pairs
from benchmarks.truth.make import EDGE, FAMILIES, Case, load_case, photographs_in
from benchmarks.truth.protections import protections
from benchmarks.truth.run import Scores, makers_of, run
from benchmarks.truth.score import NOTHING, WORSE, Row, methods_named, settings_named
from reswd_torch import InputError, MatchSettings
from reswd_torch.matching import fit_samples
from reswd_torch.settings import AUTO_SCENE, DIFFERENT_SCENE, SAME_SCENE

METHODS = ("default", "floor-cdl", "floor-lut")
NEAR = 1.1
"""Ratio to the better of scene same and different up to which auto has chosen well."""


def tables(scores: Scores) -> Iterator[str]:
    """Markdown: the means of all families, then a table for each."""
    before = scores[NOTHING]
    families = [*(each for each in FAMILIES if each in before), *(each for each in before if each not in FAMILIES)]
    yield "## Mean CIEDE2000 to the truth\n"
    yield "| method | " + " | ".join(f"{each} ({len(before[each])})" for each in families) + " | mean of families |"
    yield "|---" * (len(families) + 2) + "|"
    for method, found in scores.items():
        means = [mean(found[family].values()) for family in families]
        yield f"| {method} | " + " | ".join(f"{each:.2f}" for each in means) + f" | **{mean(means):.2f}** |"
    library = {
        name: mean(mean(found[f].values()) for f in families)
        for name, found in scores.items()
        if name.startswith("ctl:")
    }
    if library:
        best = min(library, key=lambda name: library[name])
        yield f"\nThe best of colortransferlib, by the mean of families: {best}"
    for family in families:
        yield f"\n### {family}: {len(before[family])} cases\n"
        yield f"| method | mean | 90th percentile | worst ratio to nothing | worse than nothing by {WORSE} |"
        yield "|---|---|---|---|---|"
        for method, found in scores.items():
            row = Row.of([found[family][name] for name in before[family]], list(before[family].values()))
            yield f"| {method} | {row.mean:.2f} | {row.late:.2f} | {row.worst:.2f} | {row.worse:.0%} |"


def frame_scores(seen: Seen, settings: MatchSettings) -> dict[str, float | None]:
    """Mean CIEDE2000 on the patches of a pair of frames, untouched and by setting of ``scene``; None where that is refused."""
    found: dict[str, float | None] = {NOTHING: delta_e(*seen.patches)}
    for scene in (DIFFERENT_SCENE, SAME_SCENE, AUTO_SCENE):
        try:
            found[scene] = seen.error(fit_samples(seen.source, seen.target, replace(settings, scene=scene)))
        except InputError:
            found[scene] = None
    return found


def frame_table(found: dict[str, dict[str, float | None]]) -> Iterator[str]:
    """Markdown: a row for each pair of frames, and whether auto chose well on all of them."""
    yield "| pair | nothing | different | same | auto | auto over the better |\n|---|---|---|---|---|---|"
    ratios = {}
    for pair, row in found.items():
        better = min(value for value in (row[SAME_SCENE], row[DIFFERENT_SCENE]) if value is not None)
        ratios[pair] = (row[AUTO_SCENE] or 0.0) / better
        cells = " | ".join("refused" if value is None else f"{value:.2f}" for value in row.values())
        yield f"| {pair} | {cells} | {ratios[pair]:.2f} |"
    columns = zip(*(row.values() for row in found.values()), strict=True)
    means = (mean(value for value in column if value is not None) for column in columns)
    yield "| **mean** | " + " | ".join(f"{each:.2f}" for each in means) + f" | {mean(ratios.values()):.2f} |"
    far = [pair for pair, ratio in ratios.items() if ratio > NEAR]
    told = f"NOT on {', '.join(far)}" if far else "on every pair"
    yield f"\nauto is within {NEAR - 1:.0%} of the better of same and different {told}"


def main(argv: list[str] | None = None) -> None:
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, help="folder of photographs to make cases from")
    parser.add_argument("--cases", type=int, default=12, help="cases of a family for each seed")
    parser.add_argument("--seeds", default="0", help="such as 0,1")
    parser.add_argument(
        "--families", default=",".join(FAMILIES), help="such as still,look; of cases made elsewhere too"
    )
    parser.add_argument("--edge", type=int, default=EDGE, help="long edge of the pictures that are made")
    parser.add_argument("--cases-from", type=Path, action="append", default=[], help="folder of cases; may be repeated")
    parser.add_argument("--methods", nargs="+", default=list(METHODS))
    parser.add_argument("--frames", type=Path, help="folder of frames and their patches")
    parser.add_argument("--protections", action="store_true", help="see what is harmed in unrelated photographs")
    parser.add_argument("--jobs", type=int, default=1, help="processes that score cases")
    parser.add_argument("--json", type=Path, help="also write what was found into this file")
    chosen = parser.parse_args(argv)
    families = chosen.families.split(",")
    if unknown := set(families) - set(FAMILIES):
        parser.error(f"no family {', '.join(sorted(unknown))}: choose from {', '.join(FAMILIES)}")
    try:
        _, skipped = methods_named(chosen.methods)
        settings = dict(filter(None, map(settings_named, chosen.methods)))
        makers: list[Callable[[], Case]] = [
            partial(load_case, path.parent)
            for folder in chosen.cases_from
            for path in sorted(folder.glob("*/case.json"))
            if json.loads(path.read_text(encoding="utf-8"))["family"] in families
        ]
        if chosen.photos is not None:
            seeds = [int(seed) for seed in chosen.seeds.split(",")]
            makers += makers_of(photographs_in(chosen.photos), families, chosen.cases, seeds, chosen.edge)
    except (InputError, OSError, ValueError) as error:
        parser.error(str(error))
    if not (makers or chosen.frames or chosen.protections):
        parser.error("nothing to judge: give --photos, --cases-from, --frames or --protections")
    frames = [] if chosen.frames is None else frame_pairs(chosen.frames)
    if chosen.frames is not None and not frames:
        parser.error(f"no frames NAME-Illum1.jpg, NAME-Illum2.jpg in {chosen.frames}")
    record: dict[str, dict[str, Any]] = {}
    if makers:
        for sentence in skipped:
            print(f"skipped {sentence}\n")
        scores = run(makers, chosen.methods, chosen.jobs)
        record["cases"] = scores
        print("\n".join(tables(scores)), flush=True)
    if frames:
        pairs = [see(pair) for pair in frames]
        for name, options in settings.items():
            if MatchSettings(**options).declared_method.looks_for_scene:
                found = {seen.name: frame_scores(seen, MatchSettings(**options)) for seen in pairs}
                record.setdefault("frames", {})[name] = found
                print(f"\n## Frames with patches, {name}: CIEDE2000\n")
                print("\n".join(frame_table(found)), flush=True)
    if chosen.protections:
        for name, options in settings.items():
            print(f"\n## Unrelated photographs, {name}\n")
            harms = protections(**options)
            record.setdefault("protections", {})[name] = [asdict(pair) for pair in harms.pairs]
            print("\n".join(harms.lines()), flush=True)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
