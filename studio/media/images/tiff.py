"""TIFF files: tifffile decodes what it can by itself, OpenCV 16-bit LZW and the like, and Pillow all others of up to 8 bits."""

from __future__ import annotations

import io
import logging
import struct
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.opencv import quiet_opencv
from studio.media.images.chatter import without_libtiff
from studio.media.images.colours import COLOUR_TAGS, colours_of_tiff
from studio.media.images.decode import convert, grey, open_pillow, pillow_limit
from studio.media.images.exact import straighten, unusable
from studio.media.images.metadata import CREDENTIALS, DESCRIPTIVE_TAGS, EXIF_IFD, GPS_IFD, tiff_exif, upright_xmp
from studio.media.images.picture import Container, Decoded
from studio.media.images.refuse import check_bytes, check_size, damaged
from studio.media.images.scene import encoding_of_floats
from studio.media.images.tiff_layouts import is_unusual, structure_only, undone
from studio.media.images.xmp import whole_xmp

if TYPE_CHECKING:
    from tifffile import TiffPage

_OWN_CODECS = (1, 8, 32946, 32773, 34925)
"""Compressions that tifffile reads without a codec package: none, deflate (which has two numbers), PackBits and LZMA."""
_LZW = 5
_MOST_PARTS = 500_000  # strips or tiles: each takes some 20 microseconds, whatever it holds
_WITHOUT_MODEL = (0, 1, 2, 3, 6)
"""Photometric interpretations whose colours the tags of TIFF 6.0's section 20 describe: grey, RGB, palettes, Y'CbCr."""
_LOST = (
    ((37724,), "Photoshop layers are not kept"),
    ((33550, 33922, 34264, 34735), "GeoTIFF's place on the map is left out"),  # OGC 19-008r4, annex B
    ((52545,), CREDENTIALS),
)
"""Tags whose contents are not written again, and what to say of them."""
OF_FLOATS = "floats"
"""Why a float TIFF that embeds no profile is taken as linear light; none is written then, as none was there."""
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_ASSOCIATED, _STRAIGHT = 1, 2
# tifffile does not write the two directory tags. Their entries are written under unused numbers that sort to the same places,
# and are renamed afterwards.
_PLACEHOLDERS = {EXIF_IFD: 34666, GPS_IFD: 34852}

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # a user can do nothing about its remarks on odd tags


def decode_tiff(path: Path, max_pixels: int, *, floats: bool = True, grey_as_is: bool = False) -> Decoded:
    """Decode the first page of a TIFF with 1 to 16 bits per channel, or with floats of 16 or 32 bits.

    Args:
        path: the file.
        max_pixels: the largest number of pixels that is read; the size is checked first.
        floats: whether floats are read, too.
        grey_as_is: leave grey values as they are even where a grey profile is embedded: masks are numbers, not colours.

    Raises:
        InputError: the picture is too large or damaged, holds numbers that are not read, or is a DNG.
    """
    import tifffile

    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        if not isinstance(page, tifffile.TiffPage):  # pragma: no cover - only for series reopened from frames
            raise damaged(path)
        check_size(path, page.imagewidth, page.imagelength, max_pixels)
        check_bytes(
            path, page.imagewidth * page.imagelength, page.samplesperpixel, max(8, page.bitspersample), max_pixels
        )
        _refuse_unreadable(path, page, floats)
        container, icc, notes = _describe(path, page)
        of_floats = page.dtype is not None and page.dtype.kind == "f"
        if of_floats and icc is None:
            encoding = encoding_of_floats()
            icc, notes = encoding.icc, notes + list(encoding.notes)
            container = replace(container, colour_tag=OF_FLOATS, assumed=encoding.notes)
        elif of_floats:
            container = replace(container, hdr=colours_of_tiff(path, icc, None, {}).hdr)
        elif page.photometric in _WITHOUT_MODEL and not grey_as_is and not of_floats:
            colours = colours_of_tiff(
                path, icc, container.exif, {code: page.tags[code].value for code in COLOUR_TAGS if code in page.tags}
            )
            icc, notes = colours.icc, notes + list(colours.notes)
            container = replace(container, colour_tag=colours.tag, hdr=colours.hdr)
        pages = len(file.pages)
        if pages > 1:
            notes.append(f"first of {pages} pages")
        orientation = _number(page, 274, 1)
        kind, bits = page.photometric, page.bitspersample
        plain = kind in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB)
        if of_floats:
            values = _floats(path, page)
        elif plain and bits in (8, 16) and page.compression in _OWN_CODECS:
            values = page.asarray()
            values = np.moveaxis(values, 0, -1) if page.axes.startswith("S") else values
        elif plain and (bits == 16 or (bits == 8 and is_unusual(page))):
            values = _through_opencv(path, page)
        else:
            return _through_pillow(path, page, container, icc, notes, grey_as_is)
    if kind == _WHITE_IS_ZERO:
        values = np.invert(values)
    decoded = _planes(values, kind, page, container, icc, grey_as_is)
    decoded.orientation = orientation if 1 <= orientation <= 8 else 1
    decoded.notes = notes + decoded.notes
    return decoded


