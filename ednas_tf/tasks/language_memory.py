"""Checks that a language model fits into the memory of the machine."""

from ednas_tf import errors, machine

_BYTES = 4


def check(section: str, settings, words: int, nodes: int) -> None:
    """Checks that the machine has enough memory for a step.

    Args:
      section: "search" or "train".
      settings: the settings of this section.
      words: number of words of the vocabulary.
      nodes: number of searched nodes of a cell.

    Raises:
      RequestError: a step needs more memory than the machine has.
    """
    needed = step_bytes(settings, words, nodes)
    there = machine.memory()
    if needed > there:
        model = settings.language_model
        raise errors.RequestError(
            f"{section}.language_model: expected a step that fits into "
            f"{there / 2**30:.1f} GiB of memory, found {words:,} words with "
            f"hidden={model.hidden}, bptt={model.bptt} and "
            f"batch_size={settings.batch_size}, which need about "
            f"{needed / 2**30:.1f} GiB; lower one of them, or replace rare "
            "words of the text by <unk>"
        )


def step_bytes(settings, words: int, nodes: int) -> int:
    """The least memory that a step takes, in bytes.

    It holds the weights, their gradient and their mean; the logits, their
    probabilities and their gradient; and, of each node and word, what the
    backward loop of `recurrence` reads and writes.
    """
    model, texts = settings.language_model, settings.batch_size
    hidden, steps = model.hidden, model.bptt
    weights = words * hidden + 2 * (nodes + 2) * hidden**2
    logits = steps * texts * words
    nodes_over_time = steps * texts * (nodes + 1) * 6 * hidden
    return _BYTES * (3 * weights + 3 * logits + nodes_over_time)
