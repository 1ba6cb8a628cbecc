"""ReSWD Studio for ComfyUI: link or copy this folder into ``custom_nodes``.

The nodes lie in ``studio.comfy`` of ReSWD Studio: of the installed one, else of the repository that this folder lies in. That
repository does not go onto ``sys.path``, on which its ``tests`` and ``app.py`` could be taken for those of ComfyUI or of another
node. A finder behind all others knows its three packages, and nothing else. For the same reason ``comfy`` above this folder is no
package: ComfyUI's own ``comfy`` is a namespace, which a package of that name anywhere on the path would replace.

Other projects have packages of the same names, such as Microsoft's ``guidance``. Theirs stay theirs: with a foreign ``studio`` or
``reswd_torch`` nothing here works, which is said; with a foreign ``guidance`` all nodes but Guide Sampling do, which says it
when it runs (``studio/comfy/packages.py``).
"""

import importlib.machinery
import importlib.util
import sys
from pathlib import Path

_PACKAGES = {"studio": "comfy", "guidance": "core.py", "reswd_torch": "grade"}
"""Each with something that ours has in it."""


class _Beside:
    """Finds the three packages in a folder, once nothing else has found them."""

    def __init__(self, folder):
        self.folder = str(folder)

    def find_spec(self, name, path=None, target=None):
        if name not in _PACKAGES:
            return None
        return importlib.machinery.PathFinder.find_spec(name, [self.folder], target)


def _whole(folder):
    return all((folder / name / "__init__.py").is_file() for name in _PACKAGES)


def _found(name):
    """The folders of a package that the process has already; None where it has none of that name."""
    try:
        spec = importlib.util.find_spec(name)
    except ValueError:  # some host's stand-in, without a spec
        return [Path(str(getattr(sys.modules[name], "__file__", name))).parent]
    if spec is None:
        return None
    return [Path(one) for one in spec.submodule_search_locations or [spec.origin]]


def _find_packages():
    found = {name: folders for name in _PACKAGES if (folders := _found(name)) is not None}
    for name, folders in found.items():
        if name != "guidance" and not any((folder / _PACKAGES[name]).exists() for folder in folders):
            raise ImportError(
                f"ReSWD Studio cannot use its package {name}: another one of that name lies in {folders[0]}: "
                "remove or rename that one"
            )
    if len(found) == len(_PACKAGES):
        return
    for folder in Path(__file__).resolve().parents:
        if _whole(folder):
            sys.meta_path.append(_Beside(folder))
            return
    raise ImportError("ReSWD Studio is not installed: see the README.md of this folder, or link it from the repository")


_find_packages()

try:
    import comfy_api.latest  # noqa: F401
except ImportError:  # an older ComfyUI
    from studio.comfy.version_1 import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS

    __all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS"]
else:
    from studio.comfy.version_3 import comfy_entrypoint

    __all__ = ["comfy_entrypoint"]