def _floats(path: Path, page: TiffPage) -> np.ndarray:
    """Decode floats, (H, W) or (H, W, S): by tifffile where it can by itself, else by OpenImageIO.

    Raises:
        InputError: OpenImageIO is needed and not installed, or the file is damaged.
    """
    if page.compression in _OWN_CODECS and page.predictor == 1:
        values = page.asarray()
        return np.moveaxis(values, 0, -1) if page.axes.startswith("S") else values
    from studio.media.images.openimageio import opened

    with opened(path, "tiff", UnassociatedAlpha=1) as reader:  # else it multiplies straight colours by alpha
        spec = reader.spec()
        if (spec.height, spec.width, spec.nchannels) != (page.imagelength, page.imagewidth, page.samplesperpixel):
            raise damaged(path)
        form = "half" if page.bitspersample == 16 else "float"
        read = reader.read_image(0, 0, 0, spec.nchannels, form)
    if read is None:
        raise damaged(path)
    return np.asarray(read)[..., 0] if spec.nchannels == 1 else np.asarray(read)


def _refuse_unreadable(path: Path, page: TiffPage, floats: bool) -> None:
    """Refuse pages that are cut short, and those whose samples do not fit into a picture.

    Raises:
        InputError: in these cases.
    """
    if (
        50706 in page.tags
    ):  # in a BigTIFF, which DNG 1.7 allows and LibRaw does not read; its first picture is a small one
        raise InputError(f"{path}: LibRaw does not develop a DNG of this kind: develop it and save a 16-bit TIFF first")
    if 262 not in page.tags:
        raise InputError(
            f"{path}: the TIFF does not say what its samples mean (PhotometricInterpretation): save it again"
        )
    dtype = page.dtype
    is_float = floats and dtype is not None and dtype.kind == "f" and page.bitspersample in (16, 32)
    if is_float and page.photometric != _RGB:
        raise InputError(f"{path}: a TIFF of floats that is not RGB is not read: save it as RGB")
    if not is_float and (dtype is None or dtype.kind not in "ub" or page.bitspersample not in (1, 2, 4, 8, 16)):
        name = {"f": "floating-point", "i": "signed", "c": "complex"}.get(dtype.kind if dtype is not None else "", "")
        raise InputError(
            f"{path}: {page.bitspersample}-bit {name or 'integer'} TIFF is not read: save it as 16-bit integer RGB "
            "in a display encoding"
        )
    if page.imagedepth > 1:
        raise InputError(f"{path}: a TIFF of {page.imagedepth} slices is not read: save one of them")
    if page.photometric == _RGB and page.samplesperpixel < 3:
        raise damaged(path)
    if len(page.dataoffsets) > _MOST_PARTS:
        raise InputError(
            f"{path}: a TIFF of {len(page.dataoffsets)} strips or tiles takes too long to read: export it again"
        )
    end = path.stat().st_size
    if not any(page.databytecounts):  # a file that leaves out all its data; tifffile would fill in zeros
        raise damaged(path)
    if any(at + size > end for at, size in zip(page.dataoffsets, page.databytecounts, strict=False)):
        raise damaged(path)


