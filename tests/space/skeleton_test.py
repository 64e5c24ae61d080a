import pytest

from ednas_tf.space import skeleton


@pytest.mark.parametrize(
    "cells, reductions",
    [
        (3, [1, 2]),
        (5, [1, 3]),
        (6, [2, 4]),
        (8, [2, 5]),
        (9, [3, 6]),
        (12, [4, 8]),
        (14, [4, 9]),
        (20, [6, 13]),
    ],
)
def test_reductions_stand_at_a_third_and_two_thirds(cells, reductions):
    stack = skeleton.normal_and_reduction(cells)
    assert len(stack) == cells
    found = [i for i, each in enumerate(stack) if each.halves]
    assert found == reductions
    assert found == [
        i for i, each in enumerate(stack) if each.cell_type == "reduction"
    ]
    # Each reduction doubles the channels from its own cell on.
    first, second = reductions
    assert [each.width for each in stack] == [
        *[1] * first,
        *[2] * (second - first),
        *[4] * (cells - second),
    ]
