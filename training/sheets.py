"""Pictures that show how good the model is: sheets of samples, and the curves of the losses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from training.config import Config

_INK, _PAPER = "#1d1d1f", "#ffffff"
_WORDS = 13  # height of the letters, pixels


def to_image(picture: Tensor) -> Image.Image:
    """A picture (3, height, width), 0..1, as an image of 8 bits."""
    return Image.fromarray((picture.permute(1, 2, 0).clamp(0, 1).numpy() * 255).round().astype(np.uint8))


def sheet(rows: list[list[Tensor]], labels: list[list[str]], edge: int) -> Image.Image:
    """Lay out pictures in rows, each with its words below it.

    Args:
        rows: pictures (3, height, width), 0..1.
        labels: the words of each, in the same rows; two lines of them have room.
        edge: height and width at which a picture is shown, pixels.
    """
    font = ImageFont.load_default(_WORDS)
    gap, below = 8, 2 * _WORDS + 8
    width = max(map(len, rows)) * (edge + gap) + gap
    page = Image.new("RGB", (width, len(rows) * (edge + below + gap) + gap), _PAPER)
    pen = ImageDraw.Draw(page)
    for row, (pictures, words) in enumerate(zip(rows, labels, strict=True)):
        for column, (picture, line) in enumerate(zip(pictures, words, strict=True)):
            left, top = gap + column * (edge + gap), gap + row * (edge + below + gap)
            page.paste(to_image(picture).resize((edge, edge), Image.Resampling.LANCZOS), (left, top))
            pen.multiline_text((left, top + edge + 2), _wrap(line, font, edge, pen), fill=_INK, font=font, spacing=1)
    return page


def _wrap(line: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, width: int, pen: ImageDraw.ImageDraw) -> str:
    """Words broken into lines of at most ``width`` pixels; what does not fit into two lines is left out."""
    lines = [""]
    for word in line.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and pen.textlength(longer, font=font) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines[:2])


def draw_curves(config: Config, place: Path) -> None:
    """Draw the losses that the logs in ``<work>`` record, in one panel for each model."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    logs = [
        log
        for name in ("autoencoder", "denoiser", "classifier")
        if (log := config.work / f"{name}.log.jsonl").is_file()
    ]
    figure, axes = pyplot.subplots(1, len(logs), figsize=(4 * len(logs), 3), layout="constrained", squeeze=False)
    for axis, log in zip(axes[0], logs, strict=True):
        lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        steps, losses = [line["step"] for line in lines], [line["loss"] for line in lines]
        width = max(1, len(losses) // 40)
        smooth = np.convolve(losses, np.ones(width) / width, mode="valid")
        axis.plot(steps, losses, color="#c9d3e6", linewidth=1)
        axis.plot(steps[width - 1 :], smooth, color="#2a66d8", linewidth=1.6)
        axis.set(title=log.name.split(".")[0], xlabel="step", ylabel="loss", yscale="log")
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(place, dpi=110)
    pyplot.close(figure)
