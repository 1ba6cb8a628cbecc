"""A small config of one's own."""

from __future__ import annotations

from pathlib import Path

_TEXT = """ocio_profile_version: 2
{head}roles:
  scene_linear: Light
  color_timing: Timing
  default: Light
file_rules:
  - !<Rule> {{name: Default, colorspace: default}}
displays:
  Monitor:
    - !<View> {{name: Plain, colorspace: Shown}}
colorspaces:
  - !<ColorSpace>
    name: Light
    aliases: [lin]
  - !<ColorSpace>
    name: Timing
    from_scene_reference: !<LogAffineTransform> {{base: 2, log_side_slope: 0.06, log_side_offset: 0.55, lin_side_offset: 0.005}}
  - !<ColorSpace>
    name: Film
    encoding: log
    from_scene_reference: !<LogAffineTransform> {{base: 10, log_side_slope: 0.25, log_side_offset: 0.39, lin_side_offset: 0.01}}
  - !<ColorSpace>
    name: Shown
    from_scene_reference: !<ExponentWithLinearTransform> {{gamma: 2.4, offset: 0.055, direction: inverse}}
  - !<ColorSpace>
    name: Scan
    encoding: log
    from_scene_reference: !<FileTransform> {{src: scan.spi1d}}
  - !<ColorSpace>
    name: Mask
    isdata: true
{more}"""


def own_config(place: Path, *, head: str = "", more: str = "") -> Path:
    """A config with ``Light``, two logarithms of it (``Timing`` says no encoding), ``Shown``, data, and a missing file."""
    place.write_text(_TEXT.format(head=head, more=more), encoding="utf-8")
    return place
