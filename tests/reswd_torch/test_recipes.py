"""The recipes of docs/recipes.md run as they stand, on small pictures."""

from __future__ import annotations

import ast
import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT, photograph

PAGE = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
OTHERS = ("skimage", "color_matcher", "kornia", "torchvision")
"""Libraries that the project does not need. Where one is missing, its recipe is compiled and not run."""


def _codes(seed: int, height: int = 48, width: int = 64) -> np.ndarray:
    return np.rint(photograph(seed, height, width) * 255).astype(np.uint8)


def _needs(code: str) -> set[str]:
    imports = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports]
    return {name.split(".")[0] for name in names} & set(OTHERS)


def test_every_recipe_is_found() -> None:
    assert len(BLOCKS) == PAGE.count("```python") > 9
    assert set().union(*map(_needs, BLOCKS)) == set(OTHERS)


@pytest.mark.parametrize("code", BLOCKS, ids=[f"{place}" for place in range(len(BLOCKS))])
def test_recipes(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = compile(code, "docs/recipes.md", "exec", dont_inherit=True)
    if any(find_spec(name) is None for name in _needs(code)):
        return
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    for name, seed in (("photos/a.png", 1), ("photos/b.png", 3), ("reference.png", 2)):
        Image.fromarray(_codes(seed)).save(tmp_path / name)
    names = {"image": _codes(1), "reference": _codes(2, 40, 56), "frames": [_codes(seed) for seed in range(9)]}
    kept = {name: np.copy(value) for name, value in names.items()}
    exec(compiled, names | {"__name__": "recipe"})
    assert all(np.array_equal(value, kept[name]) for name, value in names.items())
