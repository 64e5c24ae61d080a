"""A space of a person's own: one input, nodes that keep all their edges."""

from ednas_tf.space.cell_space import CellSpace
from ednas_tf.space.skeleton import Position, Skeleton
from ednas_tf.space.spaces import space


def stages(cells):
    """Three stages; the first cell of the second and third one halves."""
    stack, last = [], 0
    for i in range(cells):
        stage = 3 * i // cells
        stack.append(Position("cell", 2**stage, halves=stage > last))
        last = stage
    return tuple(stack)


@space("all_edges")
def all_edges(nodes=3, ops=("skip_connect", "avg_pool_3x3", "sep_conv_3x3")):
    return CellSpace(
        name="all_edges",
        family="convolutional",
        cell_types=("cell",),
        num_inputs=1,
        fan_in=tuple(range(1, nodes + 1)),
        ops=ops,
        output=(nodes,),
        skeleton=Skeleton(stages),
    )
