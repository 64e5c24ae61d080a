"""The paper's convolutional cells (section 3.2)."""

from ednas_tf.space import skeleton
from ednas_tf.space.cell_space import CellSpace
from ednas_tf.space.spaces import space

#: The seven operations of section 3.2, by their names in the literature.
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
    """Normal and reduction cells with two inputs; each node keeps two edges.

    Args:
      nodes: number of nodes of a cell.
      ops: names of the operations that an edge can carry.
    """
    return CellSpace(
        name="convolutional",
        family="convolutional",
        cell_types=("normal", "reduction"),
        num_inputs=2,
        fan_in=(2,) * nodes,
        ops=ops,
        skeleton=skeleton.Skeleton(skeleton.normal_and_reduction),
    )
