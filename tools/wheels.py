"""What goes onto a package index, and the rules that it has to keep: two wheels and their source distributions.

reswd-studio is the program with its example photographs; reswd-models is the embedded model, which its extra ``guide`` asks for.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from email import message_from_string
from email.message import Message
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "build" / "dist"
MODELS = Path("assets") / "models"
LARGEST = {"reswd_studio": 15_000_000, "reswd_models": 60_000_000}
"""Bytes that a file may have: an index takes files of up to 100 MB, and people wait for each."""
LIBRARY = {
    "torch", "numpy", "einops", "jaxtyping", "opencolorio", "opencv-python-headless", "filelock", "pillow", "rich", "tifffile",
    "typer",
}  # fmt: skip
"""What the library and the command line for pictures bring in: neither Gradio nor diffusers. The library alone could do without
the last five, which take 15 MB, but not without OpenCV, by which it finds out whether two pictures show one scene."""
INSIDE = {"reswd_studio": {"reswd_torch", "guidance", "studio"}, "reswd_models": {"reswd_models"}}
"""The folders of each wheel, beside its metadata."""
NEEDED = {
    "reswd_studio": {
        "reswd_torch/matching/look.npz", "studio/assets/examples.json", "studio/assets/README.md",
        "studio/assets/licences/CC-BY-4.0.txt", "studio/assets/licences/CC-BY-3.0.txt", "studio/ui/page/page.css",
        "studio/ui/desk/viewer.js", "studio/ui/desk/vendor/openseadragon.LICENSE.txt",
    },
    "reswd_models": {
        "reswd_models/pocket-64/model_index.json", "reswd_models/pocket-64/known.json", "reswd_models/pocket-64/LICENSE-art.txt",
        "reswd_models/pocket-64/LICENSE-text-encoder.txt", "reswd_models/pocket-64/vae/diffusion_pytorch_model.safetensors",
    },
}  # fmt: skip
_UNWANTED = re.compile(
    r"(^|/)(tests?|conftest\.py|\.git|\.env|\.venv|\.pypirc|__pycache__|build|benchmarks|training)(/|$)"
    r"|\.(pyc|pem|key|p12|orig|rej|log|sqlite)$"
)
_SECRETS = re.compile(
    rb"hf_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{40,}|gh[pousr]_[A-Za-z0-9]{30,}|-----BEGIN [A-Z ]*PRIVATE KEY"
)


def build() -> list[Path]:
    """Build both projects into ``build/dist``, from copies: nothing of an earlier build gets in, and nothing is left behind.

    Returns:
        The files, wheels first.
    """
    shutil.rmtree(DIST, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="reswd-release-") as name:
        copy = Path(name)
        for file in _sources():
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, copy / file)
        for project in (copy, copy / MODELS):
            command = [sys.executable, "-m", "build", "--outdir", str(DIST), str(project)]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode:
                raise SystemExit(f"{done.stdout}\nrelease: {project.name} was not built")
    return built()


def built() -> list[Path]:
    """The files in ``build/dist``, wheels first."""
    return sorted(DIST.glob("*.whl")) + sorted(DIST.glob("*.tar.gz"))


def wheel_of(name: str) -> Path:
    """The wheel of ``reswd_studio`` or ``reswd_models``."""
    return next(DIST.glob(f"{name}-*.whl"))


def _sources() -> list[str]:
    """The files that git has: no outputs, no caches, nothing that lies about."""
    command = ["git", "ls-files", "-z", "--cached"]
    listed = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout.decode().split("\0")
    return [name for name in listed if name and (ROOT / name).is_file()]


def contents(path: Path) -> dict[str, bytes]:
    """The files in a wheel or a source distribution by their names; of the latter without the folder around them all."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return {name: wheel.read(name) for name in wheel.namelist() if not name.endswith("/")}
    with tarfile.open(path) as archive:
        files = [(member.name.partition("/")[2], archive.extractfile(member)) for member in archive if member.isfile()]
        return {name: file.read() for name, file in files if file is not None}


def metadata(files: dict[str, bytes]) -> Message:
    """The metadata in a wheel."""
    (name,) = (name for name in files if name.endswith(".dist-info/METADATA"))
    return message_from_string(files[name].decode("utf-8"))


def base_requirements(said: Message) -> set[str]:
    """The names of the packages that a wheel needs without extras."""
    wanted = [text for text in said.get_all("Requires-Dist", []) if "extra ==" not in text]
    return {re.split(r"[^A-Za-z0-9._-]", text)[0] for text in wanted}


def faults(path: Path) -> Iterator[str]:
    """What is wrong with a wheel or a source distribution, one line each."""
    name, files = path.name.split("-")[0], contents(path)
    if path.stat().st_size > LARGEST[name]:
        yield f"{path.stat().st_size:,} bytes are more than {LARGEST[name]:,}"
    for file, content in files.items():
        if _UNWANTED.search(file):
            yield f"{file} does not belong there"
        if _SECRETS.search(content):
            yield f"{file} looks as if it held a secret"
    if path.suffix == ".whl":
        yield from _faults_of_a_wheel(name, files)
    elif "pyproject.toml" not in files or "PKG-INFO" not in files:
        yield "it cannot be built: pyproject.toml or PKG-INFO is missing"


def _faults_of_a_wheel(name: str, files: dict[str, bytes]) -> Iterator[str]:
    said = metadata(files)
    folders = {file.partition("/")[0] for file in files if ".dist-info/" not in file}
    if folders != INSIDE[name]:
        yield f"it holds {sorted(folders)}, not {sorted(INSIDE[name])}"
    for missing in sorted(NEEDED[name] - files.keys()):
        yield f"{missing} is missing"
    if not any("/licenses/LICENSE" in file or "/LICENSE-" in file for file in files if ".dist-info/" in file):
        yield "no licence lies beside its metadata"
    if name == "reswd_studio" and base_requirements(said) != LIBRARY:
        yield f"without extras it asks for {sorted(base_requirements(said) ^ LIBRARY)} more or less than it should"
    text = str(said.get_payload())
    if text.lstrip().startswith("---") or re.search(r"\]\((?!https?:|#)", text) and name == "reswd_studio":
        yield "its description has a Space's front matter, or links to files that an index does not have"


def sizes() -> str:
    """The files with their sizes, a line each."""
    return "\n".join(f"{path.stat().st_size / 1e6:6.1f} MB  {path.name}" for path in built())
