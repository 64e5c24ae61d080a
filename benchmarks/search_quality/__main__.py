"""Measures what a search knows about architectures, part by part.

    python -m benchmarks.search_quality --part=truth --cifar10_dir=TFDS_FOLDER

`truth` trains architectures of a small network on CIFAR-10 until the end. It
compares short trainings, a supernet, and the sizes of networks with that. It
takes some four hours on two cores, can be stopped at any time, and goes on
where it was. Each training is a file in `--output_dir`; those of this project
are in `benchmarks/data/search_quality`.
It prints a table and one JSON object: for each way of scoring architectures
Kendall's tau with the truth, its 95 % interval, and the processor time in
seconds of scoring all architectures.

`rules` trains a supernet, freezes it, and lets each searcher find an
architecture by so many evaluations with its weights. It takes an hour on two
cores, and goes on where it was, too. It prints what was found, in standard
deviations of architectures over the mean of random ones, and one JSON object.

`end` makes three searches of half an hour, and `budget` searches of 10 minutes,
half an hour and two hours by each kind of evidence. What they find is trained
like the random architectures of `truth`, which come first. They take 3 and 10
hours, and print the gain over random architectures in points of test accuracy.
"""

import json
import pathlib

from absl import flags

from ednas_tf.commands import running

_DATA = pathlib.Path(__file__).parents[1] / "data/search_quality"

_PART = flags.DEFINE_enum(
    "part", "truth", ["truth", "rules", "budget", "end"], "What to measure."
)
_DATA_DIR = flags.DEFINE_string(
    "cifar10_dir", None, "Folder of TensorFlow Datasets that has cifar10."
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", str(_DATA), "Folder with a file for each training."
)
_PROCESSES = flags.DEFINE_integer("processes", 2, "Trainings at once.")


def main() -> None:
    folder = pathlib.Path(_OUTPUT_DIR.value)
    parts = {"truth": _truth, "rules": _rules}
    found = parts.get(_PART.value, _searches)(folder)
    print(json.dumps(found))


def _truth(folder):
    from benchmarks.search_quality import setting, supernets, trainings, truth

    def trained(requests, name):
        return trainings.run(
            requests, folder / name, _DATA_DIR.value, _PROCESSES.value
        )

    whole = trained(truth.whole(), "whole")
    setting.use_one_thread()
    images = setting.images(_DATA_DIR.value)
    shared = supernets.Shared(folder, truth.SUPERNET_MARKS)
    shared.train(images)
    last = truth.SUPERNET_MARKS[-1]
    begun = trained(truth.short(), "begun")
    continued = trained(truth.short(str(shared.file(last))), "begun")
    cells = setting.genotypes(truth.COUNT)
    found = truth.table(
        whole,
        truth.size_ways()
        | supernets.ways(
            *(shared, supernets.Frozen(images), cells, truth.SUPERNET_MARKS)
        )
        | truth.short_ways(list(begun.values()))
        | truth.short_ways(
            list(continued.values()),
            " from the supernet",
            shared.seconds(last),
        ),
    )
    for name, row in found["ways"].items():
        print(
            f"{name:56} tau {row['tau']:+.2f} ({row['low']:+.2f} to "
            f"{row['high']:+.2f}), {row['seconds']:.0f} s"
        )
    return found


def _searches(folder):
    from benchmarks.search_quality import searches, trainings, truth

    data_dir, processes = _DATA_DIR.value, _PROCESSES.value
    wanted = {"end": searches.END, "budget": searches.BUDGET}[_PART.value]
    count = searches.RIVALS * len(wanted)
    whole = trainings.run(
        truth.whole()[:count], folder / "whole", data_dir, processes
    )
    found = searches.compared(
        searches.run(wanted, folder, data_dir, processes),
        searches.random_accuracies(whole, count),
    )
    for name, row in found["searches"].items():
        print(f"{name:32} {row['accuracy']:.2f}, gain {row['gain']:+.2f}")
    return found


def _rules(folder):
    from benchmarks.search_quality import rules, setting

    setting.use_one_thread()
    found = rules.run(folder, setting.images(_DATA_DIR.value))
    for name, row in found["rules"].items():
        print(f"{name:24} {row['gain_sd']:+.2f} (error {row['error']:.2f})")
    return found


if __name__ == "__main__":
    running.run(main, has_settings=False)
