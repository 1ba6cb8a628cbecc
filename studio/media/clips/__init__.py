"""Video clips through PyAV: one grade on every frame, everything else kept."""

from studio.media.clips.names import CLIP_SUFFIXES, is_clip

__all__ = ["CLIP_SUFFIXES", "is_clip"]
