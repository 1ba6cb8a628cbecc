"""reswd inpaint."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reswd_torch import Cdl, load_grade
from tests.conftest import digest
from tests.reswd_torch.inpainting.made import SIZE, blob, repainted, scene
from tests.studio.command_line import Reswd, assert_refused, snapshot


def save(path: Path, codes: np.ndarray, **more: object) -> Path:
    Image.fromarray(np.rint(codes * 255).astype(np.uint8)).save(path, **more)
    return path


@pytest.fixture
def three(tmp_path: Path) -> tuple[Path, Path, Path]:
    """The image, the generated picture and the mask."""
    image, generated = repainted(scene(1), blob())
    return save(tmp_path / "a.png", image), save(tmp_path / "b.png", generated), save(tmp_path / "m.png", blob())


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as opened:
        return np.asarray(opened).astype(np.float32)


def test_a_region_and_its_grade(reswd: Reswd, three: tuple[Path, ...], tmp_path: Path) -> None:
    out, cc, cube = tmp_path / "out.png", tmp_path / "g.cc", tmp_path / "g.cube"
    ran = reswd("inpaint", *three, "-o", out, "--grade", cc, "--grade", cube)
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[0] == "found by: edge" and f"wrote {out}" in ran.out
    outside = blob() == 0
    assert np.array_equal(pixels(out)[outside], pixels(three[0])[outside])
    truth = 255 * scene(1)
    assert np.abs(pixels(out) - truth)[~outside].mean() < 4 < np.abs(pixels(three[1]) - truth)[~outside].mean()
    loaded = load_grade(cc)
    assert isinstance(loaded.transform, Cdl) and "b.png matched to a.png around m.png" in cc.read_text()
    deep = np.s_[100:120, 140:160]
    graded = 255 * np.asarray(loaded.apply(pixels(three[1])[deep] / np.float32(255)))
    assert np.abs(graded - pixels(out)[deep]).mean() < 1.5
    assert reswd("inpaint", *three, "-o", out).code == 2
    first = digest(out)
    assert reswd("inpaint", *three, "-o", out, "--overwrite").code == 0 and digest(out) == first


def test_json(reswd: Reswd, three: tuple[Path, ...], tmp_path: Path) -> None:
    ran = reswd("inpaint", *three, "-o", tmp_path / "out.png", "--feather", 0, "--json")
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert told["found_by"] == "edge" and told["trust"] == 1.0 and told["encoding"].startswith("sRGB")
    assert told["edge_after"] < told["edge_before"] and told["seam_after"] < told["seam_before"]
    assert told["written"] == {"output": str(tmp_path / "out.png")}


def test_depth_and_alpha_of_the_image_are_kept(reswd: Reswd, three: tuple[Path, ...], tmp_path: Path) -> None:
    import cv2

    image, _ = repainted(scene(1), blob())
    alpha = np.full((*SIZE, 1), 40000, np.uint16)
    deep = np.concatenate([np.rint(image[..., ::-1] * 65535).astype(np.uint16), alpha], axis=2)
    source, out = tmp_path / "deep.png", tmp_path / "out.png"
    cv2.imwrite(str(source), deep)
    ran = reswd("inpaint", source, *three[1:], "-o", out)
    assert ran.code == 0, ran.err
    done = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)
    assert done.dtype == np.uint16 and (done[..., 3] == 40000).all()
    assert np.array_equal(done[blob() == 0], deep[blob() == 0])


def test_nothing_differs(reswd: Reswd, three: tuple[Path, ...], tmp_path: Path) -> None:
    ran = reswd("inpaint", three[0], three[0], three[2], "-o", tmp_path / "out.png")
    assert ran.code == 0 and "found by: nothing" in ran.out and "equals the image" in ran.err
    assert np.array_equal(pixels(tmp_path / "out.png"), pixels(three[0]))


def test_what_cannot_be_is_one_line(reswd: Reswd, three: tuple[Path, ...], tmp_path: Path) -> None:
    image, generated, mask = three
    other = save(tmp_path / "other.png", scene(1, (40, 50)))
    black, white = save(tmp_path / "black.png", np.zeros(SIZE)), save(tmp_path / "white.png", np.ones(SIZE))
    small = save(tmp_path / "small.png", blob((40, 50)))
    before, out = snapshot(tmp_path), tmp_path / "out.png"
    assert_refused(reswd("inpaint", image, generated, mask), "give -o OUT")
    assert_refused(reswd("inpaint", image, other, mask, "-o", out), other, "50 x 40", "300 x 220")
    assert_refused(reswd("inpaint", image, generated, small, "-o", out), small, "50 x 40")
    assert_refused(reswd("inpaint", image, generated, black, "-o", out), black, "black everywhere")
    assert_refused(reswd("inpaint", image, generated, white, "-o", out), white, "black nowhere")
    assert_refused(reswd("inpaint", image, generated, mask, "-o", image, "--overwrite"), image, "replace an input")
    assert_refused(reswd("inpaint", image, generated, mask, "-o", out, "--grade", tmp_path / "g.txt"), "g.txt")
    assert_refused(reswd("inpaint", image, generated, mask, "-o", out, "--feather", 1000), "feather 1000.0")
    assert_refused(reswd("inpaint", tmp_path / "no.png", generated, mask, "-o", out), "no.png")
    assert snapshot(tmp_path) == before
