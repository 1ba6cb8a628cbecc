"""The experiment on aligned tokenizers, with everything as small and short as possible: it runs, resumes and compares fairly."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from guidance.loading import load_embedded
from tests.training.things_for_tests import THINGS
from training import alignment, classifier, text
from training.config import read_config

CPU = torch.device("cpu")


def test_both_tokenizers_and_their_denoisers_are_trained_and_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = load_embedded("cpu")
    monkeypatch.setattr(text, "load", lambda *_: (shipped.tokenizer, shipped.text_encoder))
    monkeypatch.setattr(alignment, "SEEDS", (1,))
    monkeypatch.setattr(alignment, "TOKENIZER_STEPS", (1, 2, 1))
    monkeypatch.setattr(alignment, "DENOISER_STEPS", 2)
    monkeypatch.setattr(alignment, "MEASURED_EVERY", 1)
    monkeypatch.setattr(alignment, "DRAWS", 1)
    base = read_config("pocket-64", tmp_path)
    config = replace(
        base,
        denoiser=replace(base.denoiser, channels=(32, 32, 64), heads=(1, 2, 2), batch=2),
        classifier=replace(base.classifier, steps=2, batch=4),
    )
    found = alignment.run(config, THINGS, CPU)
    assert found == json.loads((tmp_path / "alignment" / "alignment.json").read_text())
    for kind in alignment.KINDS:
        rows = found[f"{kind}, seed 1"]
        assert isinstance(rows, list)
        assert [row["steps"] for row in rows] == [1, 2]
        assert all(0 <= row["top1"] <= row["top5"] == 1 for row in rows), "three objects are all among the first five"
    aligned, free = (torch.load(tmp_path / "alignment" / f"examples-{kind}.pt") for kind in alignment.KINDS)
    assert aligned["captions"] == free["captions"], "both see the same pictures"
    assert torch.equal(aligned["caption_of"], free["caption_of"])
    assert not torch.equal(aligned["latents"], free["latents"])
    assert alignment.run(config, THINGS, CPU) == found, "what was measured is read"


def test_latents_are_an_eighth_as_wide_and_decode_to_the_size_of_the_picture() -> None:
    torch.manual_seed(0)
    small = alignment._small(read_config("pocket-128"))
    tokenizer = alignment.Tokenizer(classifier.Classifier(3), small)
    latents = tokenizer.encode(torch.zeros(1, 3, alignment.SIZE, alignment.SIZE))
    assert latents.shape == (1, alignment.CHANNELS, alignment.SIZE // 8, alignment.SIZE // 8)
    assert tokenizer.decode(latents).shape == (1, 3, alignment.SIZE, alignment.SIZE)
