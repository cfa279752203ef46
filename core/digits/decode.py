"""From the bytes of an upload to an upright RGB picture; the only door for files that strangers send.

Nothing is written to disk and nothing larger than the limits is decoded. Every failure is one ImageError.
"""

import io
import struct
import zlib
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from core.errors import ImageError
from core.records.digit import Bytes, Picture

MAX_BYTES = 10_000_000
MAX_PIXELS = 50_000_000
WORK_SIDE = 1200
MIN_SIDE = 8
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
ALLOWED = "PNG, JPEG, WebP, BMP, GIF, TIFF or HEIC"
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_MAX_SCANS = 200
"""A progressive JPEG may repeat its scans for ever; real ones have about ten."""
_BAND = 256
_DAMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    ArithmeticError,
    MemoryError,
    RuntimeError,
    AssertionError,
    NotImplementedError,
    struct.error,
    zlib.error,
)
"""What Pillow's decoders raise on damaged files, found by fuzzing."""
_BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_TURNS = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}
_one_at_a_time = Lock()


def decode(data: bytes, filename: str = "") -> Picture:
    """Return the first frame or page of `data`, upright, at most WORK_SIDE pixels a side.

    Raises ImageError: what came, what is allowed, what to do. Thread-safe; decodes one at a time, so that
    memory stays bounded whatever many visitors send.
    """
    _check_bytes(data)
    with _one_at_a_time:
        try:
            return _decode(data, filename)
        except _BOMB:
            raise _too_many_pixels() from None
        except ImageError:
            raise
        except (*_DAMAGE, Warning) as problem:
            raise _unreadable(data, problem) from None


def _check_bytes(data: bytes) -> None:
    if not data:
        raise ImageError("The file is empty (0 bytes); choose a picture.")
    if len(data) > MAX_BYTES:
        raise ImageError(
            f"The file has {len(data) / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:.0f} MB are read. "
            "Send a smaller picture."
        )
    start = data[:256].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").lower()
    if start.startswith(b"<"):
        raise ImageError(f"The file is a web page or an SVG drawing, not a picture; send {ALLOWED}.")
    if data[:2] == b"\xff\xd8" and data.count(b"\xff\xda") > _MAX_SCANS:
        raise ImageError("The JPEG file holds too many scans to be a real picture; save it anew.")


def _too_many_pixels() -> ImageError:
    return ImageError(
        f"The picture has more than {MAX_PIXELS // 1_000_000} megapixels, the most that is read; "
        "send a smaller one."
    )


def _unreadable(data: bytes, problem: BaseException) -> ImageError:
    if isinstance(problem, UnidentifiedImageError):
        return ImageError(
            f"The file is not a picture that can be read, whatever its name says; send {ALLOWED}."
        )
    if "text chunk" in str(problem).lower() or "decompressed data too large" in str(problem).lower():
        return ImageError("The picture carries a text that unpacks to far more than its size; save it anew.")
    return ImageError(
        f"The picture is damaged or cut off ({len(data):,} bytes came); send the file again or save it anew."
    )


def _decode(data: bytes, filename: str) -> Picture:
    with Image.open(io.BytesIO(data), formats=_formats(data)) as image:
        _check_size(image)
        kind = image.format or ""
        width, height = image.size
        turn = _orientation(image)
        if kind in ("JPEG", "MPO"):
            image.draft(None, (WORK_SIDE, WORK_SIDE))
        image.load()
        small = _reduced(image)
    for step in _TURNS.get(turn, ()):
        small = small.transpose(step)
    if turn >= 5:
        width, height = height, width
    if min(small.size) < MIN_SIDE:
        raise ImageError(
            f"The picture is {width} x {height} pixels, too narrow for a digit; "
            f"at least {MIN_SIDE} a side are needed."
        )
    return Picture(pixels=_composited(small), width=width, height=height, format=kind, filename=filename)


def _formats(data: bytes) -> tuple[str, ...]:
    if data[4:8] != b"ftyp":
        return FORMATS
    if data[8:12] not in _HEIF_BRANDS:
        raise ImageError(f"The file is a film or an AVIF picture, which is not read; send {ALLOWED}.")
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        raise ImageError(
            "HEIC pictures need the package pillow-heif, which is not installed here; "
            "send the photo as JPEG, or install pillow-heif on the server."
        ) from None
    register_heif_opener(thumbnails=False)
    return ("HEIF",)


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_many_pixels()
    if min(width, height) < MIN_SIDE:
        raise ImageError(
            f"The picture is {width} x {height} pixels, too small for a digit; "
            f"at least {MIN_SIDE} a side are needed."
        )
    tags = getattr(image, "tag_v2", None)
    if tags is not None:  # a tile far larger than the page is a bomb that the page's size does not show
        tile = int(tags.get(322, 1)) * int(tags.get(323, 1))
        if tile > MAX_PIXELS:
            raise _too_many_pixels()


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except (*_DAMAGE, Warning):
        return 1


def _reduced(image: Image.Image) -> Image.Image:
    """Return RGBA at most WORK_SIDE a side, made band by band: converting the whole costs 4 bytes a pixel."""
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bit(image)
    elif image.mode == "LAB":
        image = image.getchannel(0)
    width, height = image.size
    factor = max(1, max(width, height) // WORK_SIDE)
    if factor == 1:
        small = image.convert("RGBA")
    else:
        small = Image.new("RGBA", (-(-width // factor), -(-height // factor)))
        rows = max(1, _BAND // factor) * factor
        for top in range(0, height, rows):
            band = image.crop((0, top, width, min(top + rows, height))).convert(
                "RGBa" if _has_alpha(image) else "RGB"
            )
            small.paste(band.reduce(factor).convert("RGBA"), (0, top // factor))
    scale = WORK_SIDE / max(small.size)
    if scale < 1:
        size = (max(1, round(small.width * scale)), max(1, round(small.height * scale)))
        small = small.resize(size, Image.Resampling.BICUBIC)
    return small


def _has_alpha(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info


def _eight_bit(image: Image.Image) -> Image.Image:
    """Return 16-bit, 32-bit or float pixels as 8 bit, from their own darkest to their own brightest."""
    values: NDArray[np.float32] = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0.0, neginf=0.0)
    sample = values[:: max(1, values.shape[0] // 512), :: max(1, values.shape[1] // 512)]
    low, high = (float(v) for v in np.percentile(sample, (0.1, 99.9)))
    if image.mode.startswith("I") and high - low < 0.02 * 65535 and low >= 0 and high > 255:
        low, high = 0.0, 65535.0  # nearly one grey: stretching would show its noise as ink
    values -= low
    values *= 255 / max(high - low, 1e-6)
    return Image.fromarray(np.clip(values, 0, 255, out=values).astype(np.uint8))


def _composited(image: Image.Image) -> Bytes:
    """Return RGB; what is transparent becomes a ground on which the opaque part can be seen."""
    pixels = np.asarray(image, dtype=np.float32)
    alpha = pixels[..., 3:] / 255
    if alpha.min() == 1:
        return np.ascontiguousarray(pixels[..., :3]).astype(np.uint8)
    if alpha.max() == 0:
        return np.full((*alpha.shape[:2], 3), 255, np.uint8)
    colour = (pixels[..., :3] * alpha).sum((0, 1)) / alpha.sum()
    opposite = np.full(3, 255.0 if colour.mean() < 128 else 0.0)
    ground = colour if alpha.mean() > 0.6 else opposite  # a page with see-through corners goes on as page
    blended: Bytes = np.clip(pixels[..., :3] * alpha + ground * (1 - alpha) + 0.5, 0, 255).astype(np.uint8)
    return blended
