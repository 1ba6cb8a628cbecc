"""The blind comparison: sheets tell no names, sides are balanced, and answers are counted rightly."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.guidance.blind import QUESTIONS, drawn_pairs, interval, main, score_table, scores, sheet, write_sheets

OURS, RIVALS = "ours-by-name", ("rival-one", "rival-two", "rival-three")


def _pictures(names: tuple[str, ...], prompts: int = 4, references: int = 2) -> dict[str, list[list[Image.Image]]]:
    """A flat picture for each scheme, reference and prompt, whatever the schemes are called."""
    return {
        name: [
            [Image.new("RGB", (64, 64), (60 * number, 40 * prompt, 90 * reference)) for prompt in range(prompts)]
            for reference in range(references)
        ]
        for number, name in enumerate(names)
    }


def _written(place: Path, names: tuple[str, ...], seed: int = 3) -> dict[str, bytes]:
    ours, *rivals = names
    references = [Image.new("RGB", (300, 200), "navy"), Image.new("RGB", (100, 200), "olive")]
    pairs = drawn_pairs(ours, rivals, 12, 4, 2, seed)
    write_sheets(place, pairs, _pictures(names), references, ours)
    return {each.name: each.read_bytes() for each in place.glob("*.png")}


def test_sheets_tell_no_names(tmp_path: Path) -> None:
    names = (OURS, *RIVALS)
    sheets = _written(tmp_path / "one", names)
    assert len(sheets) == 12
    for name, held in sheets.items():
        assert not any(each in name or each.encode() in held for each in names)
        with Image.open(tmp_path / "one" / name) as opened:
            assert opened.info == {}
    # Under other names the same sheets come out, byte for byte.
    assert _written(tmp_path / "two", ("w", "x", "y", "z")) == sheets


def test_answers_tell_no_names_and_are_empty(tmp_path: Path) -> None:
    _written(tmp_path, (OURS, *RIVALS))
    text = (tmp_path / "answers.json").read_text(encoding="utf-8")
    assert not any(each in text for each in (OURS, *RIVALS))
    answers = json.loads(text)
    assert [each["sheet"] for each in answers] == [f"pair-{k:03d}.png" for k in range(1, 13)]
    assert all(each[question] == "" for each in answers for question in QUESTIONS)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("count", [3, 13, 60])
def test_sides_and_rivals_are_balanced(seed: int, count: int) -> None:
    pairs = drawn_pairs(OURS, RIVALS, count, 8, 8, seed)
    assert len(pairs) == count
    many = Counter(pair.rival_of(OURS) for pair in pairs)
    assert max(many.values()) - min(many[rival] for rival in RIVALS) <= 1
    for rival in RIVALS:
        sides = [pair.A == OURS for pair in pairs if pair.rival_of(OURS) == rival]
        assert abs(2 * sum(sides) - len(sides)) <= 1


def test_sides_and_order_cannot_be_guessed() -> None:
    pairs = drawn_pairs(OURS, RIVALS, 60, 8, 8, 0)
    sides = [pair.A == OURS for pair in pairs]
    assert sides != [pair.A == OURS for pair in drawn_pairs(OURS, RIVALS, 60, 8, 8, 1)]
    assert 15 < sum(one != other for one, other in zip(sides, sides[1:], strict=False)) < 45
    assert pairs == drawn_pairs(OURS, RIVALS, 60, 8, 8, 0)
    assert len({(pair.rival_of(OURS), pair.prompt, pair.reference) for pair in pairs}) == 60


def test_a_sheet_shows_the_pictures_unsmoothed_where_the_key_says() -> None:
    board = np.indices((64, 64)).sum(0) % 2
    first = Image.fromarray(np.stack([255 * board, 0 * board, 0 * board], 2).astype(np.uint8))
    second = Image.new("RGB", (64, 64), (0, 0, 255))
    made = np.asarray(sheet(Image.new("RGB", (30, 20), (0, 255, 0)), first, second))
    height, width = made.shape[:2]
    below, left, right = made[height // 2 :], made[:, : width // 2], made[:, width // 2 :]
    red, blue, green = (np.array(each) for each in ((255, 0, 0), (0, 0, 255), (0, 255, 0)))
    assert (below[:, : width // 2] == red).all(2).sum() == (left == red).all(2).sum() == 64 * 64 // 2 * 36
    assert (right == blue).all(2).sum() == 64 * 64 * 36 and not (left == blue).all(2).any()
    assert (made[: height // 2] == green).all(2).any() and not (below == green).all(2).any()


def _key() -> dict[str, object]:
    sides = [(OURS, "x"), ("x", OURS), (OURS, "x"), ("x", OURS), (OURS, "y")]
    pairs = [{"sheet": f"{k}.png", "A": a, "B": b, "prompt": 0, "reference": 0} for k, (a, b) in enumerate(sides)]
    return {"ours": OURS, "pairs": pairs}


def _answers(first: str, second: str = "     ") -> list[dict[str, str]]:
    each = zip(first, second, strict=True)
    return [{"sheet": f"{k}.png", **dict(zip(QUESTIONS, both, strict=True))} for k, both in enumerate(each)]


def test_scores_follow_the_key_and_not_the_side() -> None:
    found = scores(_key(), _answers("AAAB ", "ab b "))
    follows, looks = (found["x"][question] for question in QUESTIONS)
    assert (follows.preferred, follows.answered) == (3, 4)  # A, A (theirs), A, B
    assert (looks.preferred, looks.answered) == (3, 3)
    assert found["y"][QUESTIONS[0]].answered == 0
    table = score_table(found)
    assert "75% (30% to 95%; 4 answers)" in table and "| y | - | - |" in table


@pytest.mark.parametrize(
    ("preferred", "answered", "low", "high"),
    [(0, 0, 0.0, 1.0), (0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_interval_is_wilsons(preferred: int, answered: int, low: float, high: float) -> None:
    """The last one is R. G. Newcombe's example ("Two-sided confidence intervals for the single proportion", 1998, table I)."""
    assert interval(preferred, answered) == pytest.approx((low, high), abs=1e-4)


def test_answers_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match=r"1\.png.*'C' is no answer"):
        scores(_key(), _answers("ACA  "))
    with pytest.raises(ValueError, match="is answered twice"):
        scores(_key(), [*_answers("A    "), *_answers("A    ")])
    with pytest.raises(ValueError, match=r"other\.png is not in the key"):
        scores(_key(), [{"sheet": "other.png"}])


def test_the_command_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, record in {"key": _key(), "answers": _answers("ABABA")}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(record), encoding="utf-8")
    main(["--score", str(tmp_path / "key.json"), str(tmp_path / "answers.json")])
    assert "| x | 100% (51% to 100%; 4 answers)" in capsys.readouterr().out


def test_a_folder_with_answers_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "answers.json").write_text("kept", encoding="utf-8")
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--pairs", "2"])
    assert "is not empty" in capsys.readouterr().err
    assert (tmp_path / "answers.json").read_text(encoding="utf-8") == "kept"
