"""From the latents that a text-to-image pipeline of diffusers samples to pixels, and back.

What ``scheduler.step`` sees differs from family to family: most sample the scaled latents of their VAE as a grid, others
a row of tokens that each hold a patch of it, and the scale is one number, a mean and a deviation per channel, or the
statistics of a batch norm. A :class:`Codec` hides that. Nothing here imports diffusers before a codec is used.
"""

from guidance.codecs.codec import Codec
from guidance.codecs.families import FAMILIES, codec_for

__all__ = ["FAMILIES", "Codec", "codec_for"]
