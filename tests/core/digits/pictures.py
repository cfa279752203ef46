"""Files for the tests of the digit rooms: a drawn seven in every format and mode, and files that lie."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, PngImagePlugin


def seven(size: tuple[int, int] = (280, 280), ink: int = 20, paper: int = 245) -> Image.Image:
    image = Image.new("L", size, paper)
    width, height = size
    points = [(0.25, 0.2), (0.72, 0.2), (0.42, 0.82)]
    pen = ImageDraw.Draw(image)
    scaled = [(x * width, y * height) for x, y in points]
    pen.line(scaled, fill=ink, width=max(2, min(size) // 16), joint="curve")
    return image


def file_of(image: Image.Image, kind: str = "PNG", **more: Any) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **more)
    return content.getvalue()


def png_claiming(width: int, height: int, mode: int = 0) -> bytes:
    """A PNG of a few hundred bytes whose header claims a size and whose data unpacks to zeros."""
    header = struct.pack(">IIBBBBB", width, height, 8, mode, 0, 0, 0)
    packer = zlib.compressobj(9)
    zeros = b"\0" * 1_000_000
    data = b"".join(packer.compress(zeros) for _ in range(20)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def png_with_text(size: int, *, kind: bytes = b"zTXt") -> bytes:
    """A good PNG that carries a text chunk which unpacks to `size` bytes."""
    good = file_of(seven())
    packed = zlib.compress(b"a" * size, 9)
    body = b"k\0\0" + packed if kind == b"zTXt" else b"k\0\1\0\0\0" + packed
    place = good.index(b"IDAT") - 4
    return good[:place] + _chunk(kind, body) + good[place:]


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def many_frames(count: int) -> bytes:
    frame = seven((60, 60))
    rest = [Image.new("L", (60, 60), value % 256) for value in range(count)]
    return file_of(frame, "GIF", save_all=True, append_images=rest)


def commented() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "written by hand")
    return file_of(seven(), "PNG", pnginfo=info)


def bases() -> dict[str, bytes]:
    """Return one good file per format and variant."""
    grey, colour = seven(), seven().convert("RGB")
    rgba = Image.merge("RGBA", [Image.new("L", grey.size, 0)] * 3 + [grey.point(lambda v: 255 - v)])
    wide = Image.fromarray(np.asarray(grey, np.uint16) * 257)
    return {
        "png": file_of(grey),
        "png-alpha": file_of(rgba),
        "png-palette": file_of(colour.quantize(8)),
        "png-16": file_of(wide),
        "png-text": commented(),
        "jpeg": file_of(colour, "JPEG", quality=85),
        "jpeg-progressive": file_of(colour, "JPEG", progressive=True),
        "jpeg-cmyk": file_of(colour.convert("CMYK"), "JPEG"),
        "webp": file_of(colour, "WEBP"),
        "webp-lossless": file_of(rgba, "WEBP", lossless=True),
        "bmp": file_of(colour, "BMP"),
        "gif": many_frames(3),
        "tiff": file_of(colour, "TIFF", compression="tiff_lzw"),
        "tiff-float": file_of(Image.fromarray(np.asarray(grey, np.float32) / 255), "TIFF"),
        "tiff-deflate": file_of(grey, "TIFF", compression="tiff_adobe_deflate"),
    }
