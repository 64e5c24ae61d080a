"""Trains the network of a genotype from scratch and tests it.

python -m ednas_tf.train --dataset=digits --genotype=runs/mine/genotype.json
"""

from absl import flags

from ednas_tf import errors, tasks
from ednas_tf.commands import (
    candidate_flag,
    genotype_flag,
    print_settings_flag,
    running,
    seeds_flag,
    settings_flags,
    weights_flags,
)
from ednas_tf.loops.train import results
from ednas_tf.runs.names import (
    GENOTYPE_FILE,
    SETTINGS_FILE,
    candidate_folder,
)
from ednas_tf.space import reading

flags.adopt_module_key_flags(settings_flags)
flags.adopt_module_key_flags(genotype_flag)
flags.adopt_module_key_flags(seeds_flag)
flags.adopt_module_key_flags(weights_flags)
flags.adopt_module_key_flags(print_settings_flag)


def main() -> None:
    if len(candidate_flag.numbers()) > 1:
        _train_candidates()
    else:
        _train()


def _train():
    seeds = seeds_flag.read()
    source = weights_flags.source()
    if source:
        weights_flags.check(seeds)
        results.read_result(source)
    settings = weights_flags.settings(source or _search())
    if print_settings_flag.has_printed(settings):
        return
    genotype = _genotype(source)
    family = tasks.kind(settings.task).family
    reading.check_family(genotype, family, f"task is {settings.task}")
    directory = weights_flags.model_dir(
        source, settings.data.plain_name(), _of_candidate()
    )
    # Imports TensorFlow, so wrong flags must have been reported before.
    from ednas_tf.loops.train import (
        initial_weights,
        several_seeds,
        train_loop,
    )

    weights = None
    if source:
        weights = initial_weights.read(source, weights_flags.flag())
        weights.adopt_network(settings)
    if seeds:
        several_seeds.train(settings, genotype, directory, seeds)
    else:
        train_loop.train(settings, genotype, directory, weights)


def _train_candidates():
    """Trains several candidates of a search, and compares them."""
    _refuse_with_several()
    search, candidates = _search(), genotype_flag.read_candidates()
    settings = settings_flags.settings(base=search / SETTINGS_FILE)
    if print_settings_flag.has_printed(settings):
        return
    family = tasks.kind(settings.task).family
    for genotype in candidates.values():
        reading.check_family(genotype, family, f"task is {settings.task}")
    directory = settings_flags.model_dir(
        "train", settings.data.plain_name(), search
    )
    # Imports TensorFlow, so wrong flags must have been reported before.
    from ednas_tf.loops.train import several_candidates

    several_candidates.train(settings, candidates, directory)


def _refuse_with_several():
    for name in ("seeds", "weights", "more_epochs"):
        if flags.FLAGS[name].present:
            raise errors.RequestError(
                f"--{name}: expected no such flag with several numbers in "
                "--candidate; give one number, or omit it"
            )


def _search():
    """The directory of the search that --candidate is about, or None."""
    return genotype_flag.search_directory()


def _genotype(source):
    """The architecture of --genotype, or of the training in --weights."""
    if source and genotype_flag.FLAG.value is None:
        return results.read_genotype(source / GENOTYPE_FILE)
    return genotype_flag.read()


def _of_candidate():
    """The default directory of the training of a candidate of a search."""
    search, number = _search(), candidate_flag.number()
    return search and search / candidate_folder(number)


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main)


if __name__ == "__main__":
    command()
