"""Which spaces a match is between: what jobs carry and records keep."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SpaceChoice:
    """Colour spaces of a match, by the names that the config spells. :func:`choose_spaces` makes one that is in order.

    Attributes:
        config: a config's file, or the address of a built-in one, such as ``ocio://studio-config-v2.2.0_aces-v1.3_ocio-v2.4``.
        source: the space of the source's code values.
        target: that of the reference's; None where the reference is what its file says, such as a picture in sRGB.
        output: the space of the result's code values.
        working: the space in which the grade is applied and saved.
    """

    config: str
    source: str
    target: str | None
    output: str
    working: str

    @property
    def is_built_in(self) -> bool:
        """Whether the config is one of OpenColorIO's own, which has no file."""
        return self.config.startswith("ocio://")

    @property
    def keeps_space(self) -> bool:
        """Whether the result is in the space of the source."""
        return self.output == self.source

    def in_words(self) -> str:
        """One line for people: what is graded where."""
        ends = f"in {self.source}" if self.keeps_space else f"from {self.source} to {self.output}"
        return f"{ends}, graded in {self.working}"
