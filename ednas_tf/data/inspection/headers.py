"""Reads the headers of JPEG and PNG files, without decoding any pixel."""

import struct
from typing import NamedTuple

from ednas_tf.data import image_formats

#: Maps the colour type of a PNG file to its number of channels.
_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
#: Markers of JPEG that begin a frame, which has the size of the image.
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
#: The marker of Exif data, and the tag of the orientation of the camera.
_EXIF, _ORIENTATION = 0xE1, 0x0112


class Header(NamedTuple):
    """The header of an image.

    Attributes:
      height, width, channels: as they are stored.
      bits: number of bits of a channel.
      is_jpeg: whether it is a JPEG file, not a PNG file.
      orientation: orientation of the camera, 1 if it is upright or unknown.
    """

    height: int
    width: int
    channels: int
    bits: int
    is_jpeg: bool
    orientation: int


def read(content: bytes) -> Header:
    """Reads the header of a file.

    Raises:
      ValueError: the content is neither JPEG nor PNG, or is damaged.
    """
    try:
        if content.startswith(image_formats.PNG):
            width, height, bits, colour = struct.unpack_from(
                ">IIBB", content, 16
            )
            channels = _PNG_CHANNELS[colour]
            turned = _orientation_of_png(content)
            return Header(height, width, channels, bits, False, turned)
        if content.startswith(image_formats.JPEG):
            return _jpeg(content)
    except (struct.error, IndexError, KeyError):
        pass
    raise ValueError("expected a JPEG or PNG image")


def _orientation_of_png(content):
    """The orientation in a chunk before the pixels, or 1 without such a one."""
    at = len(image_formats.PNG)
    while at + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        if kind == b"eXIf":
            return _orientation(content[at + 8 : at + 8 + length])
        if kind == b"IDAT":
            break
        # The length, the kind and the checksum have four bytes each.
        at += 12 + length
    return 1


def _jpeg(content):
    at, orientation = 2, 1
    while True:
        # Any number of bytes 0xFF can precede a marker.
        while content[at + 1] == 0xFF:
            at += 1
        marker, length = content[at + 1], _number(">H", content, at + 2)
        if marker in _FRAMES:
            bits, height, width, channels = struct.unpack_from(
                ">BHHB", content, at + 4
            )
            return Header(height, width, channels, bits, True, orientation)
        if marker == _EXIF and content[at + 4 : at + 10] == b"Exif\0\0":
            orientation = _orientation(content[at + 10 : at + 2 + length])
        at += 2 + length


def _orientation(exif):
    """The orientation in Exif data, or 1 if it cannot be read.

    Exif data have the form of a TIFF file.
    """
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if not order:
        return 1
    try:
        first = _number(f"{order}I", exif, 4)
        for i in range(_number(f"{order}H", exif, first)):
            at = first + 2 + 12 * i
            if _number(f"{order}H", exif, at) == _ORIENTATION:
                return _number(f"{order}H", exif, at + 8)
    except struct.error:
        pass
    return 1


def _number(form, content, at):
    return struct.unpack_from(form, content, at)[0]
