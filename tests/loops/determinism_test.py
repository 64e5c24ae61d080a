"""Sums of gradients; determinism is on in all tests, see `conftest.py`.

That two runs are equal is tested where searches and trainings are.
"""

import tensorflow as tf


def branches(x, weights):
    products = [x @ weight for weight in tf.unstack(weights)]
    return tf.add_n([tf.reduce_sum(tf.tanh(p)) for p in products])


@tf.function
def gradient(x, weights, index):
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = branches(x, weights) + tf.switch_case(
            index,
            [
                lambda: branches(x, weights),
                lambda: branches(x, 2 * weights),
            ],
        )
    return tape.gradient(loss, x)


def test_no_sum_is_of_more_than_two():
    x, weights = tf.ones((2, 4)), tf.ones((6, 4, 4))
    traced = gradient.get_concrete_function(x, weights, tf.constant(1))
    graph = traced.graph.as_graph_def()
    nodes = [n for f in graph.library.function for n in f.node_def]
    sums = [n for n in (*graph.node, *nodes) if n.op == "AddN"]
    # Within the branches and outside of them.
    assert len(sums) > 15
    assert {n.attr["N"].i for n in sums} == {2}
    # Else they become one again when the graph is rewritten.
    options = tf.config.optimizer.get_experimental_options()
    assert options["arithmetic_optimization"] is False
