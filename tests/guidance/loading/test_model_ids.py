"""Model ids that stand for nothing are refused with advice."""

from __future__ import annotations

import pytest

from guidance.known import EMBEDDED
from guidance.loading import load
from reswd_torch import InputError


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "model '' is neither a folder nor a name such as 'owner/name'"),
        ("sdxl-turbo", r"model 'sdxl-turbo' is neither .* did you mean stabilityai/sdxl-turbo"),
        ("./nowhere", r"folder './nowhere' is not there"),
        (str(EMBEDDED.parent), r"folder '.*models' holds no model_index.json: give a folder that diffusers wrote"),
    ],
)
def test_names_that_are_none(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(name, "cpu")
