"""Draws the cells of a genotype (Figures 6 to 8 of the paper).

python -m ednas_tf.draw --genotype=runs/mine/genotype.json --output=cell.svg
"""

from absl import flags

from ednas_tf import commands, errors, genotype_flag

_OUTPUT = flags.DEFINE(
    commands.Path(), "output", None, "Picture to write; .svg, .png or .pdf."
)
flags.adopt_module_key_flags(genotype_flag)


def main() -> None:
    if _OUTPUT.value is None:
        raise errors.RequestError("--output: expected a file, found none")
    described = genotype_flag.read()
    from ednas_tf.monitor import cell_figure

    cell_figure.draw(described, commands.path(_OUTPUT.value))
    print(f"drawn: {_OUTPUT.value}")


if __name__ == "__main__":
    commands.run(main, has_settings=False)
