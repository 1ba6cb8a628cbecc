"""From what is kept: the tables between the marks of docs/estimators.md, and its figures."""

from __future__ import annotations

import math
import statistics
import textwrap
from typing import Any, NamedTuple

from benchmarks.estimators import card, evenness, growth, papers, results
from benchmarks.estimators.figures import figure
from benchmarks.estimators.losses import DEFAULT, ESTIMATORS, PLAIN
from benchmarks.estimators.tasks import FAMILIES

DOCS = results.KEPT.parent
PAGE, MAP, GROWTH = DOCS / "estimators.md", DOCS / "estimators.svg", DOCS / "couplings.svg"
BEGIN, END = "<!-- tables: python -m benchmarks.estimators -->", "<!-- end of tables -->"
DARK = 1.6
"""Doublings of the error from which a cell is too dark for black letters."""
MODES = {"equal_time": "equal wall time", "equal_sorts": "equal sorts"}


class Score(NamedTuple):
    """A mean and half of its 95% interval."""

    mean: float
    half: float

    def beats(self, other: Score) -> bool:
        """Smaller, and the intervals do not overlap."""
        return self.mean + self.half < other.mean - other.half

    def __str__(self) -> str:
        return f"{self.mean:.3f} ± {self.half:.3f}"


def scored(values: list[float]) -> Score:
    """Student's interval."""
    from scipy.stats import t

    if any(math.isinf(each) for each in values):
        return Score(math.inf, 0.0)
    half = float(t.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / math.sqrt(len(values))
    return Score(statistics.fmean(values), half)


def family_scores(tasks: dict[str, dict[str, results.Row]], mode: str) -> dict[str, Score]:
    """Per estimator the mean over a family's tasks, each error in units of plain sampling's mean error."""
    plain = {task: statistics.fmean(rows[PLAIN][mode]) for task, rows in tasks.items()}
    scores = {}
    for one in ESTIMATORS:
        held = [task for task, rows in tasks.items() if one.name in rows]
        if len(held) < len(tasks):  # cannot serve all of them; the tasks' own tables have what it can
            continue
        columns = [[error / plain[task] for error in tasks[task][one.name][mode]] for task in held]
        scores[one.name] = scored([statistics.fmean(each) for each in zip(*columns, strict=True)])
    return scores


def write() -> None:
    """Tables and figures."""
    found = results.read()
    kept = {family: found[family] for family in FAMILIES if family in found}
    others = [
        line for part in (papers, evenness, growth, card) if part.NAME in found for line in part.table(found[part.NAME])
    ]
    text = "\n".join([*_verdict(kept), *_maps(kept), *others, *_details(kept)])
    page = PAGE.read_text("utf-8")
    before, rest = page.split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")
    _draw(kept)
    if growth.NAME in found:
        growth.draw(GROWTH, found[growth.NAME])
    print("\n".join(_verdict(kept)))


def _verdict(kept: dict[str, Any]) -> list[str]:
    """Where the default beats every rival, task by task and by family."""
    rivals = [one.name for one in ESTIMATORS if one.rival]
    lines = [
        f"\n### Does the default beat each rival? ({', '.join(MODES.values())})\n",
        "| family | at equal wall time | nearest rival | at equal sorts | nearest rival | against plain, equal time |",
        "|---|---|---|---|---|---|",
    ]
    won = dict.fromkeys(MODES, 0)
    for family, tasks in kept.items():
        cells = []
        for mode in MODES:
            scores = family_scores(tasks, mode)
            ours = scores[DEFAULT]
            # A rival that serves a part of the family's tasks is compared on those.
            partial = [
                (name, family_scores({task: rows for task, rows in tasks.items() if name in rows}, mode))
                for name in rivals
                if name not in scores and any(name in rows for rows in tasks.values())
            ]
            compared = [(name, ours, scores[name]) for name in rivals if name in scores]
            compared += [(name, theirs[DEFAULT], theirs[name]) for name, theirs in partial]
            beaten = all(mine.beats(their) for _, mine, their in compared)
            won[mode] += beaten
            name, mine, their = min(compared, key=lambda row: row[2].mean - row[1].mean)
            there = "" if mine is ours else f" (ours on the tasks it serves: {mine})"
            cells += [f"{'**yes**' if beaten else 'no'}, {ours}", f"{name}, {their}{there}"]
        scores = family_scores(tasks, "equal_time")
        ours, plain = scores[DEFAULT], scores[PLAIN]
        against = "better" if ours.beats(plain) else "worse" if plain.beats(ours) else "no difference"
        lines.append(f"| {family} | {cells[0]} | {cells[1]} | {cells[2]} | {cells[3]} | {against} |")
    worse = [
        f"{task} ({family})"
        for family, tasks in kept.items()
        for task, rows in tasks.items()
        if scored(rows[PLAIN]["equal_time"]).beats(scored(rows[DEFAULT]["equal_time"]))
    ]
    lines.append(f"\nRivals: {', '.join(rivals)}. Errors in units of plain sampling's.")
    lines.append(
        f"Single tasks on which plain sampling beats the default at equal wall time: {'; '.join(worse) or 'none'}."
    )
    lines.append(
        f"\nThe default beats every rival on {won['equal_time']} of {len(kept)} families at equal wall time and on "
        f"{won['equal_sorts']} at equal sorts, with 95% intervals that do not overlap."
    )
    return lines


def _maps(kept: dict[str, Any]) -> list[str]:
    lines = []
    for mode, words in MODES.items():
        lines += [
            f"\n### The map at {words}\n",
            "| estimator | " + " | ".join(kept) + " |",
            "|---" * (len(kept) + 1) + "|",
        ]
        columns = [family_scores(tasks, mode) for tasks in kept.values()]
        for one in ESTIMATORS:
            cells = [str(column[one.name]) if one.name in column else "" for column in columns]
            lines.append(f"| {one.name} | " + " | ".join(cells) + " |")
    return lines


def _details(kept: dict[str, Any]) -> list[str]:
    lines = ["\n### Task by task\n", "Errors as they are: means with 95% intervals.\n"]
    for family, tasks in kept.items():
        for task, rows in tasks.items():
            lines += [
                f"\n<details><summary>{family}: {task}</summary>\n",
                "| estimator | rate | ms a step | equal sorts | sorts x steps at equal time | equal time |",
                "|---|---|---|---|---|---|",
            ]
            for name, row in rows.items():
                at = [scored(row[mode]) for mode in ("equal_sorts", "equal_time")]
                told = [f"{each.mean:.4g} ± {each.half:.2g}" for each in at]
                rate = f"{row['rate']:g}" if row["rate"] else ""
                lines.append(
                    f"| {name} | {rate} | {row['milliseconds']:.2f} | {told[0]} | {row['sorts']} x {row['steps']} | {told[1]} |"
                )
            lines.append("\n</details>")
    return lines


def _draw(kept: dict[str, Any]) -> None:
    """The map as a picture: error in units of plain sampling's, on a logarithmic scale of colours."""
    from matplotlib.colors import TwoSlopeNorm

    names = [one.name for one in ESTIMATORS]
    with figure(MAP, 1, 2, figsize=(15, 6.4), sharey=True) as panels:
        for panel, (mode, words) in zip(panels, MODES.items(), strict=True):
            columns = [family_scores(tasks, mode) for tasks in kept.values()]
            ratios = [[column[name].mean if name in column else math.nan for column in columns] for name in names]
            logs = [[math.log2(each) if each > 0 else math.nan for each in row] for row in ratios]
            panel.imshow(logs, cmap="RdYlGn_r", norm=TwoSlopeNorm(0, -2, 2), aspect="auto")
            for y, row in enumerate(ratios):
                best = [
                    y == min(range(len(names)), key=lambda at, x=x: _or_inf(ratios[at][x])) for x in range(len(row))
                ]
                for x, each in enumerate(row):
                    if not math.isnan(each):
                        panel.text(
                            x,
                            y,
                            f"{each:.2f}",
                            ha="center",
                            va="center",
                            weight="bold" if best[x] else "normal",
                            color="white" if abs(logs[y][x]) > DARK else "black",
                            fontsize=9,
                        )
            panel.set_title(f"{words}: error over plain sampling's (below 1 is better)", fontsize=11)
            panel.set_xticks(range(len(kept)), [textwrap.fill(family, 12) for family in kept], fontsize=8)
            panel.set_yticks(range(len(names)), names, fontsize=9)


def _or_inf(value: float) -> float:
    return math.inf if math.isnan(value) else value
