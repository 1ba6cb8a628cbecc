"""OpenCV as the project uses it: any version from 4.10 on, headless or not, and quiet."""

from __future__ import annotations

from types import ModuleType


def quiet_opencv() -> ModuleType:
    """Import OpenCV with its log switched off: a decoder that fails returns no array, and the caller raises the error."""
    import cv2

    if hasattr(cv2, "setLogLevel"):  # until 4.x
        cv2.setLogLevel(0)
    else:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    return cv2
