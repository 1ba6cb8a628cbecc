"""The look estimate from photographs to weights, in one command.

    python -m training.look --photographs DIR             about a quarter of an hour on two cores
    python -m training.look --photographs DIR --seed 100  another ensemble

DIR holds the photographs that photographs.csv lists, as JPEG files of about 1,024 pixels; those of assets/ come along.
Photographs in DIR that the list marks "check" are never trained on: the evaluation is made from them. Work in progress lies in
build/training/look; a run that was cut off goes on after the last network that was finished.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import numpy as np
import torch

from reswd_torch.matching.look import WEIGHTS, LookNetwork
from training.look.examples import Banks, make_examples
from training.look.learn import Recipe, judged, train
from training.look.photographs import Photographs
from training.look.renditions import light_matrices

ROOT = Path(__file__).resolve().parent
ASSETS = ROOT.parent.parent / "assets"
WORK = ROOT.parent.parent / "build" / "training" / "look"
EXAMPLES, SAME, JITTER = 40_000, 0.35, 0.8
SHARE = 0.6
"""Share of the photographs that a network sees. Where networks that saw other photographs answer otherwise, the answer hangs on
what the pictures show, and is not to be trusted."""
CHECKED = 4000
NETWORKS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", type=Path, required=True, help="folder of the photographs of photographs.csv")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything")
    parser.add_argument("--networks", type=int, default=NETWORKS, help="how many networks")
    parser.add_argument("--output", type=Path, default=WEIGHTS, help="where the weights go")
    args = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    listed = list(csv.DictReader((ROOT / "photographs.csv").read_text(encoding="utf-8").splitlines()))
    use = {row["file"]: row["use"] for row in listed}
    paths = {kind: [args.photographs / name for name, its in use.items() if its == kind] for kind in ("train", "check")}
    learnt = Photographs.read([*paths["train"], *sorted(ASSETS.glob("*.jpg"))])
    banks = Banks(light_matrices(1500, args.seed + 1, mild=False), light_matrices(300, args.seed + 2, mild=True))
    print(f"{len(learnt)} photographs to learn from, {len(paths['check'])} to check with", flush=True)
    networks = []
    for index in range(args.networks):
        kept = WORK / f"network-{args.seed}-{index}.pt"
        if not kept.exists():
            seen = learnt.some(SHARE, args.seed + index)
            examples = make_examples(seen, banks, EXAMPLES, args.seed + index, same=SAME, jitter=JITTER)
            torch.save(train(examples, Recipe(), args.seed + index).state_dict(), kept)
        state = torch.load(kept)
        network = LookNetwork(len(state["mean"]), len(state["first.bias"]))
        network.load_state_dict(state)
        networks.append(network.eval())
        print(f"network {index + 1} of {args.networks}", flush=True)
    export(networks, args.output)
    strange = Photographs.read(paths["check"])
    table = {
        "other photographs": judged(networks, make_examples(strange, banks, CHECKED, 77, same=0.0, jitter=0.0)),
        "halves of one photograph": judged(networks, make_examples(strange, banks, CHECKED, 78, same=1.0, jitter=0.0)),
    }
    args.output.with_suffix(".json").write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(table, indent=2))


def export(networks: list[LookNetwork], path: Path) -> None:
    """Write the weights of several networks as half floats, each array with one row a network."""
    states = [network.state_dict() for network in networks]
    arrays = {name: np.stack([state[name].numpy() for state in states]).astype(np.float16) for name in states[0]}
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
