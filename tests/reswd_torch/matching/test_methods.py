"""The registry of methods: declarations that need no torch, and rules that ask them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from reswd_torch import Cdl, InputError, Lut3D, MatchSettings, match
from reswd_torch import settings as settings_module
from reswd_torch.matching import methods
from reswd_torch.matching.methods import REGISTRY, Method, method_named
from reswd_torch.matching.request import FitRequest
from reswd_torch.settings import METHODS, TRANSFORMS
from tests.conftest import ROOT


def test_the_registry_has_todays_methods_in_their_order() -> None:
    assert METHODS == tuple(method.name for method in REGISTRY) == ("fast", "reswd", "reinhard", "mkl", "histogram")
    assert [method.label for method in REGISTRY] == ["Fast sliced", "ReSWD", "Reinhard", "MKL", "Histogram"]
    assert [method.name for method in REGISTRY if method.looks_for_scene] == ["fast"]


@pytest.mark.parametrize("method", REGISTRY, ids=METHODS)
def test_every_declaration_is_complete(method: Method) -> None:
    assert method_named(method.name) is method
    assert method.default_transform in TRANSFORMS
    assert method.description
    assert "\n" not in method.description
    assert not method.description.endswith(".")
    method.check_weights()


@pytest.mark.parametrize("name", ["best", None, "Fast"])
def test_an_unknown_name_is_refused_with_the_known_ones(name: object) -> None:
    with pytest.raises(InputError) as caught:
        method_named(name)
    assert str(caught.value) == f"unknown method {name!r}: choose one of fast, reswd, reinhard, mkl, histogram"


def test_declarations_load_no_torch() -> None:
    code = "import sys, reswd_torch.matching.methods, reswd_torch.matching.request; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def _declare(monkeypatch: pytest.MonkeyPatch, method: Method) -> None:
    for module in (methods, settings_module):
        monkeypatch.setattr(module, "REGISTRY", (*REGISTRY, method))


def test_a_new_method_is_a_declaration(source: np.ndarray, target: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[FitRequest] = []

    def fit(request: FitRequest) -> Cdl:
        asked.append(request)
        return Cdl(saturation=0.5)

    _declare(monkeypatch, Method("half", "Half", "Halves the saturation", "cdl", fit, looks_for_scene=True))
    assert match(source, target, method="half", seed=3).transform == Cdl(saturation=0.5)
    assert (asked[0].transform, asked[0].transform_chosen, asked[0].seed, asked[0].device) == ("cdl", False, 3, "cpu")
    assert asked[0].source_colors.shape[1] == asked[0].target_colors.shape[1] == 3
    assert asked[0].source.thumbnail is not None
    match(source, target, method="half", transform="lut")
    assert (asked[1].transform, asked[1].transform_chosen) == ("lut", True)
    assert MatchSettings(method="half", scene="same").looks_for_scene
    with pytest.raises(InputError, match="scene 'same' needs method fast or half, not mkl: leave the method out"):
        MatchSettings(method="mkl", scene="same")


def test_a_method_without_its_weights_is_refused(
    source: np.ndarray, target: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "learned.bin"
    learned = replace(method_named("mkl"), name="learned", weights=weights)
    _declare(monkeypatch, learned)
    with pytest.raises(InputError, match="method learned needs its weights, and .*learned.bin is not there"):
        match(source, target, method="learned")
    weights.touch()
    learnt, plain = (match(source, target, method=name).transform for name in ("learned", "mkl"))
    assert isinstance(learnt, Lut3D)
    assert isinstance(plain, Lut3D)
    assert torch.equal(learnt.values, plain.values)
