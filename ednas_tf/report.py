"""Writes an HTML report about a search that is finished or still running.

python -m ednas_tf.report --model_dir=runs/mine
python -m ednas_tf.report --model_dir=runs/mine --compare=runs/random
python -m ednas_tf.report --model_dir=runs/mine --table_dir=FOLDER
"""

from absl import flags

from ednas_tf import errors
from ednas_tf.analysis import run_record
from ednas_tf.commands import paths, running
from ednas_tf.settings import plain_yaml

flags.declare_key_flag("model_dir")
_COMPARE = flags.DEFINE_list(
    "compare",
    [],
    "Run directories of searches of the same space to show side by side.",
)
_OUTPUT = flags.DEFINE(
    paths.Path(),
    "output",
    None,
    "HTML file to write; by default report.html in --model_dir.",
)
_FIGURES_DIR = flags.DEFINE(
    paths.Path(),
    "figures_dir",
    None,
    "Folder to which every figure is also written as PNG and SVG.",
)
_TABLE_DIR = flags.DEFINE(
    paths.Path(),
    "table_dir",
    None,
    "Folder with the table of NAS-Bench-201, to compare a search of its space "
    "with the truth; a search in the table has its own.",
)
_NODE_COLOURS = flags.DEFINE_boolean(
    "node_colours",
    False,
    "Colour probabilities within each node, from its least to its largest "
    "one, as the paper's Figure 4 does. By default a colour means the same "
    "probability everywhere.",
)


def main() -> None:
    typed = flags.FLAGS.model_dir
    if typed is None:
        raise errors.RequestError(
            "--model_dir: expected the directory of a search, found none"
        )
    directory = paths.path(typed)
    records = run_record.read_all(
        [directory, *map(paths.path, _COMPARE.value)], plain_yaml.parse
    )
    # These take a second to import: a wrong request is refused before.
    from ednas_tf.analysis import truth
    from ednas_tf.figures import figures
    from ednas_tf.reports import report_file, report_page

    table_dir = _TABLE_DIR.value and paths.path(_TABLE_DIR.value)
    known = truth.of(records[0], table_dir)
    output = paths.path(_OUTPUT.value or str(directory / "report.html"))
    report_file.check(output)
    if _FIGURES_DIR.value:
        folder = paths.path(_FIGURES_DIR.value)
        figures.check(folder)
        figures.write(records[0], folder, _NODE_COLOURS.value)
        print(f"figures: {folder}")
    page = report_page.page(records, known, _NODE_COLOURS.value)
    report_file.write(output, page)
    print(f"report: {output}")


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main, has_settings=False, kept=("model_dir", "plugin"))


if __name__ == "__main__":
    command()
