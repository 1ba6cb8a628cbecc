"""What is opened as a clip: nothing that leads to another file or address, and no picture beyond the bound.

Oracle of the attacks: FFmpeg itself, told nothing, follows most of them.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import av
import pytest

from reswd_torch.errors import InputError
from studio.media.clips.read import read_facts
from studio.media.images import limits
from tests.studio.media.clips.made import FRAMES, SIZE, make_clip

LISTS = {
    "HLS": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{secret}\n#EXT-X-ENDLIST\n",
    "HLS to an address": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
    "ffconcat": "ffconcat version 1.0\nfile '{secret}'\n",
    "SDP": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "DASH": (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S">'
        '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>{secret}</BaseURL>'
        "</Representation></AdaptationSet></Period></MPD>"
    ),
    "ASX": '<asx version="3.0"><entry><ref href="{secret}"/></entry></asx>',
    "RTSP": "rtsp://127.0.0.1:9/a",
    "RealText": '<window><video src="{secret}"/></window>',
}


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("suffix", [".mp4", ".ts", ".mkv"])
def test_lists_of_other_files_are_no_clips(kind: str, suffix: str, tmp_path: Path) -> None:
    secret = make_clip(tmp_path / "secret.ts", audio=False)
    path = tmp_path / f"a{suffix}"
    path.write_text(LISTS[kind].replace("{secret}", secret.name))
    with pytest.raises(InputError, match=r"this is not a video file that can be opened"):
        read_facts(path)


def test_ffmpeg_alone_would_follow_a_list(tmp_path: Path) -> None:
    secret = make_clip(tmp_path / "secret.ts", audio=False)
    (tmp_path / "a.mp4").write_text(LISTS["ffconcat"].replace("{secret}", secret.name))
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert next(container.decode(video=0)).height == SIZE[0]


@pytest.mark.parametrize(
    "name", ["concat:a.mp4", "http:a.mp4", "subfile,,start,0,end,0,,:a.mp4", "-a.mp4", "pipe:0.mp4", "a%03d.mp4"]
)
def test_a_name_is_a_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_clip(tmp_path / "made.mp4", audio=False).rename(tmp_path / name)
    assert read_facts(Path(name)).frames == FRAMES


def test_a_picture_beyond_the_bound_is_refused_before_it_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_clip(tmp_path / "a.mp4", audio=False)
    monkeypatch.setattr(limits, "OWN", replace(limits.OWN, clip_pixels=SIZE[0] * SIZE[1] - 1))
    with pytest.raises(InputError, match=r"a\.mp4: its picture of 128 x 72 pixels is larger than the 0 megapixels"):
        read_facts(path)
    monkeypatch.setattr(limits, "OWN", replace(limits.OWN, clip_pixels=SIZE[0] * SIZE[1]))
    assert read_facts(path).size == SIZE


def test_a_header_that_names_a_small_picture_does_not_hide_a_large_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_clip(tmp_path / "a.avi", "mjpeg", "yuvj420p", audio=False)
    whole = path.read_bytes()
    for at in (whole.index(b"avih") + 8 + 32, whole.index(b"strf") + 8 + 4):
        whole = whole[:at] + struct.pack("<II", 16, 16) + whole[at + 8 :]
    path.write_bytes(whole)
    monkeypatch.setattr(limits, "OWN", replace(limits.OWN, clip_pixels=100 * 72))
    with pytest.raises(InputError):
        read_facts(path)
