"""The command: measure what is missing, then write the report."""

from __future__ import annotations

import argparse

import torch

from benchmarks.estimators import __doc__ as about
from benchmarks.estimators import card, evenness, growth, papers, report, results
from benchmarks.estimators.families import FAMILIES


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.estimators", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--family", action="append", choices=list(FAMILIES), help="measure this family alone, and anew")
    parser.add_argument(
        "--report", action="store_true", help="measure nothing; write the tables and figures from what is kept"
    )
    parser.add_argument("--card", action="store_true", help="measure anew, and alone, what steps cost on a CUDA device")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if chosen.card:
        card.measure()
    elif not chosen.report:
        results.measure(chosen.family)
        for part in (growth, evenness, papers):
            if part.NAME not in results.read() and not chosen.family:
                part.measure()
    if not chosen.family:
        report.write()


if __name__ == "__main__":
    main()
