"""What pyproject.toml cannot say: the photographs of assets/ go into the wheel as studio/assets, and the description on a package
index is the README without what is for a Space alone and without links into the repository.
"""

import re
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py


class WithoutScripts(build_py):
    """``assets`` holds no modules: the script there, which makes the photographs, stays in the repository."""

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        return [] if package == "studio.assets" else super().find_package_modules(package, package_dir)


def description() -> str:
    """The README as Markdown that needs no files beside it."""
    text = re.sub(r"\A---\n.*?\n---\n+", "", Path("README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"^!\[[^\]]*\]\((?!https?:)[^)]*\)\n\n?", "", text, flags=re.MULTILINE)
    return re.sub(r"\[([^\]]*)\]\((?!https?:|#)[^)]*\)", r"\1", text)


setup(
    packages=[*find_packages(include=["reswd_torch*", "guidance*", "studio*"]), "studio.assets"],
    package_dir={"studio.assets": "assets"},
    cmdclass={"build_py": WithoutScripts},
    long_description=description(),
    long_description_content_type="text/markdown",
)
