"""OpenImageIO, which reads and writes EXR and DPX: an optional package, imported when the first such file is met."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from reswd_torch.errors import InputError
from studio.media.images.refuse import damaged


def openimageio(path: Path) -> ModuleType:
    """Import OpenImageIO, with as many threads as this program may have.

    Args:
        path: the file that needs it, for the message.

    Raises:
        InputError: the package is not installed (the message names the extra that installs it), or it cannot be given this name.
    """
    try:
        import OpenImageIO
    except ImportError as error:
        what = {".exr": "EXR", ".dpx": "DPX"}.get(path.suffix.lower(), "this picture")
        raise InputError(f'{path}: {what} needs one more package: pip install "reswd-studio[vfx]"') from error
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(f"{path}: its name is not UTF-8, which OpenImageIO needs: rename it first") from error
    from reswd_torch.threads import allowed  # which loads PyTorch

    for name in ("threads", "exr_threads"):
        OpenImageIO.attribute(name, allowed())
    return OpenImageIO


@contextmanager
def opened(path: Path, form: str, **hints: int) -> Iterator[Any]:
    """OpenImageIO's reader of a file, whatever the file is called.

    Args:
        path: the file.
        form: OpenImageIO's name of its format.
        hints: its hints to the reader, without their prefix ``oiio:``.

    Raises:
        InputError: the package is missing, or the file is damaged.
    """
    oiio = openimageio(path)
    config = oiio.ImageSpec()
    for name, value in hints.items():
        config.attribute(f"oiio:{name}", value)
    reader = oiio.ImageInput.open(str(path), config)
    if reader is None:
        oiio.geterror()  # it would be printed when the program ends
        raise damaged(path)
    try:
        if reader.format_name() != form:  # its name says another one, whose decoder took it
            raise damaged(path)
        yield reader
    finally:
        reader.close()


@contextmanager
def opened_to_write(path: Path, form: str, specs: tuple[Any, ...]) -> Iterator[Any]:
    """OpenImageIO's writer into a file, with its first part begun.

    Args:
        path: where the file goes; anything there is replaced.
        form: OpenImageIO's name of the format.
        specs: an ``ImageSpec`` for each part.

    Raises:
        OSError: the file cannot be written.
    """
    oiio = openimageio(path)
    writer = oiio.ImageOutput.create(form)
    if not (writer.open(str(path), specs) if len(specs) > 1 else writer.open(str(path), specs[0])):
        raise failed(writer)
    try:
        yield writer
    except BaseException:
        writer.close()
        raise
    if not writer.close():
        raise failed(writer)


def failed(writer: Any) -> OSError:
    """The error for what a writer could not do, in OpenImageIO's words."""
    return OSError(writer.geterror() or "OpenImageIO gives no reason")
