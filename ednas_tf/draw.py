"""Draws the cells of a genotype (Figures 6 to 8 of the paper).

python -m ednas_tf.draw --genotype=runs/mine/genotype.json --output=cell.svg
"""

from absl import flags

from ednas_tf import commands, errors

_GENOTYPE = flags.DEFINE(
    commands.Path(),
    "genotype",
    None,
    "File of the architecture, as a search writes it.",
)
_OUTPUT = flags.DEFINE(
    commands.Path(), "output", None, "Picture to write; .svg, .png or .pdf."
)


def main() -> None:
    for flag in (_GENOTYPE, _OUTPUT):
        if flag.value is None:
            raise errors.RequestError(
                f"--{flag.name}: expected a file, found none"
            )
    from ednas_tf.loops import train_loop
    from ednas_tf.monitor import cell_figure

    described = train_loop.read_genotype(commands.path(_GENOTYPE.value))
    cell_figure.draw(described, commands.path(_OUTPUT.value))
    print(f"drawn: {_OUTPUT.value}")


if __name__ == "__main__":
    commands.run(main)
