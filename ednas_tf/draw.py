"""Draws the cells of a genotype (Figures 6 to 8 of the paper).

python -m ednas_tf.draw --genotype=runs/mine/genotype.json --output=cell.svg
"""

from absl import flags

from ednas_tf import errors
from ednas_tf.commands import genotype_flag, paths, running

_OUTPUT = flags.DEFINE(
    paths.Path(), "output", None, "Picture file to write: .svg, .png or .pdf."
)
flags.adopt_module_key_flags(genotype_flag)


def main() -> None:
    if _OUTPUT.value is None:
        raise errors.RequestError("--output: expected a file, found none")
    genotype = genotype_flag.read()
    from ednas_tf.figures import cell_figure

    output = paths.path(_OUTPUT.value)
    cell_figure.draw(genotype, output)
    print(f"drawn: {output}")


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main, has_settings=False, kept=("plugin",))


if __name__ == "__main__":
    command()
