"""Settings: one set of defaults, and every wrong value named."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest

from reswd_torch.errors import InputError
from reswd_torch.settings import METHODS, TRANSFORMS, MatchSettings


def test_defaults() -> None:
    settings = MatchSettings()
    assert (settings.method, settings.transform, settings.strength, settings.seed) == ("fast", None, 1.0, 0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.seed = 1  # type: ignore[misc]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("transform", [None, *TRANSFORMS])
def test_closed_forms_ignore_the_transform_unless_it_is_given(method: str, transform: str | None) -> None:
    resolved = MatchSettings(method=method, transform=transform).resolved_transform
    assert resolved == (transform or ("lut" if method in ("reinhard", "mkl", "histogram") else "cdl"))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("method", "best", "unknown method 'best': choose one of fast, reswd, reinhard, mkl, histogram"),
        ("method", None, "unknown method None"),
        ("transform", "cube", "unknown transform 'cube': choose one of cdl, lut"),
        ("device", "gpu", "unknown device 'gpu': choose one of auto, cpu, cuda, mps"),
        ("strength", -0.1, "strength -0.1 is out of range: give a number from 0 to 4"),
        ("strength", 4.1, "strength 4.1"),
        ("strength", math.nan, "strength nan"),
        ("strength", math.inf, "strength inf"),
        ("strength", "1", "strength '1'"),
        ("strength", None, "strength None"),
        ("seed", -1, "seed -1"),
        ("seed", 2**63, "seed 9223372036854775808"),
        ("seed", 1.5, "seed 1.5"),
        ("seed", "0", "seed '0'"),
        ("samples", 0, "samples 0"),
        ("samples", 2**20 + 1, "samples 1048577"),
        ("samples", 10.0, "samples 10.0"),
    ],
)
def test_refused_with_the_value_in_one_line(name: str, value: object, said: str) -> None:
    with pytest.raises(InputError) as caught:
        MatchSettings(**{name: value})
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_numpy_numbers_become_plain_ones() -> None:
    settings = MatchSettings(strength=np.float32(0.5), seed=np.int64(3), samples=np.int32(100))
    assert json.loads(json.dumps(dataclasses.asdict(settings)))["seed"] == 3
    assert settings == MatchSettings(strength=0.5, seed=3, samples=100)
