"""The result of a search: its file, and the next command."""

import dataclasses
import shlex

from ednas_tf import wording
from ednas_tf.analysis import run_settings
from ednas_tf.analysis.candidates import Candidate
from ednas_tf.loops import opening
from ednas_tf.loops.short import stage
from ednas_tf.monitor import terminal
from ednas_tf.runs.names import GENOTYPE_FILE, SETTINGS_FILE
from ednas_tf.space import nas_bench_text
from ednas_tf.space.genotype import Genotype


def write(
    run: opening.Run,
    found: Candidate | stage.Found,
    what: str,
    is_kept: bool,
) -> Genotype:
    """Writes the genotype of the result; prints the next command.

    Args:
      run: the open run.
      found: the result.
      what: what the result is, for a person.
      is_kept: see `search`.
    """
    directory = run.directory
    words = [
        *("python", "-m", "ednas_tf.train"),
        *run.task.training_flags(directory / SETTINGS_FILE),
        f"--genotype={directory / GENOTYPE_FILE}",
        f"--model_dir={directory / 'train'}",
    ]
    provenance = {
        "reward": found.reward,
        "settings_fingerprint": run.settings.fingerprint(),
        "command": shlex.join(words),
    }
    if isinstance(found, stage.Found):
        provenance["gain"] = found.verdict["gain"]
        for name in ("low", "high", "p", "unit"):
            provenance[f"gain_{name}"] = found.verdict[name]
    elif found.validation_reward is not None:
        provenance["validation_reward"] = found.validation_reward
    genotype = dataclasses.replace(found.genotype, provenance=provenance)
    run.write(GENOTYPE_FILE, genotype.to_json().encode())
    if run.writes:
        text = nas_bench_text.text_of(genotype)
        place = f", in {directory / GENOTYPE_FILE}" if is_kept else ""
        reward = _reward(found, run)
        print(wording.wrapped(f"{what}: {reward}{place}"))
        if text:
            print(f"architecture: {text}")
        known = run.task.describe_result(genotype)
        if known:
            print(wording.wrapped(known))
        if is_kept:
            terminal.print_next(words)
    return genotype


def _reward(found, run):
    """The reward of the result, what it is, and what it was measured on."""
    unit = run_settings.reward_in_words(run.settings.as_dict(), run.task.space)
    if isinstance(found, stage.Found):
        many = wording.count(found.verdict["counts"][0], "training")
        return (
            f"mean reward {found.reward:.4f} ({unit}) of {many} with other "
            "seeds"
        )
    if run.task.reads_table:
        return f"reward {found.reward:.4f} ({unit}) in the table"
    if found.validation_reward is None:
        where, reward = "one minibatch", found.reward
    else:
        where, reward = "the validation split", found.validation_reward
    return f"reward {reward:.4f} ({unit}) on {where}, with shared weights"
