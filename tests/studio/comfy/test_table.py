"""The table of nodes, what is made of it, and the folder that ComfyUI loads."""

from __future__ import annotations

import importlib.util
import inspect
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from reswd_torch.version import __version__
from studio.comfy import sockets, table
from studio.comfy.sockets import Node
from studio.comfy.version_1 import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS
from studio.views.scopes import SCOPES
from tests.conftest import ROOT
from tools.comfy_workflows import WORKFLOWS, as_graph

PACK = ROOT / "comfy" / "reswd-studio"
BY_ID = {node.id: node for node in table.NODES}


@pytest.mark.parametrize("node", table.NODES, ids=lambda node: node.title)
def test_every_input_says_what_it_is_and_starts_with_a_value_that_is_allowed(node: Node) -> None:
    assert len(node.about) > 20 and len({socket.id for socket in node.inputs}) == len(node.inputs)
    for socket in node.inputs:
        assert socket.tooltip.endswith((".", "!")) and len(socket.tooltip) > 10, socket.id
        if socket.kind in (sockets.NUMBER, sockets.WHOLE):
            assert socket.low <= socket.default <= socket.high
        if socket.kind == sockets.CHOICE and not callable(socket.options):
            assert socket.default in socket.choices()
        if socket.optional:
            assert socket.kind in (sockets.IMAGE, sockets.MASK)


@pytest.mark.parametrize("node", table.NODES, ids=lambda node: node.title)
def test_what_runs_takes_the_inputs_by_their_names(node: Node) -> None:
    known = inspect.signature(node.run).parameters
    takes_more = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in known.values())
    assert takes_more or {socket.id for socket in node.inputs} == set(known)


def test_the_older_form_has_the_same_nodes() -> None:
    assert {node.id: node.title for node in table.NODES} == NODE_DISPLAY_NAME_MAPPINGS
    for name, made in NODE_CLASS_MAPPINGS.items():
        inputs = made.INPUT_TYPES()
        assert {**inputs["required"], **inputs["optional"]}.keys() == {socket.id for socket in BY_ID[name].inputs}
        assert tuple(one.kind for one in BY_ID[name].outputs) == made.RETURN_TYPES
        assert callable(getattr(made, made.FUNCTION))


def test_the_older_form_runs() -> None:
    import torch

    images = torch.rand(1, 8, 8, 3, generator=torch.Generator().manual_seed(0))
    inputs = {socket.id: socket.default for socket in table.MATCH.inputs if not socket.optional}
    graded, grade = NODE_CLASS_MAPPINGS["ReSWD_MatchColours"]().run(
        **{**inputs, "images": images, "palette": "#123, #fed"}
    )
    (again,) = NODE_CLASS_MAPPINGS["ReSWD_ApplyGrade"]().run(images=images, grade=grade, strength=1.0)
    assert torch.equal(graded, again) and not torch.equal(graded, images)


def test_its_scopes_are_those_of_the_app() -> None:
    assert sorted(table.SCOPE_KINDS) == sorted(scope.name for scope in SCOPES)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_example_workflows_are_what_the_script_writes_and_fit_the_nodes(name: str) -> None:
    saved = json.loads((PACK / "example_workflows" / f"{name}.json").read_text(encoding="utf-8"))
    assert saved == as_graph(name), "run python tools/comfy_workflows.py"
    assert (PACK / "example_workflows" / f"{name}.jpg").stat().st_size < 200_000
    for step in WORKFLOWS[name]:
        if (node := BY_ID.get(step.type)) is not None:
            widgets = [
                socket for socket in node.inputs if socket.kind in ("STRING", "FLOAT", "INT", "BOOLEAN", "COMBO")
            ]
            assert len(step.widgets) == len(widgets)
            assert {one for one, *_ in step.inputs} <= {socket.id for socket in node.inputs}


