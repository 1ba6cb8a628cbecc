"""What Linux, macOS and Windows do not all have is looked for in the sources: it may only stand behind a question.

The question is an ``if`` (or an early return) that asks ``hasattr``, ``sys.platform`` or ``os.name``, or a ``try`` that catches
what comes where it is missing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

SHIPPED = ("reswd_torch", "guidance", "studio", "app.py", "tools")
MODULES = {
    "fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "posix", "syslog", "curses", "readline", "msvcrt", "winreg",
}  # fmt: skip
NAMES = {
    "os": "sysconf fork forkpty getuid geteuid getgid setsid setpgrp killpg getpgid sched_getaffinity uname mkfifo statvfs "
    "fchmod chown fchown lchown nice getloadavg openpty posix_spawn pread pwrite posix_fadvise sendfile fchdir wait waitpid "
    "WNOHANG fstatvfs "
    "O_NOFOLLOW O_DIRECTORY O_CLOEXEC O_NONBLOCK getpriority setpriority startfile O_BINARY kill symlink",
    "signal": "SIGKILL SIGHUP SIGUSR1 SIGUSR2 SIGPIPE SIGALRM SIGQUIT SIGTSTP SIGSTOP SIGCONT SIGCHLD alarm setitimer pause "
    "pthread_sigmask pthread_kill sigwait CTRL_C_EVENT CTRL_BREAK_EVENT",
}  # fmt: skip
KEYWORDS = {"preexec_fn", "start_new_session", "pass_fds", "process_group", "creationflags", "startupinfo"}
PLACES = re.compile(r"/(proc|tmp|dev|etc|usr|var|sys|home|opt|root|mnt|Users|Library)(/|$)|[A-Za-z]:\\")
ASKS = re.compile(r"\b(hasattr|getattr)\(|sys\.platform|os\.name\b|platform\.system")
CATCHES = {"ImportError", "ModuleNotFoundError", "AttributeError", "OSError", "NotImplementedError"}
TEXT = {"read_text": 1, "write_text": 2}
"""How many arguments these take before the encoding is among them."""


def sources() -> list[Path]:
    return [
        path for name in SHIPPED for path in ([ROOT / name] if name.endswith(".py") else sorted((ROOT / name).rglob("*.py")))
    ]  # fmt: skip


def findings(code: str) -> list[str]:
    """What a module holds that is not the same everywhere and is not asked for, each with its line."""
    tree = ast.parse(code)
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    told = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    found = []
    for node in ast.walk(tree):
        said = "" if id(node) in told else next(_strange(node), "")
        if said and not _guarded(node, above):
            found.append(f"{getattr(node, 'lineno', 0)}: {said}")
    return found


def _strange(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name.partition(".")[0] in MODULES)
    elif isinstance(node, ast.ImportFrom):
        module = node.module or ""
        if module.partition(".")[0] in MODULES:
            yield module
        yield from (f"{module}.{alias.name}" for alias in node.names if alias.name in NAMES.get(module, "").split())
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        if node.attr in NAMES.get(node.value.id, "").split():
            yield f"{node.value.id}.{node.attr}"
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        if PLACES.match(node.value):
            yield f"the place {node.value!r}"
    elif isinstance(node, ast.Call):
        yield from _strange_call(node)


def _strange_call(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    given = {keyword.arg for keyword in call.keywords}
    first = call.args[0] if call.args else None
    text = first.value if isinstance(first, ast.Constant) else None
    yield from (f"the argument {one} of {name}" for one in sorted(KEYWORDS & {str(one) for one in given}))
    if name in ("rename", "renames") and isinstance(call.func, ast.Attribute):
        yield "a rename, which Windows refuses where the name is taken: replace"
    if name in ("get_context", "set_start_method") and text not in ("spawn",):
        yield "processes that are not spawned"
    if name == "ProcessPoolExecutor" and "mp_context" not in given:
        yield "a pool whose processes start as the system likes"
    if name == "NamedTemporaryFile" and "delete" not in given and "delete_on_close" not in given:
        yield "a temporary file that Windows opens once"
    if isinstance(call.func, ast.Attribute) and name == "open" and re.fullmatch(r"[rwax]t?\+?", str(text)):
        if "encoding" not in given:
            yield "open of a text in an encoding that the system chooses"
        if text != "r" and "newline" not in given:
            yield "open of a text whose lines Windows ends in another way: newline"
    if name in TEXT and "encoding" not in given and len(call.args) < TEXT[name]:
        yield f"{name} in an encoding that the system chooses"
    if name == "open" and isinstance(call.func, ast.Name) and not {"encoding"} & given and "b" not in _mode(call):
        yield "open of a text in an encoding that the system chooses"
    if name == "write_text" and "newline" not in given:
        yield "write_text, which on Windows ends lines in another way: newline"
    if name in ("Path", "open", "join") and isinstance(first, ast.JoinedStr) and _joined_by_slash(first):
        yield "a path put together with /"
    if name == "strftime" and any(isinstance(one, ast.Constant) and ":" in str(one.value) for one in call.args):
        yield "a time with colons, which no name on Windows may hold"


def _mode(call: ast.Call) -> str:
    given = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    return str(given[0].value) if given and isinstance(given[0], ast.Constant) else "r"


def _joined_by_slash(text: ast.JoinedStr) -> bool:
    parts = [part.value for part in text.values if isinstance(part, ast.Constant)]
    return any("/" in str(part) and "://" not in str(part) for part in parts)


def _guarded(node: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    """Whether something around a node, or a return before it, asks if the system has what the node needs."""
    child = node
    while child in above:
        parent = above[child]
        if isinstance(parent, (ast.If, ast.IfExp, ast.BoolOp)) and ASKS.search(ast.unparse(parent)):
            return True
        if isinstance(parent, (ast.GeneratorExp, ast.ListComp)) and ASKS.search(ast.unparse(parent)):
            return True
        if isinstance(parent, ast.Try) and child in parent.body:
            caught = {name.id for one in parent.handlers for name in ast.walk(one) if isinstance(name, ast.Name)}
            if caught & CATCHES:
                return True
        if isinstance(parent, ast.FunctionDef) and child in parent.body:
            before = parent.body[: parent.body.index(child)]
            if any(_leaves(one) for one in before):
                return True
        child = parent
    return False


def _leaves(node: ast.stmt) -> bool:
    """Whether a statement leaves the function where the system lacks something."""
    if isinstance(node, ast.If):
        return bool(ASKS.search(ast.unparse(node.test))) and isinstance(node.body[-1], (ast.Return, ast.Raise))
    if isinstance(node, ast.Try):
        return any(isinstance(one.body[-1], (ast.Return, ast.Raise)) for one in node.handlers)
    return False


def test_the_sources_ask_for_what_not_every_system_has() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{fault}" for path in sources() for fault in findings(path.read_text(encoding="utf-8"))
    ]  # fmt: skip
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "import fcntl", "from os import fork", "os.sysconf('SC_PAGE_SIZE')", "os.kill(1, signal.SIGKILL)",
        "signal.signal(signal.SIGHUP, f)", "def f():\n    import resource", "Path('/proc/self/statm').read_bytes()",
        "open('/tmp/a', 'rb')", "os.rename(a, b)", "path.rename(other)", "get_context('fork')", "ProcessPoolExecutor(2)",
        "subprocess.run(a, preexec_fn=f)", "path.read_text()", "path.write_text('a', encoding='utf-8')", "open(path)",
        "Path(f'{folder}/a.jpg')", "time.strftime('%H:%M')", "path.open('w', encoding='utf-8')", "tempfile.NamedTemporaryFile()",
        "if os.geteuid() == 0:\n    pass", "try:\n    import pwd\nexcept ValueError:\n    pass",
    ],
)  # fmt: skip
def test_what_is_not_everywhere_is_found(code: str) -> None:
    assert findings(code)


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    import fcntl\nexcept ImportError:\n    fcntl = None", "if hasattr(os, 'fork'):\n    os.fork()",
        "if sys.platform != 'win32':\n    signal.signal(signal.SIGHUP, f)",
        "def f():\n    if not hasattr(signal, 'pthread_sigmask'):\n        return\n    signal.pthread_sigmask(1, {2})",
        "def f():\n    try:\n        import fcntl\n    except ImportError:\n        return\n    os.open(a, os.O_NOFOLLOW)",
        "'''/tmp/a'''", "os.replace(a, b)", "get_context('spawn')", "path.write_text('a', encoding='utf-8', newline='')",
        "open(path, 'rb')", "f'{root}/api'", "getattr(signal, 'SIGHUP', None)", "url = f'{host}/a'", "Path(f'https://a/{b}')",
        "n = os.getuid() if hasattr(os, 'getuid') else 0",
    ],
)  # fmt: skip
def test_what_is_asked_for_may_stand(code: str) -> None:
    assert not findings(code)
