"""One search for each of several seeds, and the mean of what they found."""

import json
import pathlib
import statistics
from collections.abc import Sequence

from ednas_tf import whole_files, wording
from ednas_tf.analysis import intervals
from ednas_tf.loops import distribution
from ednas_tf.loops.search import search_loop, startable
from ednas_tf.runs import run_directory, seed_folders
from ednas_tf.runs.names import GENOTYPE_FILE, RESULT_FILE
from ednas_tf.settings import schema
from ednas_tf.space.genotype import Genotype


def search(
    settings: schema.Settings, directory: pathlib.Path, seeds: Sequence[int]
) -> dict[str, object]:
    """Searches with each seed in turn; resumes an earlier start.

    `search.hours` are the hours of all searches together.

    Args:
      settings: the settings of all searches, except for the seed.
      directory: directory for the searches, in folders seed_<seed>, and for
        their common result and the genotype with the highest reward.
      seeds: the seeds.

    Returns:
      See `summary`.

    Raises:
      RequestError, RunError, LostProcess, Interrupted: see
        `search_loop.search`; RequestError also if the directory holds other
        files.
    """
    seed_folders.check(directory, [RESULT_FILE, GENOTYPE_FILE], "searches")
    settings.search.hours /= len(seeds)
    writes = distribution.is_writer(settings.runtime)
    runs = [
        (
            seed_folders.with_seed(settings, seed),
            seed_folders.folder(directory, seed),
        )
        for seed in seeds
    ]
    # All of them are checked before the first one begins.
    for each, folder in runs:
        startable.check(each, folder, writes)
    found = []
    for seed, (each, folder) in zip(seeds, runs, strict=True):
        hours = f", {each.search.hours:.2g} hours" * bool(each.search.hours)
        begins = f"search with the seed {seed}{hours}, in {folder}"
        print(wording.wrapped(begins))
        # Sizes that the first search has chosen are those of all others.
        schema.adopt_sizes(each, runs[0][0])
        found.append(search_loop.search(each, folder, announces=not found))
    result = summary(seeds, found)
    if writes:
        run_directory.remove_leftovers(directory)
        best = max(found, key=lambda each: each.provenance["reward"])
        for name, text in (
            (GENOTYPE_FILE, best.to_json()),
            (RESULT_FILE, json.dumps(result, indent=2) + "\n"),
        ):
            whole_files.write(directory / name, text.encode())
    print(in_words(result, directory))
    return result


def summary(
    seeds: Sequence[int], found: Sequence[Genotype]
) -> dict[str, object]:
    """The results of all searches.

    Args:
      seeds: the seeds.
      found: what each search found.

    Returns:
      seeds; rewards, reward_mean; if short trainings decided, gains over random
      architectures and gain_unit; with several seeds reward_stddev, the
      standard deviation of a sample (divided by n - 1), and gain: the mean of
      the gains, with low, high and p of a t test against 0.
    """
    rewards = [each.provenance["reward"] for each in found]
    result = {
        "seeds": list(seeds),
        "rewards": rewards,
        "reward_mean": statistics.mean(rewards),
    }
    if len(found) > 1:
        result["reward_stddev"] = statistics.stdev(rewards)
    if all("gain" in each.provenance for each in found):
        result["gains"] = [each.provenance["gain"] for each in found]
        result["gain_unit"] = found[0].provenance["gain_unit"]
        if len(found) > 1:
            gain = vars(intervals.mean(result["gains"]))
            result["gain"] = {
                name: gain[name] for name in ("gain", "low", "high", "p")
            }
    return result


def in_words(result: dict[str, object], directory: pathlib.Path) -> str:
    """The results of all searches, for a person."""
    count = len(result["seeds"])
    spread = ""
    if count > 1:
        spread = f", standard deviation {result['reward_stddev']:.4f}"
    text = (
        f"reward of {count} searches: mean {result['reward_mean']:.4f}"
        f"{spread}, in {directory / RESULT_FILE}"
    )
    if "gain" in result:
        gain = result["gain"]
        text += (
            f"\ngain over random architectures, mean of {count} searches: "
            f"{gain['gain']:+.4g} ({gain['low']:+.4g} to {gain['high']:+.4g}) "
            f"{result['gain_unit']}, p = {gain['p']:.2g}"
        )
    return "\n".join(map(wording.wrapped, text.split("\n")))
