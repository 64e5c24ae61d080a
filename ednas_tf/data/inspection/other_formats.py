"""Finds images that cannot be read as JPEG or PNG by how their files begin."""

import collections
from collections.abc import Sequence

from ednas_tf import errors
from ednas_tf.data import image_formats
from ednas_tf.data.images.broken_images import BrokenImages
from ednas_tf.data.images.image_source import Source

#: Number of files that are opened, spread evenly. In larger sources, the others
#: are found when they are decoded.
_MOST_OPENED = 20_000


def leave_out(sources: Sequence[Source], broken: BrokenImages) -> list[str]:
    """Leaves out images of other formats, as if they had been decoded before.

    Args:
      sources: sources of images.
      broken: the record of images that cannot be decoded; changed.

    Returns:
      A warning about these images, or nothing without any.

    Raises:
      RequestError: there are more of them than images may be left out.
    """
    found, total = {}, 0
    for source in sources:
        total += len(source)
        step = -(-len(source) // _MOST_OPENED) or 1
        for number in range(0, len(source), step):
            fault = image_formats.fault(source.head(number))
            if fault:
                found[source.name_of(number)] = fault
    if not found:
        return []
    counts = collections.Counter(found.values())
    kinds = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    warning = (
        f"{len(found)} of {total} images are not read ({kinds}): "
        f"{errors.listed(list(found), 3)}"
    )
    if len(found) > broken.allowed:
        raise errors.RequestError(
            f"{broken.name}: {warning}; convert them to JPEG or PNG, or move "
            f"them away (runtime.broken_images_allowed is {broken.allowed})"
        )
    broken.note(found)
    return [warning]