def _planes(
    values: np.ndarray, kind: int, page: TiffPage, container: Container, icc: bytes | None, grey_as_is: bool
) -> Decoded:
    """Take RGB and alpha from samples, (H, W) or (H, W, S), in the order of the file; a note says if others are left out."""
    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    if values.ndim == 2:
        return grey(values, None, icc, container, as_is=grey_as_is)
    colours = 3 if kind == _RGB else 1
    extra = tuple(int(e) for e in page.extrasamples)
    if not extra and values.shape[2] == colours + 1:
        extra = (_STRAIGHT,)  # most programs that add one channel and do not say what it is mean alpha
    place = next((i for i, e in enumerate(extra) if e in (_ASSOCIATED, _STRAIGHT)), None)
    alpha = None if place is None else np.ascontiguousarray(values[..., colours + place])
    notes = ["extra channel left out"] if values.shape[2] - colours > (alpha is not None) else []
    if colours == 1:
        decoded = grey(np.ascontiguousarray(values[..., 0]), alpha, icc, container, as_is=grey_as_is)
    else:
        decoded = Decoded(np.ascontiguousarray(values[..., :3]), alpha, icc, container)
    if decoded.pixels.dtype.kind == "f":
        bad = unusable(decoded.pixels)
        notes += [bad] if bad else []
        associated = place is not None and extra[place] == _ASSOCIATED
        decoded.container = replace(container, associated=associated)
    elif place is not None and alpha is not None and extra[place] == _ASSOCIATED:
        decoded.pixels = straighten(decoded.pixels, alpha)
        notes.append("premultiplied alpha read as straight")
    decoded.notes += notes
    return decoded


def _through_opencv(path: Path, page: TiffPage) -> np.ndarray:
    """Decode samples in a compression that tifffile needs a codec package for, such as LZW.

    Returns:
        (H, W) or (H, W, C) in the depth and the order of the file, not turned upright.

    Raises:
        InputError: the file is damaged.
    """
    if page.compression != _LZW or page.planarconfig != 1 or page.samplesperpixel not in (1, 3, 4):
        return undone(path, page, _grey_plane)
    cv2 = quiet_opencv()
    data = bytearray(path.read_bytes())
    if 274 in page.tags:
        # OpenCV always turns TIFFs upright and fails on quarter turns of 16-bit ones, so it is shown orientation 1.
        struct.pack_into(page.parent.byteorder + "H", data, page.tags[274].valueoffset, 1)
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.shape[:2] != (page.imagelength, page.imagewidth):
        raise damaged(path)
    if values.ndim == 2:
        return values
    return cv2.cvtColor(values, cv2.COLOR_BGR2RGB if values.shape[2] == 3 else cv2.COLOR_BGRA2RGBA)


def _grey_plane(data: bytes) -> np.ndarray:
    """What Pillow decodes a TIFF of one grey plane to, (H, W) uint8 or uint16. It raises errors of many types."""
    with pillow_limit(inf), without_libtiff(), open_pillow(io.BytesIO(data), ("TIFF",)) as image:
        image.load()
        values = np.array(image)
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _through_pillow(
    path: Path, page: TiffPage, container: Container, icc: bytes | None, notes: list[str], grey_as_is: bool
) -> Decoded:
    """Decode palettes, CMYK, Lab, YCbCr, and 1 to 8 bits in any compression. Pillow turns TIFF pixels upright by itself."""
    stream = io.BytesIO(structure_only(path, page))
    with pillow_limit(inf), without_libtiff(), open_pillow(stream, ("TIFF",)) as image:
        # Pillow's size is turned with the picture. A tag that is there twice would hide another one than was checked.
        if sorted(image.size) != sorted((page.imagewidth, page.imagelength)):
            raise damaged(path)
        image.load()
        if icc is not None:
            image.info["icc_profile"] = icc
        decoded = convert(image, container, grey_as_is=grey_as_is)
    decoded.notes = (
        notes + decoded.notes + (["16-bit CMYK or Lab read with 8 bits"] if page.bitspersample == 16 else [])
    )
    return decoded


def _describe(path: Path, page: TiffPage) -> tuple[Container, bytes | None, list[str]]:
    """What the page holds beside its pixels, its profile, and notes on what is not kept."""
    unit = {2: 1.0, 3: 2.54}.get(_number(page, 296, 2))
    dpi = None
    if unit is not None and 282 in page.tags and 283 in page.tags:
        x, y = _ratio(page.tags[282].value), _ratio(page.tags[283].value)
        dpi = (x * unit, y * unit) if x > 1 and y > 1 else None
    container = Container(
        format="TIFF",
        exif=tiff_exif(path),
        xmp=upright_xmp(_blob(page, 700)),
        iptc=_blob(page, 33723),
        dpi=dpi,
        tiff_compression=int(page.compression),
    )
    lost = [note for tags, note in _LOST if any(code in page.tags for code in tags)]
    return container, _blob(page, 34675), lost


