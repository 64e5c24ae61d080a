"""The paper's recurrent cells (section 3.2)."""

from ednas_tf.space.cell_space import CellSpace
from ednas_tf.space.spaces import space

#: The four activation functions of section 3.2.
OPS = ("tanh", "relu", "sigmoid", "identity")


@space("recurrent")
def recurrent(nodes: int = 8, ops: tuple[str, ...] = OPS) -> CellSpace:
    """One cell with one edge a node.

    State 0 is the first hidden node, in which the word and the hidden state of
    the step before meet in a fixed way; all others are searched.
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
