"""Chooses the batch sizes that are 0 in the settings, to suit a text."""

from ednas_tf.data.text import text_data
from ednas_tf.settings import schema

#: The most texts that are read side by side: as in the paper.
_MOST = {"search": 256, "policy": 256, "train": 64}
#: Windows in a pass, at least. A reward on few words says little: a window of a
#: policy step can be the whole validation text.
_WINDOWS = {"search": 8, "policy": 1, "train": 8}


def settle(
    settings: schema.Settings, data: text_data.Corpus, devices: int
) -> dict[str, int]:
    """Replaces batch sizes of 0 in the settings by chosen ones.

    Each device reads a power of two of texts side by side.

    Args:
      settings: the settings of the run, which are changed.
      data: the text.
      devices: number of devices that share a batch.

    Returns:
      The chosen sizes: name of the setting -> value.
    """
    search, train = settings.search, settings.train
    read = {
        "search": (search, data.train, search.language_model.bptt),
        "policy": (settings.policy, data.valid, search.language_model.bptt),
        "train": (train, data.train, train.language_model.bptt),
    }
    chosen = {}
    for name, (section, tokens, bptt) in read.items():
        if section.batch_size:
            continue
        # The first word of a column is not predicted.
        least, size = _WINDOWS[name] * bptt + 1, devices
        while size * 2 <= min(_MOST[name], len(tokens) // least):
            size *= 2
        section.batch_size = chosen[f"{name}.batch_size"] = size
    return chosen