def _ratio(value: object) -> float:
    """A number, or numerator and denominator; 0 for anything else."""
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(each, int | float) for each in value):
        return float(value[0] / value[1]) if value[1] else 0.0
    return 0.0


def _blob(page: TiffPage, code: int) -> bytes | None:
    """A tag's value as bytes; None if it is missing or empty."""
    value = page.tags[code].value if code in page.tags else None
    if isinstance(value, str):
        return value.encode("utf-8")
    return bytes(value) or None if isinstance(value, (bytes, tuple)) else None


def _number(page: TiffPage, code: int, default: int) -> int:
    """A tag's value as an int; ``default`` if it is missing or no int."""
    value = page.tags[code].value if code in page.tags else default
    return int(value) if isinstance(value, int) else default


def write_tiff(
    path: Path, pixels: np.ndarray, alpha: np.ndarray | None, icc: bytes | None, container: Container
) -> None:
    """Write a TIFF with the source's profile, EXIF, XMP, IPTC and resolution, compressed by deflate unless the source was not.

    Args:
        path: where the file goes; anything there is replaced.
        pixels: (H, W, 3) uint8, uint16, float16 or float32, R'G'B'.
        alpha: (H, W) of the same dtype, straight unless ``container.associated``; None for an opaque picture.
        icc: the profile of the pixels; None for no tag.
        container: what the source's file held beside its pixels.

    Raises:
        OSError: the file cannot be written.
    """
    import cv2
    import tifffile

    if alpha is None:
        data = pixels
    elif pixels.dtype == np.float16:  # which OpenCV does not merge
        data = np.concatenate((pixels, alpha[..., None]), axis=2)
    else:
        data = cv2.merge((*cv2.split(pixels), alpha))
    packed = not (container.format == "TIFF" and container.tiff_compression == 1)
    of_floats = pixels.dtype.kind == "f"
    tags, directories = _exif_tags(container.exif)
    for code, blob in ((700, whole_xmp(container)), (33723, container.iptc)):
        if blob:
            tags.append((code, 7 if code == 33723 else 1, len(blob), blob, True))
    tifffile.imwrite(
        path,
        data,
        byteorder="<",
        photometric="rgb",
        compression="zlib" if packed else None,
        compressionargs={"level": 4} if packed else None,  # six times as fast as the usual level 6, and 6 % more bytes
        predictor=packed and not of_floats,  # that of integers; tifffile has none for floats
        extrasamples=None if alpha is None else ["assocalpha" if container.associated else "unassalpha"],
        iccprofile=None if container.colour_tag == OF_FLOATS else icc,
        resolution=container.dpi,
        resolutionunit="INCH" if container.dpi else None,
        metadata=None,
        software=False,
        extratags=tags,
    )
    if directories:
        _append_directories(path, directories)


def _exif_tags(exif: bytes | None) -> tuple[list[tuple[Any, ...]], dict[int, dict[int, Any]]]:
    """An EXIF block as tags for tifffile, and the directories that are to be appended to the file, by their own tags."""
    from PIL import Image

    tags: list[tuple[Any, ...]] = []
    directories: dict[int, dict[int, Any]] = {}
    if not exif:
        return tags, directories
    record = Image.Exif()
    record.load(exif)
    for code in DESCRIPTIVE_TAGS:
        if isinstance(text := record.get(code), str) and text:
            tags.append((code, 2, None, text.encode("utf-8"), True))
    for code, placeholder in _PLACEHOLDERS.items():
        inner = {k: v for k, v in record.get_ifd(code).items() if k != 0xA005}  # a pointer into the old file
        if inner:
            directories[code] = inner
            tags.append((placeholder, 4, 1, 0, True))
    return tags, directories


def _append_directories(path: Path, directories: dict[int, dict[int, Any]]) -> None:
    """Append each EXIF directory to a little-endian TIFF and point its placeholder tag at it."""
    import tifffile
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    with tifffile.TiffFile(path) as file:
        places = {code: file.pages.first.tags[_PLACEHOLDERS[code]].offset for code in directories}
    with path.open("r+b") as stream:
        for code, inner in directories.items():
            directory = ImageFileDirectory_v2(prefix=b"II")
            for key, value in inner.items():
                directory[key] = value
            at = stream.seek(0, 2)
            stream.write(b"\0" * (at % 2))
            at += at % 2
            stream.write(directory.tobytes(at))
            stream.seek(places[code])
            stream.write(struct.pack("<HHII", code, 4, 1, at))
