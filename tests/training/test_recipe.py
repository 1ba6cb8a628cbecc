"""The steps of the recipe on tiny models: the trained parts become a folder that stock diffusers loads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from guidance.known import read_known
from guidance.loading import load_embedded
from guidance.text_to_image import Generation, generate
from tests.training.things_for_tests import THINGS
from training import autoencoder, classifier, denoiser, evaluate, export, text
from training.compose import paint_freely
from training.config import PRESETS, Config, read_config

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The recipe with every size and length as small as possible."""
    base = read_config("pocket-64", tmp_path_factory.mktemp("training") / "tiny")
    base.work.mkdir()
    return replace(
        base,
        data=replace(base.data, size=16, art_size=(12, 14), shift=1, draws=2),
        autoencoder=replace(base.autoencoder, channels=(8, 16, 16), steps=3, batch=2),
        denoiser=replace(base.denoiser, channels=(32, 32, 64), heads=(1, 2, 2), steps=3, batch=2),
        classifier=replace(base.classifier, steps=2, batch=4),
        sampling=replace(base.sampling, steps=3),
    )


@pytest.fixture(scope="module")
def model(config: Config) -> Path:
    """The exported folder. Its text encoder is the embedded model's, because tests do not download the packages."""
    with pytest.MonkeyPatch.context() as patch:
        shipped = load_embedded("cpu")
        patch.setattr(text, "load", lambda *_: (shipped.tokenizer, shipped.text_encoder))
        autoencoder.run(config, THINGS, CPU)
        denoiser.run(config, THINGS, CPU)
        place = config.work / "model"
        place.mkdir()
        (place / "README.md").write_text("written by a person")
        export.run(config, THINGS, place)
    return place


def test_stock_diffusers_loads_what_was_trained(model: Path) -> None:
    pipe = load_embedded("cpu", model)
    assert type(pipe).__name__ == "StableDiffusionPipeline"
    assert generate(pipe, Generation("a blue disc", steps=3)).size == (16, 16)
    assert read_known(model).names == ("disc", "box", "bar")
    assert (model / "README.md").read_text() == "written by a person", "what people put there stays"
    stored = json.loads((model / "unet" / "config.json").read_text())
    assert stored["attention_head_dim"] == [1, 2, 2]


def test_latents_have_mean_0_and_deviation_1(config: Config, model: Path) -> None:
    vae = load_embedded("cpu", model).vae
    random = np.random.default_rng(5)
    pictures = np.stack([paint_freely(THINGS[k % 3], config.data, random) for k in range(48)])
    with torch.no_grad():
        latents = vae.encode(torch.from_numpy(pictures).permute(0, 3, 1, 2) * 2 - 1).latent_dist.mean
    assert latents.mean((0, 2, 3)).abs().max() < 0.3
    assert (latents.std((0, 2, 3)) - 1).abs().max() < 0.3


def test_normalising_changes_the_latents_and_not_the_pictures(config: Config) -> None:
    torch.manual_seed(1)
    vae = autoencoder.build(config).eval()
    picture = torch.rand(1, 3, 16, 16) * 2 - 1
    with torch.no_grad():
        posterior = vae.encode(picture).latent_dist
        before, means, noise = vae.decode(posterior.mean).sample, posterior.mean, posterior.std
        autoencoder._normalise(vae, THINGS, config, CPU, kept=0)
        posterior = vae.encode(picture).latent_dist
        after = vae.decode(posterior.mean).sample
    assert torch.allclose(before, after, atol=1e-4)
    slope = posterior.mean.std((2, 3), keepdim=True) / means.std((2, 3), keepdim=True)
    assert torch.allclose(posterior.std, noise * slope, rtol=1e-3), "the noise is scaled as the latents are"


def test_examples_are_encoded_once(config: Config, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "load", lambda *_: pytest.fail("encoded again"))
    examples = denoiser.prepare(config, THINGS, CPU)
    assert len(examples.latents) == len(THINGS) * config.data.draws
    assert examples.captions[0] == ""
    assert len(examples.states) == len(examples.captions) > int(examples.caption_of.max())
    assert int(examples.caption_of.min()) > 0, "no example is without words"


def test_the_evaluation_measures_and_draws(config: Config, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers of a model that is hardly trained are bad, and the evaluation says so."""
    prompts = evaluate.training_captions
    monkeypatch.setattr(evaluate, "training_captions", lambda paper, count, seed: prompts(paper, min(count, 24), seed))
    pairs = evaluate._pairs
    monkeypatch.setattr(evaluate, "_pairs", lambda paper, kind, unseen, count: pairs(paper, kind, unseen, 3))
    monkeypatch.setattr(evaluate, "_AUGMENTED", 40)
    monkeypatch.setattr(evaluate, "sheet_prompts", lambda paper: prompts(paper, 24, 1))
    numbers = evaluate.run(config, THINGS, model, CPU)
    text = (model / "evaluation.json").read_text()
    assert text == json.dumps(numbers, indent=1) + "\n"
    written = json.loads(text)
    assert set(written["bars"]) == set(evaluate.BARS)
    assert written["bars"]["retrieval_top1"].startswith("missed") or numbers["retrieval_top1"] > 0.75
    assert numbers["autoencoder_delta_e"] > 3
    assert written["bars"]["autoencoder_delta_e"].startswith("missed")
    for name in ("reader.webp", "contact.webp", "nearest.webp", "curves.png"):
        assert (model / name).stat().st_size > 1000


def test_the_classifier_learns(tmp_path: Path) -> None:
    base = read_config("pocket-64", tmp_path)
    judge = classifier.run(replace(base, classifier=replace(base.classifier, steps=40, batch=24)), THINGS, CPU)
    pictures, wanted = classifier.batch(THINGS, 60, np.random.default_rng(9))
    assert (classifier.ranks(judge, pictures, wanted) == 0).float().mean() > 0.6


def test_sizes_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "large.bin").write_bytes(b"0" * 2000)
    monkeypatch.setattr(export, "MAX_FILE_BYTES", 1000)
    with pytest.raises(ValueError, match=r"large\.bin"):
        export.check_sizes(tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(export, "MAX_TOTAL_BYTES", 1000)
    with pytest.raises(ValueError, match="at most"):
        export.check_sizes(tmp_path)


@pytest.mark.parametrize("preset", list(PRESETS))
def test_presets_build_parts_that_fit_together(preset: str) -> None:
    config = read_config(preset)
    vae, unet = autoencoder.build(config).eval(), denoiser.build(config).eval()
    picture = torch.zeros(1, 3, config.data.size, config.data.size)
    with torch.no_grad():
        latents = vae.encode(picture).latent_dist.mean
        assert latents.shape[-1] == unet.config["sample_size"]
        assert unet(latents, 10, torch.zeros(1, text.TOKENS, 384)).sample.shape == latents.shape
        assert vae.decode(latents).sample.shape == picture.shape


def test_synonyms_of_the_evaluation_are_fixed_and_those_held_out_are_not_among_them() -> None:
    trained = evaluate.synonyms(THINGS, trained=True)
    assert trained == evaluate.synonyms(THINGS, trained=True) == [("ball", 0)]
    assert evaluate.synonyms(THINGS, trained=False) == [("orb", 0)]
