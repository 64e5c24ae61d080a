"""What a terminal shows, for tests of its words."""

import re


def unbroken(text: str) -> str:
    """A text whose lines are those that were printed before they were broken.

    A line that goes on begins with blanks.
    """
    return re.sub(r"\n +", " ", text)
