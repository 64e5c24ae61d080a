"""Whether a language model fits into the memory of the machine."""

from ednas_tf import errors, machine

_BYTES = 4


def check(section: str, settings, words: int, nodes: int) -> None:
    """Refuses a vocabulary for which a training step needs too much memory.

    Args:
      section: "search" or "train".
      settings: of that section.
      words: of the vocabulary.
      nodes: of a cell, the fixed one left out.

    Raises:
      RequestError: more is needed than the machine has.
    """
    needed = step_bytes(settings, words, nodes)
    there = machine.memory()
    if needed > there:
        model = settings.language_model
        raise errors.RequestError(
            f"{section}.language_model: {words:,} words with "
            f"hidden={model.hidden}, bptt={model.bptt} and "
            f"batch_size={settings.batch_size} need about "
            f"{needed / 2**30:.1f} GiB, of which there are "
            f"{there / 2**30:.1f}; lower one of them, or let rare words of the "
            "text be <unk>"
        )


def step_bytes(settings, words: int, nodes: int) -> int:
    """What a step holds at once, at least.

    Three times the weights (with their gradient and mean), three times the
    logits (with their probabilities and gradient), and what the backward loop
    needs of every node.
    """
    model, texts = settings.language_model, settings.batch_size
    hidden, steps = model.hidden, model.bptt
    weights = words * hidden + 2 * (nodes + 2) * hidden**2
    logits = steps * texts * words
    nodes_over_time = steps * texts * (nodes + 1) * 6 * hidden
    return _BYTES * (3 * weights + 3 * logits + nodes_over_time)
