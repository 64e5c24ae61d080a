import pytest

from ednas_tf import errors
from ednas_tf.nets import plan
from ednas_tf.settings import schema
from ednas_tf.space import convolutional

SPACE = convolutional.convolutional()
CIFAR = schema.Network(cells=20, channels=36)
IMAGENET = schema.Network(cells=14, channels=48, stem="imagenet")


@pytest.mark.parametrize(
    "network, reductions", [(CIFAR, [6, 13]), (IMAGENET, [4, 9])]
)
def test_reductions_double_the_channels(network, reductions):
    planned = plan.plan(SPACE, network, {"normal": 4, "reduction": 3}, 3, 10)
    types = [cell.cell_type for cell in planned.cells]
    assert [i for i, t in enumerate(types) if t == "reduction"] == reductions
    assert planned.auxiliary_cell == reductions[-1]
    first, second = reductions
    for i, cell in enumerate(planned.cells):
        times = 1 + (i >= first) + 2 * (i >= second)
        assert cell.channels == times * network.channels
        outputs = 3 if cell.cell_type == "reduction" else 4
        assert cell.output_channels == outputs * cell.channels


def test_what_prepares_the_inputs():
    planned = plan.plan(SPACE, IMAGENET, {"normal": 4, "reduction": 4}, 3, 10)
    halves = [
        i
        for i, cell in enumerate(planned.cells)
        if len(cell.preprocessors[0][1].weights) == 2
    ]
    # After the stem, whose last part halves the image, and the reductions.
    assert halves == [0, 5, 10]


@pytest.mark.parametrize(
    "stem, side, auxiliary, message",
    [
        ("cifar", 3, False, "at least 4 x 4 .* stem and 2 reductions, found 3"),
        ("imagenet", 31, False, "stem=imagenet: .* at least 32 x 32 pixels"),
        ("cifar", 28, True, "auxiliary_weight: .* 29 x 29 .* found 28 x 40;"),
        ("imagenet", 192, True, "auxiliary_weight: .* at least 193 x 193"),
    ],
)
def test_images_that_are_too_small(stem, side, auxiliary, message):
    network = schema.Network(stem=stem)
    with pytest.raises(errors.RequestError, match=f"train.{message}|{message}"):
        plan.check_size("train", SPACE, network, (side, 40, 3), auxiliary)
    plan.check_size("train", SPACE, network, (side + 1, 400, 3), auxiliary)
