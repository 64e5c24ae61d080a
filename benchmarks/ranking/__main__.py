"""How well each kind of evidence ranks the cells of NAS-Bench-201.

    python -m benchmarks.ranking --data_dir=TABLE --cifar10_dir=TFDS_FOLDER

TABLE is the folder of the table, TFDS_FOLDER one of TensorFlow Datasets that
has cifar10. Random cells are scored on real images: CIFAR-10 at 16 x 16 pixels,
with a network of one cell a stage and 8 channels. The truth is the table's test
accuracy after 200 epochs, of the whole network on whole images.

What is compared:

- supernets that are trained by uniform sampling, after several numbers of child
  steps, and one whose weights are the mean of its last three checkpoints: by
  accuracy and likelihood, on one minibatch and on all;
- short trainings of half of the cells, after several parts of the schedule of
  one training: by validation accuracy, by likelihood, by the loss while
  training, and by the score that a search ranks them by; they have as many
  steps together as the longest supernet;
- what the default searcher believes of all cells after these short trainings,
  when it was told the numbers of weights and what the supernet says;
- the number of weights alone.

Then whole searches with the default searcher follow, one for each seed. What
they found is looked up in the table.

Each measurement is kept in `--output_dir`, so that a stopped benchmark goes on.
A seed takes some two hours of processor time. The program prints two tables and
one JSON object. Each way of scoring has Kendall's tau, its precision in the
best 5 %, the test accuracy of the best of its top 10, and its processor time in
seconds; each search has the test accuracy and the rank of its result.
"""

import json
import pathlib

from absl import flags

from benchmarks.ranking import comparison, searches, ways
from benchmarks.search_quality import setting
from ednas_tf.commands import paths, running
from ednas_tf.data import bench_table

_CIFAR10_DIR = flags.DEFINE_string(
    "cifar10_dir", None, "Folder of TensorFlow Datasets that has cifar10."
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir",
    str(pathlib.Path(__file__).parents[1] / "data/ranking"),
    "Folder with the measurements.",
)
_SEEDS = flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds.")
_PROCESSES = flags.DEFINE_integer("processes", 2, "Short trainings at once.")
flags.mark_flags_as_required(["data_dir", "cifar10_dir"])


def main() -> None:
    folder = pathlib.Path(_OUTPUT_DIR.value)
    folder.mkdir(parents=True, exist_ok=True)
    table = bench_table.read(str(paths.path(flags.FLAGS.data_dir)))
    setting.use_one_thread()
    cells = ways.drawn_cells()
    truth = 100 * table.test[ways.rows(table, cells)]
    seeds = list(map(int, _SEEDS.value))
    by_seed = []
    for seed in seeds:
        short = ways.short_trainings(
            *(folder, seed, cells[: ways.TRAINED]),
            *(_CIFAR10_DIR.value, _PROCESSES.value),
        )
        scored = ways.by_short(short) | ways.by_supernet(
            folder, seed, cells, _CIFAR10_DIR.value
        )
        scored |= ways.believed(scored, cells, seed)
        scored["number of weights"] = {
            "scores": list(map(ways.num_weights, cells)),
            "seconds": 0.0,
        }
        by_seed.append(
            {
                # Some ways score the first cells only.
                name: comparison.compared(way, truth[: len(way["scores"])])
                for name, way in scored.items()
            }
        )
    found = comparison.joined(by_seed)
    print(comparison.markdown(found))
    whole = searches.run(
        *(folder, seeds, table, _CIFAR10_DIR.value, _PROCESSES.value)
    )
    print(searches.markdown(whole))
    content = {"default": ways.DEFAULT, "ways": found, "whole": whole}
    (folder / "ranking.json").write_text(json.dumps(content, indent=1) + "\n")
    print(json.dumps(content))


if __name__ == "__main__":
    running.run(main, has_settings=False, kept=["data_dir"])
