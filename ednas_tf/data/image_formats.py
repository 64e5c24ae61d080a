"""How files of images begin; JPEG and PNG are the formats that are read."""

import math
import struct

#: The first bytes of a JPEG file, and of a PNG file.
JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"

#: Number of bytes by which `other` recognises a format.
HEAD = 32

#: Maximum number of pixels of an image: a small file can hold a huge image.
MOST_PIXELS = 10**8

_OTHERS = {
    "GIF": (b"GIF8",),
    "BMP": (b"BM",),
    "TIFF": (b"II*\0", b"MM\0*"),
    "JPEG 2000": (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"),
    "JPEG XL": (b"\0\0\0\x0cJXL ", b"\xff\x0a"),
    "Photoshop": (b"8BPS",),
    "HTML": (b"<!DOCTYPE", b"<!doctype", b"<html"),
    "SVG": (b"<svg", b"<?xml"),
}
#: What stands after the size of the first box, or chunk, of a file.
_IN_BOXES = {
    b"ftypavif": "AVIF",
    b"ftypheic": "HEIC",
    b"ftypheix": "HEIC",
    b"ftypmif1": "HEIC",
}


def other(content: bytes) -> str:
    """The name of another format than JPEG and PNG, or an empty text.

    Args:
      content: at least the first `HEAD` bytes of a file.
    """
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "WebP"
    if content[4:12] in _IN_BOXES:
        return _IN_BOXES[content[4:12]]
    for name, beginnings in _OTHERS.items():
        if content.startswith(beginnings):
            return name
    return ""


def fault(content: bytes) -> str:
    """What keeps an image from being read, such as "WebP", or an empty text.

    Args:
      content: see `other`.
    """
    size = content[len(PNG) + 8 : len(PNG) + 16]
    if content.startswith(PNG) and len(size) == 8:
        pixels = math.prod(struct.unpack(">II", size))
        return f"of {pixels:,} pixels" if pixels > MOST_PIXELS else ""
    return other(content)
