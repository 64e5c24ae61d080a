"""How files of images begin."""

#: The first bytes of a JPEG file.
JPEG = b"\xff\xd8\xff"
#: The first bytes of a PNG file.
PNG = b"\x89PNG\r\n\x1a\n"
