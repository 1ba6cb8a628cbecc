"""The report: from what is kept, the tables between two marks of docs/estimators.md and the figures beside it."""

from __future__ import annotations

import math
import statistics
import textwrap
from typing import TYPE_CHECKING, Literal, NamedTuple

from benchmarks.estimators import card, evenness, growth, papers, results
from benchmarks.estimators.families import FAMILIES
from benchmarks.estimators.figures import figure
from benchmarks.estimators.losses import DEFAULT, ESTIMATORS, PLAIN

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOCS = results.KEPT.parent
PAGE, MAP, GROWTH = DOCS / "estimators.md", DOCS / "estimators.svg", DOCS / "couplings.svg"
BEGIN, END = "<!-- tables: python -m benchmarks.estimators -->", "<!-- end of tables -->"
DARK = 1.6
"""A cell whose error is doubled or halved more often than this is too dark for black letters."""
RIVALS = tuple(one.name for one in ESTIMATORS if one.rival)
Mode = Literal["equal_time", "equal_sorts"]
MODES: dict[Mode, str] = {"equal_time": "equal wall time", "equal_sorts": "equal sorts"}
Kept = dict[str, results.Family]
"""What was measured, by the names of the families."""


class Score(NamedTuple):
    """A mean error, and half the width of its 95% confidence interval."""

    mean: float
    half: float

    def beats(self, other: Score) -> bool:
        """Whether this error is smaller and the two intervals do not overlap."""
        return self.mean + self.half < other.mean - other.half

    def __str__(self) -> str:
        return f"{self.mean:.3f} ± {self.half:.3f}"


