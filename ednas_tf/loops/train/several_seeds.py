"""One training for each of several seeds, and the mean of their results."""

import json
import pathlib
import statistics
from collections.abc import Sequence

from ednas_tf import tasks, whole_files, wording
from ednas_tf.loops import distribution
from ednas_tf.loops.train import train_loop
from ednas_tf.runs import run_directory, seed_folders
from ednas_tf.runs.names import RESULT_FILE
from ednas_tf.settings import schema
from ednas_tf.space.genotype import Genotype


def train(
    settings: schema.Settings,
    genotype: Genotype,
    directory: pathlib.Path,
    seeds: Sequence[int],
) -> dict[str, object]:
    """Trains with each seed in turn; resumes an earlier start.

    Args:
      settings: the settings of all trainings, except for the seed.
      genotype: the architecture.
      directory: directory for the trainings, in folders seed_<seed>, and for
        their common result.

    Returns:
      seeds; test_<measure>_mean; with several seeds test_<measure>_stddev, the
      standard deviation of a sample (divided by n - 1); the measures of all
      trainings, as in test_accuracies; parameters; multiply_adds.

    Raises:
      RequestError: see `train_loop.train`; or the directory holds other files.
      RunError, LostProcess, Interrupted: see `train_loop.train`.
    """
    seed_folders.check(directory, [RESULT_FILE], "trainings")
    runs = [
        (
            seed_folders.with_seed(settings, seed),
            seed_folders.folder(directory, seed),
        )
        for seed in seeds
    ]
    writes = distribution.is_writer(settings.runtime)
    # All of them are checked before the first is trained. Sizes that one has
    # chosen are adopted by all others.
    for each, folder in runs:
        schema.adopt_sizes(each, settings)
        run_directory.check(folder, each, writes)
        schema.adopt_sizes(settings, each)
    first = train_loop.first_unfinished(folder for _, folder in runs)
    results = [
        train_loop.train(each, genotype, folder, announces=folder == first)
        for each, folder in runs
    ]
    measure = tasks.kind(settings.task).measure
    result = _summary(seeds, results, measure)
    if writes:
        run_directory.remove_leftovers(directory)
        text = json.dumps(result, indent=2) + "\n"
        whole_files.write(directory / RESULT_FILE, text.encode())
    spread = result.get(f"test_{measure}_stddev")
    print(
        wording.wrapped(
            f"test {measure} of {wording.count(len(seeds), 'seed')}: mean "
            f"{result[f'test_{measure}_mean']:.4f}"
            + (
                f", standard deviation {spread:.4f}"
                if spread is not None
                else ""
            )
            + f", in {directory / RESULT_FILE}"
        )
    )
    return result


def _summary(seeds, results, measure):
    found = [result[f"test_{measure}"] for result in results]
    spread = {}
    if len(found) > 1:
        spread[f"test_{measure}_stddev"] = statistics.stdev(found)
    return {
        "seeds": list(seeds),
        f"test_{measure}_mean": statistics.mean(found),
        **spread,
        # "test_accuracies" or "test_perplexities".
        f"test_{measure.removesuffix('y')}ies": found,
        "parameters": results[0]["parameters"],
        "multiply_adds": results[0]["multiply_adds"],
    }
