"""The public endpoints through gradio_client: what another program gets."""

from __future__ import annotations

import json
import math
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from studio_page import ASSETS

from reswd_torch.settings import AIMS, METHODS, MatchSettings
from studio.records.match import read_settings
from studio.service.match import run_match
from tests.conftest import digest
from tests.studio.jobs_for_tests import match_job

SOURCE, REFERENCE = ASSETS / "lagoon-jetty.jpg", ASSETS / "mountain-sunset.jpg"


@pytest.fixture(scope="module")
def client(app_url: str, tmp_path_factory: pytest.TempPathFactory) -> Client:
    return Client(app_url, verbose=False, download_files=str(tmp_path_factory.mktemp("downloads")))


def _library(folder: Path, settings: MatchSettings | None = None, **inputs: object) -> tuple[str, float, float]:
    result = run_match(match_job(SOURCE, settings=settings or MatchSettings(), **inputs))  # type: ignore[arg-type]
    report = result.report
    assert report is not None
    return digest(result.save_picture(folder / "library.jpg")), report.distance_before, report.distance_after


def test_only_the_four_endpoints_are_public(client: Client) -> None:
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert set(endpoints) == {"/match", "/apply", "/batch", "/guide"}
    assert not client.view_api(return_format="dict")["unnamed_endpoints"]
    names = [p["parameter_name"] for p in endpoints["/match"]["parameters"]]
    assert names[:3] == ["source", "reference", "palette"]
    assert names[3:11] == ["method", "transform", "strength", "seed", "device", "scene", "aim", "protect"]
    assert names[11:] == ["source_space", "target_space", "output_space", "working_space"]
    assert [p["parameter_name"] for p in endpoints["/apply"]["parameters"]] == ["source", "grade", "strength"]
    names = [p["parameter_name"] for p in endpoints["/batch"]["parameters"]]
    assert names[:5] == ["files", "references", "palette", "mode", "method"]
    assert names[5:12] == ["transform", "strength", "seed", "device", "scene", "aim", "protect"]
    assert names[12:] == ["source_space", "target_space", "output_space", "working_space"]


def test_match_gives_the_bytes_of_the_library(client: Client, tmp_path: Path) -> None:
    picture, grades, settings, before, after = client.predict(
        source=handle_file(SOURCE), reference=handle_file(REFERENCE), api_name="/match"
    )
    expected, was, now = _library(tmp_path, target=REFERENCE)
    assert Path(picture).name == "lagoon-jetty matched.jpg"
    assert digest(Path(picture)) == expected
    assert (before, after) == pytest.approx((was, now))
    assert after < before
    assert [Path(grade).suffix for grade in grades] == [".cube"], "a mood is a LUT"
    record = json.loads(Path(settings).read_text())
    assert record["inputs"]["source"]["path"] == "lagoon-jetty.jpg", "no folder of the server is told"
    assert read_settings(Path(settings)).settings == MatchSettings()


def test_palette_method_strength_and_seed_are_taken(client: Client, tmp_path: Path) -> None:
    picture, grades, *_ = client.predict(
        source=handle_file(SOURCE), palette="#203040:2,#e0c090", method="mkl", strength=0.5, seed=3, api_name="/match"
    )
    settings = MatchSettings(method="mkl", strength=0.5, seed=3)
    assert digest(Path(picture)) == _library(tmp_path, settings, palette="#203040:2,#e0c090")[0]
    assert [Path(grade).suffix for grade in grades] == [".cube"], "a lattice has no CDL files"


@pytest.mark.parametrize("aim", AIMS)
def test_every_aim_is_taken(client: Client, tmp_path: Path, aim: str) -> None:
    picture, _, settings, *_ = client.predict(
        source=handle_file(SOURCE), reference=handle_file(REFERENCE), aim=aim, api_name="/match"
    )
    wanted = MatchSettings(aim=aim)
    assert read_settings(Path(settings)).settings == wanted
    assert digest(Path(picture)) == _library(tmp_path, wanted, target=REFERENCE)[0]


@pytest.mark.parametrize(
    ("sent", "kept"), [("skin, greys", ("greys", "skin")), ("none", ()), (["blacks"], ("blacks",))]
)
def test_what_a_mood_keeps_is_taken(client: Client, sent: object, kept: tuple[str, ...]) -> None:
    given = {"source": handle_file(SOURCE), "reference": handle_file(REFERENCE), "transform": "cdl", "protect": sent}
    _, grades, settings, *_ = client.predict(**given, api_name="/match")
    assert read_settings(Path(settings)).settings == MatchSettings(transform="cdl", protect=kept)
    assert [Path(grade).suffix for grade in grades] == [".cube", ".cc", ".ccc", ".cdl"], "ten numbers go everywhere"


@pytest.mark.parametrize("method", METHODS)
def test_every_method_runs(client: Client, tmp_path: Path, method: str) -> None:
    small = tmp_path / "small.png"
    with Image.open(SOURCE) as image:
        image.resize((96, 64)).save(small)
    *_, before, after = client.predict(
        source=handle_file(small), reference=handle_file(REFERENCE), method=method, transform="cdl", api_name="/match"
    )
    assert after < before