def scored(values: list[float]) -> Score:
    """The mean of errors with Student's interval; infinite, with no interval, where one of them is."""
    from scipy.stats import t

    if any(math.isinf(each) for each in values):
        return Score(math.inf, 0.0)
    half = float(t.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / math.sqrt(len(values))
    return Score(statistics.fmean(values), half)


def family_scores(tasks: results.Family, mode: Mode) -> dict[str, Score]:
    """For each estimator that serves all of a family's tasks the mean error over them, in units of plain sampling's on each."""
    plain = {task: statistics.fmean(rows[PLAIN][mode]) for task, rows in tasks.items()}
    scores = {}
    for one in ESTIMATORS:
        held = [task for task, rows in tasks.items() if one.name in rows]
        if len(held) < len(tasks):  # the tables of the single tasks have those that it serves
            continue
        columns = [[error / plain[task] for error in tasks[task][one.name][mode]] for task in held]
        scores[one.name] = scored([statistics.fmean(each) for each in zip(*columns, strict=True)])
    return scores


def write() -> None:
    """Write the tables into the page and the figures beside it, and print which families the default wins."""
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


class Comparison(NamedTuple):
    """The default beside its nearest rival on one family."""

    ours: Score
    """The default's score on the whole family."""
    beaten: bool
    """Whether the default beats every rival."""
    rival: str
    """The rival that comes nearest to the default, or is furthest ahead of it."""
    its: Score
    ours_there: Score
    """The default's score on the tasks that this rival serves."""

    def cells(self) -> tuple[str, str]:
        """Two cells of the table: the verdict, and the nearest rival."""
        there = "" if self.ours_there is self.ours else f" (ours on the tasks it serves: {self.ours_there})"
        return f"{'**yes**' if self.beaten else 'no'}, {self.ours}", f"{self.rival}, {self.its}{there}"


def compared(tasks: results.Family, mode: Mode) -> Comparison:
    """Compare the default with every rival. A rival that serves only some of the tasks is compared on those."""
    scores = family_scores(tasks, mode)
    ours = scores[DEFAULT]
    pairs = [(name, ours, scores[name]) for name in RIVALS if name in scores]
    for name in RIVALS:
        served = {task: rows for task, rows in tasks.items() if name in rows}
        if name not in scores and served:
            there = family_scores(served, mode)
            pairs.append((name, there[DEFAULT], there[name]))
    beaten = all(mine.beats(its) for _, mine, its in pairs)
    name, mine, its = min(pairs, key=lambda pair: pair[2].mean - pair[1].mean)
    return Comparison(ours, beaten, name, its, mine)


def _verdict(kept: Kept) -> list[str]:
    """The section that says on which families the default beats every rival, and on which tasks plain sampling beats it."""
    lines = [
        f"\n### Does the default beat each rival? ({', '.join(MODES.values())})\n",
        "| family | at equal wall time | nearest rival | at equal sorts | nearest rival | against plain, equal time |",
        "|---|---|---|---|---|---|",
    ]
    won = dict.fromkeys(MODES, 0)
    for family, tasks in kept.items():
        cells = [family]
        for mode in MODES:
            found = compared(tasks, mode)
            won[mode] += found.beaten
            cells += found.cells()
        scores = family_scores(tasks, "equal_time")
        ours, plain = scores[DEFAULT], scores[PLAIN]
        cells.append("better" if ours.beats(plain) else "worse" if plain.beats(ours) else "no difference")
        lines.append(f"| {' | '.join(cells)} |")
    worse = [
        f"{task} ({family})"
        for family, tasks in kept.items()
        for task, rows in tasks.items()
        if scored(rows[PLAIN]["equal_time"]).beats(scored(rows[DEFAULT]["equal_time"]))
    ]
    return [
        *lines,
        f"\nRivals: {', '.join(RIVALS)}. Errors in units of plain sampling's.",
        f"Single tasks on which plain sampling beats the default at equal wall time: {'; '.join(worse) or 'none'}.",
        f"\nThe default beats every rival on {won['equal_time']} of {len(kept)} families at equal wall time and on "
        f"{won['equal_sorts']} at equal sorts, with 95% intervals that do not overlap.",
    ]


def _maps(kept: Kept) -> list[str]:
    """A table of all estimators and families for each mode."""
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


def _details(kept: Kept) -> list[str]:
    """A table of all estimators for each task."""
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


def _draw(kept: Kept) -> None:
    """Draw the maps: errors in units of plain sampling's, on a logarithmic scale of colours."""
    from matplotlib.colors import TwoSlopeNorm

    names = [one.name for one in ESTIMATORS]
    with figure(MAP, (15, 6.4), panels=2) as panels:
        for panel, (mode, words) in zip(panels, MODES.items(), strict=True):
            columns = [family_scores(tasks, mode) for tasks in kept.values()]
            ratios = [[column[name].mean if name in column else math.nan for column in columns] for name in names]
            logs = [[math.log2(each) if each > 0 else math.nan for each in row] for row in ratios]
            panel.imshow(logs, cmap="RdYlGn_r", norm=TwoSlopeNorm(0, -2, 2), aspect="auto")
            _write_cells(panel, ratios, logs)
            panel.set_title(f"{words}: error over plain sampling's (below 1 is better)", fontsize=11)
            panel.set_xticks(range(len(kept)), [textwrap.fill(family, 12) for family in kept], fontsize=8)
            panel.set_yticks(range(len(names)), names, fontsize=9)


def _write_cells(panel: Axes, ratios: list[list[float]], logs: list[list[float]]) -> None:
    """Write each ratio into its cell, the smallest of each column in bold."""
    columns = list(zip(*ratios, strict=True))
    best = [min(range(len(column)), key=lambda y, column=column: _or_inf(column[y])) for column in columns]  # type: ignore[misc]
    for y, row in enumerate(ratios):
        for x, each in enumerate(row):
            if not math.isnan(each):
                panel.text(
                    x,
                    y,
                    f"{each:.2f}",
                    ha="center",
                    va="center",
                    weight="bold" if best[x] == y else "normal",
                    color="white" if abs(logs[y][x]) > DARK else "black",
                    fontsize=9,
                )


def _or_inf(value: float) -> float:
    return math.inf if math.isnan(value) else value
