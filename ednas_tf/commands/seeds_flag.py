"""The flag --seeds, of commands that can repeat a run with several seeds."""

import re

from absl import flags

from ednas_tf import errors

FLAG = flags.DEFINE_list(
    "seeds",
    None,
    "Several seeds, such as 1,2,3: makes one run with each, and reports the "
    "mean and the standard deviation.",
)
_LARGEST_SEED = 2**31 - 1


def read() -> list[int]:
    """The seeds that were given; none without the flag.

    Raises:
      RequestError: they are no different seeds, or --seed was given, too.
    """
    texts = FLAG.value
    if texts is None:
        return []
    if flags.FLAGS["seed"].present:
        raise errors.RequestError("--seed: omit it when --seeds is given")
    if not all(re.fullmatch("[0-9]{1,10}", text) for text in texts) or not (
        all(int(text) <= _LARGEST_SEED for text in texts)
        and len(set(map(int, texts))) == len(texts) > 0
    ):
        raise errors.RequestError(
            "--seeds: expected different numbers from 0 to "
            f"{_LARGEST_SEED} separated by commas, found "
            f"{errors.shown(','.join(texts))}"
        )
    return [int(text) for text in texts]
