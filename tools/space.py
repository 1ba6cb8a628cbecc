"""The Hugging Face Space: the set of files that it gets, a check that they are enough, and the upload.

python -m tools.space check              install and start these files as a Space would, and match one pair
python -m tools.space upload USER/NAME   upload them to a Space (this needs a token: `hf auth login`)
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools.fresh import MATCH_ONE_PAIR, clean_environment, free_port, new_environment, wait_for
from tools.lock import LOCK, OF_TORCH, pins

ROOT = Path(__file__).resolve().parent.parent
FILE_SET = ("app.py", "requirements.txt", "README.md", "LICENSE", "reswd_torch", "guidance", "studio", "assets")
IGNORED = ("__pycache__", "*.pyc", "*.egg-info")


def copy_file_set(folder: Path) -> None:
    """Copy the files that the app needs, and no others, into an empty folder. Its requirements.txt has the versions of the lock.

    Without their hashes: a Space installs nothing but requirements.txt, and that holds PyTorch (tools/lock.py).
    """
    for name in FILE_SET:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns(*IGNORED))
        else:
            shutil.copy2(source, folder / name)
    bounds = (folder / "requirements.txt").read_text(encoding="utf-8")
    torch = [pin for pin in pins(bounds) if OF_TORCH.match(pin)]
    exact = "\n".join([*torch, *pins(LOCK.read_text(encoding="utf-8"))])
    (folder / "requirements.txt").write_text(f"{exact}\n", encoding="utf-8", newline="\n")


def check() -> None:
    """Install the lock with its hashes and then requirements.txt in a new environment, start app.py there, and match one pair
    through Gradio's client.
    """
    with tempfile.TemporaryDirectory(prefix="reswd-space-") as name:
        folder = Path(name)
        home = folder / "home"
        home.mkdir()
        copy_file_set(home)
        python = new_environment(folder / "venv")
        install = [python, "-m", "pip", "install", "--quiet"]
        torch = [pin for pin in pins((home / "requirements.txt").read_text(encoding="utf-8")) if OF_TORCH.match(pin)]
        subprocess.run([*install, *torch], check=True)
        subprocess.run([*install, "--no-deps", "--require-hashes", "-r", str(LOCK)], check=True)
        subprocess.run([*install, "-r", "requirements.txt"], cwd=home, check=True)
        subprocess.run([python, "-m", "pip", "check"], check=True)
        port = free_port()
        # A Space sets these two variables and starts app.py in the folder of the repository.
        surroundings = clean_environment() | {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port)}
        started = time.perf_counter()
        server = subprocess.Popen([python, "app.py"], cwd=home, env=surroundings)
        try:
            wait_for(port, server, "space check")
            seconds = time.perf_counter() - started
            subprocess.run(
                [python, "-c", MATCH_ONE_PAIR, str(port), str(home / "assets")],
                cwd=folder,
                env=surroundings,
                check=True,
            )
        finally:
            server.terminate()
            server.wait(timeout=20)
        print(f"space check: app.py answered after {seconds:.1f} s and matched one pair")


def upload(space: str) -> None:
    """Upload the files to a Space, which is created if it does not exist."""
    from huggingface_hub import HfApi

    if space.count("/") != 1:
        raise SystemExit(f"{space!r} is not a Space: make space SPACE=user/name")
    with tempfile.TemporaryDirectory(prefix="reswd-space-") as name:
        copy_file_set(Path(name))
        api = HfApi()
        api.create_repo(space, repo_type="space", space_sdk="gradio", exist_ok=True)
        api.upload_folder(repo_id=space, repo_type="space", folder_path=name, commit_message="Upload ReSWD Studio")
    print(f"uploaded to https://huggingface.co/spaces/{space}")


if __name__ == "__main__":
    if sys.argv[1:] == ["check"]:
        check()
    elif sys.argv[1:2] == ["upload"] and len(sys.argv) == 3:
        upload(sys.argv[2])
    else:
        raise SystemExit(__doc__)
