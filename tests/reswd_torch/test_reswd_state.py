"""What the reservoir of couplings keeps from step to step: state_dicts, other sets, other devices and other processes."""

from __future__ import annotations

import copy
import io
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from reswd_torch import DirectionReservoirSlicedWasserstein, ReservoirSlicedWasserstein, SlicedWasserstein
from reswd_torch.errors import InputError

DOUBLE = torch.float64


def points(seed: int, *shape: int, dtype: torch.dtype = DOUBLE) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE).to(dtype)


@pytest.mark.parametrize("other", [7, 9])
def test_state_dict_continues_bit_for_bit(other: int) -> None:
    y = points(2, other, 3)
    loss = ReservoirSlicedWasserstein(kept=5, fresh=2, seed=1)
    for step in range(4):
        loss(points(step, 7, 3), y)
    file = io.BytesIO()
    torch.save(loss.state_dict(), file)
    twin = copy.deepcopy(loss)
    following = [loss(points(step, 7, 3), y) for step in range(10, 30)]  # beyond what was drawn ahead
    file.seek(0)
    restored = ReservoirSlicedWasserstein(kept=5, fresh=2, seed=99)
    restored(points(1, 4, 3), points(2, 4, 3))  # of other sets: forgotten when the state is loaded
    restored.load_state_dict(torch.load(file, weights_only=True))
    for step, expected in enumerate(following):
        at = points(10 + step, 7, 3)
        assert torch.equal(restored(at, y), expected) and torch.equal(twin(at, y), expected)


def test_a_state_dict_before_the_first_step_and_a_snapshot() -> None:
    x, y = points(1, 5, 3), points(2, 5, 3)
    loss = ReservoirSlicedWasserstein()
    fresh = loss.state_dict()
    values = [float(loss(x, y)) for _ in range(3)]
    saved = loss.state_dict()
    later = [float(loss(x, y)) for _ in range(3)]
    loss.load_state_dict(saved)
    assert [float(loss(x, y)) for _ in range(3)] == later
    loss.load_state_dict(fresh)
    assert [float(loss(x, y)) for _ in range(3)] == values


@pytest.mark.parametrize(
    ("n", "m", "weighted"), [(6, 5, False), (5, 6, False), (5, 5, True), (4, 6, False), (10, 10, False)]
)
def test_other_sets_need_a_reset(n: int, m: int, weighted: bool) -> None:
    """Also sets that only add up alike: plans between 3 and 7 points have as many steps as between 4 and 6."""
    loss = ReservoirSlicedWasserstein(seed=3)
    first = (points(1, 3, 3), points(2, 7, 3)) if (n, m) == (4, 6) else (points(1, 5, 3), points(2, 5, 3))
    loss(*first)
    other = (points(1, n, 3), points(2, m, 3), points(3, n).abs() if weighted else None)
    with pytest.raises(InputError, match=rf"these sets \(x \({n}, 3\), y \({m}, 3\), .* call reset\(\)"):
        loss(*other)
    loss.reset()
    assert torch.isfinite(loss(*other))


def test_the_reservoir_follows_the_points() -> None:
    x, y = points(1, 8, 3), points(2, 8, 3)
    loss, double = ReservoirSlicedWasserstein(seed=1), ReservoirSlicedWasserstein(seed=1)
    loss(x.float(), y.float())
    double(x, y)
    saved = loss.state_dict()
    wanted = double(x, y)
    for each in (loss, ReservoirSlicedWasserstein(seed=5)):
        each.load_state_dict(saved)
        each.to(torch.bfloat16)  # for the model around it
        value = each(x.float().double(), y.float().double())
        assert value.dtype == DOUBLE
        torch.testing.assert_close(value, wanted, rtol=1e-5, atol=0)


@pytest.mark.parametrize("which", ["y", "x_weights", "y_weights"])
def test_what_must_stay_is_refused_when_it_changes(which: str) -> None:
    sets = {
        "x": points(1, 5, 3),
        "y": points(2, 5, 3),
        "x_weights": points(3, 5).abs(),
        "y_weights": points(4, 5).abs(),
    }
    loss, untouched = ReservoirSlicedWasserstein(seed=2), ReservoirSlicedWasserstein(seed=2)
    for each in (loss, untouched):
        each(**sets)
    changed = sets[which].clone()
    changed[0] += 0.5
    with pytest.raises(InputError, match=rf"{which} is not what it was .* call reset\(\)"):
        loss(**{**sets, which: changed})
    equal = {name: tensor.clone() for name, tensor in sets.items()}  # the same numbers elsewhere are the same sets
    assert torch.equal(loss(**equal), untouched(**sets))


