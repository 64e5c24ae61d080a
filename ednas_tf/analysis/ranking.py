"""The architectures that a search ranked, the result first."""

import shlex

from ednas_tf.analysis import short_rungs
from ednas_tf.analysis.run_record import RunRecord
from ednas_tf.runs.names import SETTINGS_FILE, candidate_folder
from ednas_tf.space.genotype import Genotype


def ranked(record: RunRecord) -> list[Genotype]:
    """The architectures that the result was chosen from, the best first.

    These are the candidates of a search with shared weights. If short
    trainings decided, they are the result, and then the others of the last
    rung.

    Args:
      record: the search; none are ranked until it has ended.
    """
    if record.found is None:
        return []
    if not record.decides_by_trainings:
        return [each.genotype for each in record.candidates]
    last = short_rungs.rungs(record.trainings)[-1:]
    others = [each.genotype for rung in last for each in rung]
    return [record.found, *(each for each in others if each != record.found)]


def training_command(record: RunRecord, number: int) -> list[str]:
    """The words of the command that trains a ranked architecture.

    Args:
      record: the search.
      number: the number of the architecture in `ranked`, from 1 on.
    """
    directory = record.directory
    written = shlex.split(str(record.found.provenance.get("command", "")))
    kept = [
        word
        for word in written
        if not word.startswith(("--genotype=", "--model_dir="))
    ]
    if not kept:
        kept = [
            *("python", "-m", "ednas_tf.train"),
            f"--config_file={directory / SETTINGS_FILE}",
        ]
    return [
        *kept,
        f"--genotype={directory}",
        f"--candidate={number}",
        f"--model_dir={directory / candidate_folder(number)}",
    ]
