"""The cells of NAS-Bench-201 (Dong and Yang, 2020, arXiv 2001.00326).

All 15,625 of them have been trained: see `ednas_tf/data/tables`.
"""

from ednas_tf.space import skeleton
from ednas_tf.space.cell_space import CellSpace
from ednas_tf.space.spaces import space

#: The five operations of the benchmark, in its order.
OPS = (
    "none",
    "skip_connect",
    "nor_conv_1x1",
    "nor_conv_3x3",
    "avg_pool_3x3",
)


@space("nas_bench_201")
def nas_bench_201(nodes: int = 3, ops: tuple[str, ...] = OPS) -> CellSpace:
    """Cells with one input, whose nodes keep all their edges.

    The cell's output is its last node. Networks have three stages of cells,
    and a residual block between two stages.

    Args:
      nodes: number of nodes of a cell.
      ops: names of the operations that an edge can carry.
    """
    return CellSpace(
        name="nas_bench_201",
        family="convolutional",
        cell_types=("normal",),
        num_inputs=1,
        fan_in=tuple(range(1, nodes + 1)),
        ops=ops,
        output=(nodes,),
        skeleton=skeleton.Skeleton(
            skeleton.three_stages,
            residual=True,
            stem_width=1,
            final_norm=True,
        ),
    )