def test_state_dicts_of_another_size_or_kind_are_refused() -> None:
    x, y = points(1, 5, 3), points(2, 5, 3)
    loss = ReservoirSlicedWasserstein(kept=4, fresh=2)
    loss(x, y)
    for other, told in (
        (ReservoirSlicedWasserstein(kept=4, fresh=1), "takes 1 'even' in 3"),
        (ReservoirSlicedWasserstein(kept=4, fresh=2, directions="gaussian"), "takes 2 'gaussian' in 3"),
    ):
        with pytest.raises(InputError, match=rf"steps to come of 2 directions 'even' in 3 dims, .* {told}"):
            other.load_state_dict(loss.state_dict())
    damaged = loss.state_dict()
    damaged["_extra_state"]["values"] = damaged["_extra_state"]["values"][:, :3]
    with pytest.raises(InputError, match="damaged: plans of shape"):
        loss.load_state_dict(damaged)
    with pytest.raises(
        InputError, match=r"holds 4 plans in 3 dims and this loss keeps 6 in 3: build it with dims=3, kept=4"
    ):
        ReservoirSlicedWasserstein(kept=6).load_state_dict(loss.state_dict())
    with pytest.raises(InputError, match="holds no reservoir of couplings"):
        ReservoirSlicedWasserstein().load_state_dict(SlicedWasserstein().state_dict())
    with pytest.raises(InputError, match="holds no reservoir of couplings"):
        ReservoirSlicedWasserstein().load_state_dict(DirectionReservoirSlicedWasserstein().state_dict())


TWO_PROCESSES = """
import sys, tempfile
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from reswd_torch import ReservoirSlicedWasserstein


class Inside(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3))
        self.loss = ReservoirSlicedWasserstein(kept=4, fresh=2, seed=7)

    def forward(self, x, y):
        return self.loss(x * self.scale, y)


class Outside(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3))

    def forward(self, x, y):
        return x * self.scale


def data(rank):
    random = torch.Generator().manual_seed(rank)
    return torch.randn(6, 3, generator=random), torch.randn(6, 3, generator=random) + rank


def alone(steps):
    '''Both ranks' losses in one process, and the scale that their mean gradient leads to.'''
    scale = torch.ones(3, requires_grad=True)
    losses = [ReservoirSlicedWasserstein(kept=4, fresh=2, seed=7) for _ in range(2)]
    told = []
    for _ in range(steps):
        values = [loss(x * scale, y) for loss, (x, y) in zip(losses, map(data, range(2)))]
        told.append([float(value.detach()) for value in values])
        (slope,) = torch.autograd.grad((values[0] + values[1]) / 2, scale)
        with torch.no_grad():
            scale -= 0.2 * slope
    return told, scale.detach()


def work(rank, place, inside):
    dist.init_process_group("gloo", init_method=f"file://{place}", rank=rank, world_size=2)
    model = DistributedDataParallel(Inside() if inside else Outside())
    loss = ReservoirSlicedWasserstein(kept=4, fresh=2, seed=7)
    x, y = data(rank)
    told = []
    for _ in range(5):
        value = model(x, y) if inside else loss(model(x, y), y)
        model.zero_grad()
        value.backward()
        told.append(float(value.detach()))
        with torch.no_grad():
            model.module.scale -= 0.2 * model.module.scale.grad
    expected, scale = alone(5)
    torch.testing.assert_close(torch.tensor(told), torch.tensor(expected)[:, rank])
    torch.testing.assert_close(model.module.scale.detach(), scale)
    dist.destroy_process_group()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        mp.spawn(work, (folder + "/meet", sys.argv[1] == "inside"), nprocs=2)
    print("agreed")
"""


@pytest.mark.slow
@pytest.mark.parametrize("where", ["inside", "outside"])
def test_two_processes_keep_their_own_plans(where: str, tmp_path: Path) -> None:
    """DistributedDataParallel sends buffers from the first process to all; plans are of each one's own points."""
    script = tmp_path / "two.py"
    script.write_text(TWO_PROCESSES)
    # gloo looks up the name of the machine, unless it is told to stay on it
    itself = [name for _, name in socket.if_nameindex() if name in ("lo", "lo0")]
    local = {"GLOO_SOCKET_IFNAME": itself[0]} if itself else {}
    done = subprocess.run(
        [sys.executable, str(script), where], capture_output=True, text=True, timeout=180, env=os.environ | local
    )
    assert done.returncode == 0 and "agreed" in done.stdout, done.stderr


@pytest.mark.gpu
@pytest.mark.skipif(
    not torch.cuda.is_available(), reason="no CUDA device on this machine; run make test-gpu on one that has"
)
def test_on_cuda_a_step_agrees_and_never_waits() -> None:
    x, y = points(1, 2, 50, 3), points(2, 2, 70, 3)
    here, there = ReservoirSlicedWasserstein(seed=1), ReservoirSlicedWasserstein(seed=1)
    at, to = x.cuda(), y.cuda()
    there(at, to)
    here(x, y)
    torch.cuda.set_sync_debug_mode("error")
    try:
        values = [there(at + step, to) for step in range(3)]
    finally:
        torch.cuda.set_sync_debug_mode("default")
    for step, value in enumerate(values):
        torch.testing.assert_close(value.cpu(), here(x + step, y))
    # Restored from where there is no card, it may wait once, when all that was kept moves there.
    file = io.BytesIO()
    torch.save(there.state_dict(), file)
    file.seek(0)
    restored = ReservoirSlicedWasserstein()
    restored.load_state_dict(torch.load(file, weights_only=True, map_location="cpu"))
    expected = [there(at + step, to) for step in range(3, 7)]
    values = [restored(at + 3, to)]
    torch.cuda.set_sync_debug_mode("error")
    try:
        values += [restored(at + step, to) for step in range(4, 7)]
    finally:
        torch.cuda.set_sync_debug_mode("default")
    for value, wanted in zip(values, expected, strict=True):
        assert torch.equal(value, wanted)
