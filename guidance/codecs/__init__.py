"""Turning the latents that a text-to-image pipeline of diffusers samples into pixels, and back.

What ``scheduler.step`` is handed differs from family to family. Most pipelines sample the scaled latents of their VAE as a
grid; others sample a row of tokens that each hold a patch of the grid. The scale is one number, or a mean and a deviation
for each channel, or the statistics of a batch norm. A :class:`Codec` hides these differences. Nothing here imports diffusers
before a codec is used.
"""

from guidance.codecs.codec import Codec
from guidance.codecs.families import CODEC_FAMILIES, codec_for

__all__ = ["CODEC_FAMILIES", "Codec", "codec_for"]