def test_apply_repeats_the_match(client: Client) -> None:
    picture, grades, settings, *_ = client.predict(
        source=handle_file(SOURCE), reference=handle_file(REFERENCE), transform="cdl", strength=0.7, api_name="/match"
    )
    matched = digest(Path(picture))
    from_settings = client.predict(source=handle_file(SOURCE), grade=handle_file(settings), api_name="/apply")
    assert digest(Path(from_settings)) == matched
    for grade in grades:
        again = client.predict(source=handle_file(SOURCE), grade=handle_file(grade), api_name="/apply")
        first, second = (np.asarray(Image.open(each)).astype(int) for each in (picture, again))
        assert np.abs(first - second).mean() < 1, Path(grade).suffix


def test_strength_zero_leaves_the_pixels(client: Client, tmp_path: Path) -> None:
    source = tmp_path / "grey ramp.png"
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 8, 0).repeat(3, 2)
    Image.fromarray(ramp).save(source)
    grade = tmp_path / "look.cc"
    from reswd_torch import Cdl, Grade

    Grade(Cdl((1.2, 1.0, 0.8))).save(grade)
    out = client.predict(source=handle_file(source), grade=handle_file(grade), strength=0, api_name="/apply")
    assert np.array_equal(np.asarray(Image.open(out)), ramp)
    assert Path(out).name == "grey ramp matched.png"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"palette": "#zzz"}, "#zzz"),
        ({}, "no reference"),
        ({"palette": "#123456", "seed": -1}, "seed"),
        ({"palette": "#123456", "strength": 9}, "strength"),
        ({"palette": "#123456", "device": "mps"}, "mps"),
        ({"palette": "#123456", "aim": "look"}, "aim 'look' needs a reference picture, not a palette"),
        ({"palette": "#123456", "aim": "style"}, "unknown aim 'style'"),
        ({"palette": "#123456", "protect": "hair"}, "unknown protection 'hair'"),
        ({"palette": "#123456", "aim": "mood", "method": "mkl"}, "aim 'mood' needs method fast, not mkl"),
    ],
)
def test_bad_values_are_one_line(client: Client, given: dict[str, object], words: str) -> None:
    with pytest.raises(AppError, match=words) as caught:
        client.predict(source=handle_file(SOURCE), api_name="/match", **given)
    assert "Traceback" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_damaged_picture_is_named_without_the_servers_folder(client: Client, tmp_path: Path) -> None:
    cut = tmp_path / "cut short.jpg"
    cut.write_bytes(SOURCE.read_bytes()[:30_000])
    with pytest.raises(AppError, match="cut short") as caught:
        client.predict(source=handle_file(cut), palette="#123456", api_name="/match")
    assert "/" not in str(caught.value).split(":")[0]


def test_no_file_of_the_server_can_be_named(app_url: str, tmp_path: Path) -> None:
    """Past the client, which would upload the file: raw requests that name a file on the server."""
    secret = tmp_path / "secret.png"
    Image.new("RGB", (8, 8)).save(secret)
    named = {"path": str(secret), "orig_name": "secret.png"}
    for given in (str(secret), named, {**named, "meta": {"_type": "gradio.FileData"}}):
        data = [given, None, "#123456", "fast", "auto", 1, 0, "auto", "auto", "auto", "all"]
        event = httpx.post(f"{app_url}gradio_api/call/match", json={"data": data}).json()["event_id"]
        answer = httpx.get(f"{app_url}gradio_api/call/match/{event}", timeout=120).text
        assert "event: error" in answer
        assert "matched" not in answer


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("source", None, "source is missing"),
        ("strength", None, "strength is empty"),
        ("strength", math.nan, "strength"),
        ("seed", None, "seed is empty"),
        ("seed", math.inf, "seed is inf"),
        ("seed", 1.5, "whole number"),
        ("method", "magic", "unknown method 'magic'"),
        ("aim", ["look"], "unknown aim"),
        ("protect", None, "unknown protection None"),
        ("protect", 7, "unknown protection 7"),
    ],
)
def test_values_no_client_sends_are_one_line(
    app_url: str, capfd: pytest.CaptureFixture[str], name: str, value: object, words: str
) -> None:
    """Past the client again: what is no value at all, with not a word of it in the server's log."""
    (source,) = httpx.post(f"{app_url}gradio_api/upload", files={"files": ("a.jpg", SOURCE.read_bytes())}).json()
    given = {
        "source": {"path": source, "meta": {"_type": "gradio.FileData"}}, "reference": None, "palette": "#123456",
        "method": "fast", "transform": "auto", "strength": 1, "seed": 0, "device": "auto", "scene": "auto", "aim": "auto",
        "protect": "all",
    }  # fmt: skip
    body = json.dumps({"data": list({**given, name: value}.values())})
    capfd.readouterr()
    headers = {"Content-Type": "application/json"}
    event = httpx.post(f"{app_url}gradio_api/call/match", content=body, headers=headers).json()["event_id"]
    answer = httpx.get(f"{app_url}gradio_api/call/match/{event}", timeout=120).text
    assert words in answer
    assert "Traceback" not in "".join(capfd.readouterr())


def test_every_event_of_the_page_is_private(app_url: str, client: Client) -> None:
    config = httpx.get(f"{app_url}config").json()
    public = [each["api_name"] for each in config["dependencies"] if each["api_visibility"] != "private"]
    assert sorted(public) == ["apply", "batch", "guide", "match"]
    assert len(config["dependencies"]) > 20
    with pytest.raises(ValueError, match="preview_strength"):
        client.predict(0.5, api_name="/preview_strength")
