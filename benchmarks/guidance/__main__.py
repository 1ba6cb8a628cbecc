"""The command: measure every scheme, then print the table and write the files that were asked for."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks.guidance import __doc__ as about
from benchmarks.guidance.measuring import PROMPT_SEED, Figures, Judge, peak, quality, timed, tuned_rates
from benchmarks.guidance.painting import MEASURED, Studio
from benchmarks.guidance.photographs import REPORTED, Photograph, photograph
from benchmarks.guidance.report import draw, table, write_json
from benchmarks.guidance.rivals import PLAIN, Rates, Scheme, schemes
from benchmarks.match import installed
from benchmarks.memory import peak_mib
from guidance.catalogue import EMBEDDED_IDS
from training.evaluate import Prompt

TIMED_PROMPTS = 9
"""Prompts that are timed; the first only warms up."""


def arguments() -> argparse.Namespace:
    """The command line, read."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.guidance", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--model", choices=EMBEDDED_IDS, default=MEASURED, help=f"the embedded model; {MEASURED} if left out"
    )
    parser.add_argument("--prompts", type=int, default=16, help="prompts that are painted toward each reference")
    parser.add_argument("--references", type=int, default=8, help="reference photographs, at most 8")
    parser.add_argument(
        "--rates",
        type=float,
        nargs=2,
        help="learning rates of the papers' scheme: for distance alone, and within the limits; tuned when left out",
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="names of the schemes to run beside the plain images")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="threads of PyTorch")
    parser.add_argument(
        "--no-time", action="store_true", help="measure quality only, on a machine that does other work"
    )
    parser.add_argument(
        "--no-top5", action="store_true", help="leave the classifier out, which is trained at first use"
    )
    parser.add_argument("--figure", type=Path, help="draw the sheet of pictures into this file")
    parser.add_argument("--json", type=Path, help="write every figure into this file")
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Run the command."""
    chosen = arguments()
    torch.set_num_threads(chosen.threads)
    if chosen.peak:
        print_peak(chosen.peak, Rates(*chosen.rates), chosen.model)
        return
    studio = Studio(chosen.model)
    judge = Judge(studio, classifies=not chosen.no_top5)
    rates = Rates(*chosen.rates) if chosen.rates else tuned_rates(studio, judge)
    print(f"learning rates: {rates.nearest:g} for distance alone, {rates.limited:g} within limits")
    wanted = wanted_schemes(schemes(rates), chosen.only)
    prompts = judge.prompts(chosen.prompts, PROMPT_SEED)
    names = REPORTED[: chosen.references]
    references = [photograph(name) for name in names]
    found = judged(studio, judge, wanted, prompts, references)
    if not chosen.no_time:
        for name, (ratio, milliseconds) in timed(studio, wanted, prompts[:TIMED_PROMPTS], references).items():
            found[name].time, found[name].milliseconds = ratio, milliseconds
        for scheme in wanted:
            found[scheme.name].memory = statistics.median(peak(scheme.name, rates, chosen.model) for _ in range(3))
    print(table(found, timed=not chosen.no_time))
    if chosen.json:
        write_json(found, chosen.json)
    if chosen.figure:
        draw(found, names, chosen.figure)


def wanted_schemes(every: Sequence[Scheme], only: Sequence[str] | None) -> tuple[Scheme, ...]:
    """The plain scheme and those named, all if none is; those that need color-matcher are left out where it is missing.

    Raises:
        SystemExit: a name is that of no scheme.
    """
    known = [each.name for each in every]
    for name in only or ():
        if name not in known:
            raise SystemExit(f"no scheme is called {name!r}: choose from " + "; ".join(known))
    wanted = [each for each in every if only is None or each.name in only or each == PLAIN]
    if any(each.is_peers_match for each in wanted) and not installed("color_matcher"):
        print("color-matcher is not installed here: pip install color-matcher to see it in this table")
        wanted = [each for each in wanted if not each.is_peers_match]
    return tuple(wanted)


def print_peak(name: str, rates: Rates, model: str) -> None:
    """Paint one picture under the named scheme and print this process's peak memory, MiB."""
    scheme = next(each for each in schemes(rates) if each.name == name)
    Studio(model).paint(scheme, ["a blue dog"], [0], photograph(REPORTED[0]))
    print(peak_mib())


def judged(
    studio: Studio, judge: Judge, wanted: Sequence[Scheme], prompts: Sequence[Prompt], references: Sequence[Photograph]
) -> dict[str, Figures]:
    """The quality of each scheme by name; a line is printed as soon as a scheme is done."""
    found: dict[str, Figures] = {}
    for scheme in wanted:
        began = time.perf_counter()
        figures = found[scheme.name] = quality(studio, judge, scheme, prompts, references)
        print(f"{scheme.name}: W2 {statistics.mean(figures.w2):.4f}, {time.perf_counter() - began:.0f} s", flush=True)
    return found


if __name__ == "__main__":
    main()
