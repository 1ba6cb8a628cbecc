"""The quantizations that can be asked for."""

from __future__ import annotations

import pytest

from guidance.quantize import kinds
from guidance.quantize.kinds import BACKENDS, QUANTIZATIONS, bytes_per_weight, check_quantization, check_usable
from reswd_torch import InputError


def test_every_one_takes_fewer_bytes_than_half_precision() -> None:
    for name in QUANTIZATIONS:
        if name not in ("none", "auto"):
            assert 0.5 < bytes_per_weight(name, 2) <= 1.0, name
    assert bytes_per_weight("none", 2) == 2
    assert bytes_per_weight("sinq", 4) == 0.625


@pytest.mark.parametrize("name", ["int3", "", None, 4, ["sinq"]])
def test_an_unknown_one_is_refused(name: object) -> None:
    with pytest.raises(InputError, match=r"unknown quantization .*: choose one of none, sinq, auto"):
        check_quantization(name)


def test_a_missing_package_and_a_wrong_device_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "installed", lambda _: False)
    with pytest.raises(
        InputError, match=r"'quanto-int8' needs the package optimum-quanto, .*: pip install optimum-quanto, or"
    ):
        check_usable("quanto-int8", "cpu")
    with pytest.raises(InputError, match=r"'bnb-nf4' runs on CUDA only, and the device is cpu: choose 'sinq'"):
        check_usable("bnb-nf4", "cpu")
    for name in ("none", "sinq", "auto"):
        check_usable(name, "cpu")
    monkeypatch.setattr(kinds, "installed", lambda _: True)
    for name in BACKENDS:
        check_usable(name, "cuda")


def test_packages_are_looked_for_where_they_lie() -> None:
    assert kinds.installed("torch") and kinds.installed("torch.nn")
    assert not kinds.installed("no_such_package") and not kinds.installed("no_such_package.inside")
