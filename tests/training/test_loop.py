"""The training loop: it learns, and a run that was cut off ends with the weights of an undisturbed run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from training import loop
from training.loop import Plan, train

CPU = torch.device("cpu")


class _CutOff(Exception):
    pass


def _run(work: Path, steps: int = 120, stop_at: int | None = None, constant: bool = False) -> nn.Module:
    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    calls = 0

    def step_loss(random: np.random.Generator, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        nonlocal calls
        calls += 1
        if stop_at is not None and calls > stop_at:
            raise _CutOff
        x = torch.from_numpy(random.standard_normal((16, 4)).astype(np.float32))
        noise = 0.01 * torch.randn(16, 1, generator=generator)
        return (model(x) - x.sum(1, keepdim=True) - noise).square().mean(), {"extra": 1.0}

    return train(model, step_loss, Plan("model", steps, 0.05, 0.9, seed=3, warm_up=5, constant=constant), work, CPU)


def test_it_learns_and_logs(tmp_path: Path) -> None:
    made = _run(tmp_path)
    assert torch.allclose(made.weight, torch.ones(1, 4), atol=0.05)
    lines = [json.loads(line) for line in (tmp_path / "model.log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [50, 100, 120]
    assert lines[1]["loss"] < lines[0]["loss"]
    assert lines[0]["extra"] == 1.0


def test_a_run_that_was_cut_off_goes_on_to_the_same_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    undisturbed = _run(tmp_path / "a")
    monkeypatch.setattr(loop, "_KEEP_EVERY_SECONDS", -1)
    with pytest.raises(_CutOff):
        _run(tmp_path / "b", stop_at=70)
    resumed = _run(tmp_path / "b")
    assert torch.equal(resumed.weight, undisturbed.weight)
    assert (tmp_path / "a" / "model.log.jsonl").read_text() == (tmp_path / "b" / "model.log.jsonl").read_text()


def test_a_loss_that_is_not_a_number_stops_it(tmp_path: Path) -> None:
    model = nn.Linear(1, 1)
    with pytest.raises(RuntimeError, match="step 0"):
        train(model, lambda *_: (model.weight.sum() * float("nan"), {}), Plan("m", 5, 0.1, 0.9, 0), tmp_path, CPU)


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path: Path) -> None:
    _run(tmp_path, steps=20)
    with pytest.raises(
        ValueError, match=r"model\.checkpoint\.pt was written with steps 20 \(now 40\): restore the recipe"
    ):
        _run(tmp_path, steps=40)


def test_a_checkpoint_of_another_architecture_is_refused(tmp_path: Path) -> None:
    _run(tmp_path, steps=20)
    file = tmp_path / "model.checkpoint.pt"
    state = torch.load(file, weights_only=True)
    state["model"]["weight"] = torch.zeros(1, 5)
    torch.save(state, file)
    with pytest.raises(ValueError, match="holds another architecture"):
        _run(tmp_path, steps=20)


def test_a_run_at_a_constant_rate_can_be_given_more_steps(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole = _run(tmp_path / "a", steps=60, constant=True)
    _run(tmp_path / "b", steps=30, constant=True)
    assert torch.equal(_run(tmp_path / "b", steps=60, constant=True).weight, whole.weight)
