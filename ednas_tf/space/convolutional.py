"""The paper's convolutional cells (section 3.2)."""

from ednas_tf.space import skeleton
from ednas_tf.space.cell_space import CellSpace
from ednas_tf.space.spaces import space

#: The seven operations of section 3.2, under the names of the literature.
OPS = (
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)


@space("convolutional")
def convolutional(nodes: int = 4, ops: tuple[str, ...] = OPS) -> CellSpace:
    """Normal and reduction cells with two inputs and two edges a node."""
    return CellSpace(
        name="convolutional",
        family="convolutional",
        cell_types=("normal", "reduction"),
        num_inputs=2,
        fan_in=(2,) * nodes,
        ops=ops,
        skeleton=skeleton.normal_and_reduction,
    )
