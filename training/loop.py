"""The loop that trains every model here: seeded, with a cosine schedule, an average of the weights, a log and checkpoints.

A run that was cut off continues from its last checkpoint and ends with the weights of an undisturbed run.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

_KEEP_EVERY_SECONDS = 120
_REPORT_EVERY = 50
_ANEW = "restore the recipe, or remove the file to begin anew"


@dataclass(frozen=True)
class Plan:
    """How one model is trained.

    Attributes:
        name: names the files of its log and its checkpoints.
        steps: how many.
        learning_rate: the highest one, after the warm-up.
        average: decay of the exponential moving average of the weights.
        seed: decides what every step draws.
        warm_up: steps in which the learning rate rises to its highest.
        weight_decay: of AdamW.
        constant: whether the learning rate stays at its highest. Such a run can be given more steps and go on.
    """

    name: str
    steps: int
    learning_rate: float
    average: float
    seed: int
    warm_up: int = 100
    weight_decay: float = 0.01
    constant: bool = False


StepLoss = Callable[[np.random.Generator, torch.Generator], tuple[Tensor, dict[str, float]]]
"""The loss of one step and the parts of it that are logged, by name. All it draws comes from the two generators."""


def train(model: nn.Module, step_loss: StepLoss, plan: Plan, work: Path, device: torch.device) -> nn.Module:
    """Train ``model`` in place, from the last checkpoint if there is one, and return the model with averaged weights.

    What a step draws depends on the seed and on its number alone, so that an interrupted run sees what an undisturbed one sees.

    Args:
        model: the model, on the device.
        step_loss: computes the loss of one step.
        plan: how long and how fast.
        work: folder of the log and the checkpoints.
        device: where to compute.

    Raises:
        RuntimeError: the loss is not finite.
        ValueError: the checkpoint was written by another recipe.
    """
    averaged = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(plan.average), use_buffers=False
    )
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=plan.learning_rate, weight_decay=plan.weight_decay, betas=(0.9, 0.99), fused=True
    )
    checkpoint = _Checkpoint(work / f"{plan.name}.checkpoint.pt", plan, model, averaged, optimiser)
    start, total = checkpoint.resume(device)
    if start:
        print(f"{plan.name}: goes on at step {start}", flush=True)
    log = _Log(work / f"{plan.name}.log.jsonl", plan, start, total)
    model.train()
    kept = time.monotonic()
    for step in range(start, plan.steps):
        numbers = np.random.default_rng((plan.seed, step))
        generator = torch.Generator(device).manual_seed(plan.seed * 1_000_003 + step)
        for group in optimiser.param_groups:
            group["lr"] = plan.learning_rate * _schedule(step, plan)
        loss, parts = step_loss(numbers, generator)
        if not torch.isfinite(loss):
            raise RuntimeError(f"{plan.name}: the loss is {loss.item()} at step {step}")
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        averaged.update_parameters(model)
        log.add(step, {"loss": loss.item(), **parts})
        if time.monotonic() - kept > _KEEP_EVERY_SECONDS or step + 1 == plan.steps:
            checkpoint.keep(step + 1, log.total)
            kept = time.monotonic()
    return averaged.module


class _Checkpoint:
    """The file from which a run that was cut off continues."""

    def __init__(
        self,
        file: Path,
        plan: Plan,
        model: nn.Module,
        averaged: torch.optim.swa_utils.AveragedModel,
        optimiser: torch.optim.Optimizer,
    ) -> None:
        self.file, self.plan = file, asdict(plan)
        self.model, self.averaged, self.optimiser = model, averaged, optimiser

    def resume(self, device: torch.device) -> tuple[int, dict[str, float]]:
        """Load the last state, if there is one; return the step to begin with, and the sums since the log's last line."""
        if not self.file.is_file():
            return 0, {}
        state = torch.load(self.file, map_location=device, weights_only=True)
        self._check(state["plan"])
        try:
            self.model.load_state_dict(state["model"])
        except RuntimeError as error:
            raise ValueError(f"{self.file} holds another architecture: {_ANEW}") from error
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        return state["step"], dict(state["total"])

    def _check(self, plan: dict[str, object]) -> None:
        """Refuse a state of another plan: its schedule and its draws would not go on where they stood."""
        free = {"steps"} if self.plan["constant"] else set()
        changed = [
            f"{name} {plan.get(name)} (now {value})"
            for name, value in self.plan.items()
            if name not in free and plan.get(name) != value
        ]
        if changed:
            raise ValueError(f"{self.file} was written with {', '.join(changed)}: {_ANEW}")

    def keep(self, step: int, total: dict[str, float]) -> None:
        """Write the state after ``step`` steps in place of the last one."""
        state = {
            "model": self.model.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": step,
            "total": total,
            "plan": self.plan,
        }
        part = self.file.with_suffix(".part")
        torch.save(state, part)
        os.replace(part, self.file)


class _Log:
    """The file of the losses, to which every so many steps a line with their means is added.

    Attributes:
        total: sums since the last line, by name.
    """

    def __init__(self, file: Path, plan: Plan, start: int, total: dict[str, float]) -> None:
        self.file, self.plan, self.start, self.total = file, plan, start, total
        self.began = time.monotonic()
        self._forget_after(start)

    def _forget_after(self, start: int) -> None:
        """Drop the lines of the steps after the checkpoint: these steps come again."""
        if self.file.is_file():
            lines = self.file.read_text(encoding="utf-8").splitlines()
            kept = [line for line in lines if json.loads(line)["step"] <= start]
            self.file.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")

    def add(self, step: int, values: dict[str, float]) -> None:
        """Add the values of one step, and write and print a line when it is due."""
        for name, value in values.items():
            self.total[name] = self.total.get(name, 0.0) + value
        steps = self.plan.steps
        if (step + 1) % _REPORT_EVERY and step + 1 != steps:
            return
        summed = step % _REPORT_EVERY + 1
        seconds = (time.monotonic() - self.began) / (step + 1 - self.start)
        line = {"step": step + 1, **{name: round(value / summed, 5) for name, value in self.total.items()}}
        with self.file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(line) + "\n")
        left = (steps - step) * seconds / 60
        print(f"{self.plan.name} {line} {seconds:.3f} s/step, {left:.0f} min left", flush=True)
        self.total = {}


def _schedule(step: int, plan: Plan) -> float:
    """The learning rate of a step as a share of the highest: a rise in a straight line, then half a cosine down to 0, or 1."""
    if step < plan.warm_up:
        return (step + 1) / plan.warm_up
    if plan.constant:
        return 1.0
    done = (step - plan.warm_up) / max(1, plan.steps - plan.warm_up)
    return 0.5 + 0.5 * math.cos(math.pi * done)


def autocast(device: torch.device) -> torch.autocast:
    """A context that computes in bfloat16. It is fast on CUDA, and on CPUs with AVX-512 BF16 or AMX."""
    return torch.autocast(device.type, dtype=torch.bfloat16)
