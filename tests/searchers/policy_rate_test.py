import pytest

from ednas_tf.searchers import policy_rate


@pytest.mark.parametrize(
    "steps, rate",
    [
        (23_400, 3.5e-4),
        (10**6, 3.5e-4),
        (2_340, 3.5e-3),
        (120, 0.0682),
        (10, 0.2),
        (0, 0.2),
    ],
)
def test_policies_can_move_as_far_as_the_papers_within_limits(steps, rate):
    assert policy_rate.chosen(steps) == rate