def test_the_folder_says_the_version_and_what_it_needs() -> None:
    said = tomllib.loads((PACK / "pyproject.toml").read_text(encoding="utf-8"))
    assert said["project"]["version"] == __version__
    lines = (PACK / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert said["project"]["dependencies"] == [line for line in lines if not line.startswith("#")]
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    known = {*ours["dependencies"], *ours["optional-dependencies"]["app"]}
    assert set(said["project"]["dependencies"]) <= known
    assert not any("torch" in line for line in lines if not line.startswith("#"))


def test_comfy_is_no_package_that_could_replace_comfyuis_own() -> None:
    assert not list((ROOT / "comfy").glob("*.py"))


def test_the_folder_finds_the_repository_beside_it_and_nothing_else_of_it(tmp_path: Path) -> None:
    """In a process without ReSWD Studio, from a link, with a ``comfy`` and a ``tests`` of the host's own."""
    (tmp_path / "pack").symlink_to(PACK)
    (tmp_path / "host" / "comfy").mkdir(parents=True)
    (tmp_path / "host" / "comfy" / "utils.py").write_text("here = True\n")
    code = (
        "import importlib.util, sys\n"
        f"sys.path[:0] = [{str(tmp_path / 'host')!r}]\n"
        f"sys.meta_path[:] = [one for one in sys.meta_path if 'editable' not in repr(one)]\n"
        f"sys.path[:] = [one for one in sys.path if one not in ('', {str(ROOT)!r})]\n"
        f"spec = importlib.util.spec_from_file_location('custom_nodes.pack', {str(tmp_path / 'pack' / '__init__.py')!r})\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n"
        "import comfy.utils, studio\n"
        "assert importlib.util.find_spec('tools') is None and importlib.util.find_spec('comfy.reswd-studio') is None\n"
        "print(comfy.utils.here, studio.__file__, len(module.NODE_CLASS_MAPPINGS))\n"
    )
    environment = {"PATH": "/usr/bin:/bin", "PYTHONSAFEPATH": "1"}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["True", str(ROOT / "studio" / "__init__.py"), "8"]


def _with_foreign(tmp_path: Path, name: str, code: str) -> subprocess.CompletedProcess[str]:
    """What a process does that loads the folder, and has another project's package in front."""
    foreign = tmp_path / "site" / name
    foreign.mkdir(parents=True)
    (foreign / "__init__.py").write_text("theirs = True\n")
    start = (
        "import importlib.util, sys\n"
        f"sys.path[:] = [{str(tmp_path / 'site')!r}, *(one for one in sys.path if one not in ('', {str(ROOT)!r}))]\n"
        "sys.meta_path[:] = [one for one in sys.meta_path if 'editable' not in repr(one)]\n"
        f"spec = importlib.util.spec_from_file_location('custom_nodes.pack', {str(PACK / '__init__.py')!r})\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n"
    )
    environment = {"PATH": "/usr/bin:/bin", "PYTHONSAFEPATH": "1"}
    command = [sys.executable, "-c", start + code]
    return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)


def test_beside_another_projects_guidance_all_other_nodes_work(tmp_path: Path) -> None:
    code = (
        "import torch, guidance\n"
        "from studio.comfy import table\n"
        "nodes, images = module.NODE_CLASS_MAPPINGS, torch.rand(1, 8, 8, 3)\n"
        "inputs = {one.id: one.default for one in table.MATCH.inputs if not one.optional}\n"
        "nodes['ReSWD_MatchColours']().run(**{**inputs, 'images': images, 'palette': '#123, #fed'})\n"
        "nodes['ReSWD_RepairDrift']().run(images=torch.rand(2, 8, 8, 3), anchor_frames='0', find_cuts=True, seed=0)\n"
        "nodes['ReSWD_Scopes']().run(images=images, kind='waveform', width=120, height=120)\n"
        "print(guidance.theirs)\n"
        "try:\n"
        "    nodes['ReSWD_GuideSampling']().run(\n"
        "        model=None, vae=None, palette='#123', strength=1.0, start=0.0, stop=1.0, seed=0)\n"
        "except ValueError as error:\n"
        "    print(error)\n"
    )
    ran = _with_foreign(tmp_path, "guidance", code)
    assert ran.returncode == 0, ran.stderr
    theirs, said = ran.stdout.splitlines()
    assert theirs == "True"
    assert said.startswith("Guide Sampling needs the package guidance of ReSWD Studio, and finds another project's in ")
    assert str(tmp_path / "site" / "guidance") in said


def test_another_projects_studio_is_named_in_one_line(tmp_path: Path) -> None:
    ran = _with_foreign(tmp_path, "studio", "")
    assert ran.returncode == 1
    last = ran.stderr.splitlines()[-1]
    assert last.startswith("ImportError: ReSWD Studio cannot use its package studio: another one of that name lies in ")
    assert str(tmp_path / "site" / "studio") in last


def test_nothing_but_version_3_needs_comfyui() -> None:
    for path in (ROOT / "studio" / "comfy").glob("*.py"):
        if path.stem not in ("__init__", "version_3"):
            assert importlib.util.find_spec(f"studio.comfy.{path.stem}") is not None
            __import__(f"studio.comfy.{path.stem}")
