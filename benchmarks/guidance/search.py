"""The search behind ``subspace.SEARCHED``: which steps, and what share of the way, suit the latent colour subspace best.

    python -m benchmarks.guidance.search [--model pocket-64] [--no-top5]

It paints four prompts toward the two tuning references under each choice and prints what came of it. The best has the smallest
W2 among those within the limits that the learning rate of the papers' scheme has to keep. Nothing of this is reported.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import torch

from benchmarks.guidance.measuring import TUNED_ON, TUNING_SEED, Judge, Summary, best_within, quality, summary
from benchmarks.guidance.painting import MEASURED, Studio
from benchmarks.guidance.photographs import photograph
from benchmarks.guidance.rivals import PLAIN, Scheme
from benchmarks.guidance.subspace import PUBLISHED, SubspaceGuidance
from guidance.catalogue import EMBEDDED_IDS
from guidance.settings import GuidanceSettings

CHOICES = (
    PUBLISHED,
    GuidanceSettings(start=0.16, stop=0.6),
    GuidanceSettings(start=0.16, stop=1.0),
    GuidanceSettings(start=0.6, stop=1.0),
    GuidanceSettings(start=0.96, stop=1.0),
    GuidanceSettings(start=0.0, stop=1.0),
    GuidanceSettings(start=0.0, stop=1.0, strength=0.2),
    GuidanceSettings(start=0.16, stop=1.0, strength=0.2),
)


def main(words: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.guidance.search",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--model", choices=EMBEDDED_IDS, default=MEASURED, help="the embedded model")
    parser.add_argument("--no-top5", action="store_true", help="leave the classifier out, and its limit")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="threads of PyTorch")
    chosen = parser.parse_args(words)
    torch.set_num_threads(chosen.threads)
    studio = Studio(chosen.model)
    judge = Judge(studio, classifies=not chosen.no_top5)
    prompts, references = judge.prompts(4, TUNING_SEED), [photograph(name) for name in TUNED_ON]
    plain = quality(studio, judge, PLAIN, prompts, references)
    found: dict[GuidanceSettings, Summary] = {}
    for each in CHOICES:
        scheme = Scheme("searched", each, loop=SubspaceGuidance)
        found[each] = summary(quality(studio, judge, scheme, prompts, references), plain)
        print(f"{_worded(each)}: {found[each]}", flush=True)
    print(f"best: {_worded(best_within(found, summary(plain, plain)))}")


def _worded(settings: GuidanceSettings) -> str:
    return f"steps {settings.start:.0%} to {settings.stop:.0%}, {settings.strength:.0%} of the way"


if __name__ == "__main__":
    main()
