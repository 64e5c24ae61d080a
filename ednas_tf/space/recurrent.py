"""The paper's recurrent cells (section 3.2)."""

from ednas_tf.space.cell_space import CellSpace
from ednas_tf.space.spaces import space

#: The four activation functions of section 3.2.
OPS = ("tanh", "relu", "sigmoid", "identity")


@space("recurrent")
def recurrent(nodes: int = 8, ops: tuple[str, ...] = OPS) -> CellSpace:
    """One cell, whose nodes keep one edge each.

    State 0 is the first hidden node, which combines the word with the hidden
    state of the previous step in a fixed way; all other nodes are searched.

    Args:
      nodes: number of searched nodes.
      ops: names of the activation functions that a node can apply.
    """
    return CellSpace(
        name="recurrent",
        family="recurrent",
        cell_types=("recurrent",),
        num_inputs=1,
        fan_in=(1,) * nodes,
        ops=ops,
        most_edges=1,
    )
