"""axe-core in the open page: which rules of WCAG 2.2 AA it finds broken."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

_SCRIPT = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_RUN_JS = """tags => axe.run(document, {
  runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'],
  preload: false,  // of style sheets and media, which no rule reads whose violation is serious
})"""
_BAD = {"serious", "critical"}
NOT_MENDED: dict[tuple[str, str], str] = {}
"""Violations of Gradio's own markup that can't be mended from outside: the reason, by rule and a part of the selector."""


def serious_violations(page: Page) -> list[str]:
    """Every serious or critical violation of the page as it stands, a line for each part of the page.

    Args:
        page: with everything that moves at rest.

    Returns:
        Lines such as ``serious color-contrast: #stop: Element has insufficient color contrast of 3.5``; those of
        :data:`NOT_MENDED` are left out.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SCRIPT.read_text(encoding="utf-8"))
    found = page.evaluate(_RUN_JS, _TAGS)
    bad = [rule for rule in found["violations"] if rule["impact"] in _BAD]
    lines = [(rule, node) for rule in bad for node in rule["nodes"]]
    return [_line(rule, node) for rule, node in lines if not _is_known(rule["id"], _selector(node))]


def _line(rule: dict[str, Any], node: dict[str, Any]) -> str:
    checks = [*node["any"], *node["all"], *node["none"]]
    reason = checks[0]["message"] if checks else rule["help"]
    return f"{rule['impact']} {rule['id']}: {_selector(node)}: {reason}"


def _selector(node: dict[str, Any]) -> str:
    return " ".join(map(str, node["target"]))


def _is_known(rule: str, selector: str) -> bool:
    return any(rule == known and part in selector for known, part in NOT_MENDED)
