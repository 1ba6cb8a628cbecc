"""What is read of a clip: turns, facts, frames and packets in order, and how far it is whole."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from studio.media.clips.open import opened, picture_stream
from studio.media.clips.read import Damage, Turn, events, is_packet, read_facts
from tests.studio.media.clips.made import FRAMES, RATE, SIZE, make_clip


def test_turns() -> None:
    stored = np.arange(2 * 3 * 3).reshape(2, 3, 3)
    assert Turn().is_none and np.array_equal(Turn().applied(stored), stored)
    quarter = Turn(transposed=True, mirrored=True)  # clockwise
    assert not quarter.is_none and np.array_equal(quarter.applied(stored), np.rot90(stored, -1))
    assert np.array_equal(Turn(mirrored=True, flipped=True).applied(stored), np.rot90(stored, 2))


def test_facts(tmp_path: Path) -> None:
    facts = read_facts(make_clip(tmp_path / "a.mp4", rotation=90))
    assert (facts.codec, facts.pixel_format, facts.bits, facts.frames) == ("h264", "yuv420p", 8, FRAMES)
    assert (facts.size, facts.upright_size, facts.rate) == (SIZE, SIZE[::-1], RATE)
    assert facts.seconds == pytest.approx(FRAMES / RATE) and facts.tags.name == "Rec.709 video"
    assert not facts.interlaced and facts.turn.transposed


def test_frames_and_packets_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    path, damage = make_clip(tmp_path / "a.mkv"), Damage()
    with opened(path) as container:
        found = list(events(container, picture_stream(container, path), list(container.streams.audio), damage))
    kinds = [is_packet(one) for one in found]
    assert kinds.count(False) == damage.frames == FRAMES and kinds.count(True) > 10
    assert kinds not in (sorted(kinds), sorted(kinds, reverse=True))  # they alternate
    assert damage.end == pytest.approx(FRAMES / RATE) and damage.broken_at(read_facts(path)) is None


def test_frames_without_a_time_of_their_own_follow_each_other(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.h264", audio=False)  # a bare stream, which holds no times
    with opened(path) as container:
        stream = picture_stream(container, path)
        times = [frame.pts for frame in events(container, stream, [], Damage())]
    assert len(times) == FRAMES and times == sorted(set(times))


def test_where_a_clip_breaks_off(tmp_path: Path) -> None:
    facts = replace(read_facts(make_clip(tmp_path / "a.mp4")), seconds=10.0, rate=Fraction(25))
    assert Damage(frames=250, end=10.0).broken_at(facts) is None
    assert Damage(frames=249, end=9.95).broken_at(facts) is None  # headers round
    assert Damage(frames=100, end=4.0).broken_at(facts) == 4.0
    assert Damage(frames=100, lost=3, first=2.0, end=10.0).broken_at(facts) == 2.0
    unsaid = replace(facts, seconds=None, whole_seconds=10.0)
    assert (
        Damage(frames=100, end=4.0, last_packet=10.0).broken_at(unsaid) is None
    )  # the picture is shorter than the sound
    assert Damage(frames=100, end=4.0, last_packet=4.0).broken_at(unsaid) == 4.0
