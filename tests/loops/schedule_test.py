import pytest

from ednas_tf.loops.schedule import CHILD, POLICY, Schedule

CASES = [(1, 1, 1), (3, 1, 1), (2, 4, 1), (2, 1, 4), (3, 5, 2)]


def enumerated(epochs, child_steps, policy_steps):
    """The phase of every step, and where each run of one phase ends."""
    phases, ends = [], []
    for _ in range(epochs):
        for phase, steps in ((CHILD, child_steps), (POLICY, policy_steps)):
            phases += [phase] * steps
            ends += [len(phases)] * steps
    return phases, ends


@pytest.mark.parametrize("sizes", CASES)
def test_steps_are_as_enumerated(sizes):
    schedule = Schedule(*sizes)
    phases, ends = enumerated(*sizes)
    steps = range(len(phases))

    assert schedule.total_steps == len(phases)
    assert [schedule.phase(step) for step in steps] == phases
    left = [schedule.steps_left(step) for step in steps]
    assert left == [end - step for step, end in enumerate(ends)]
    for phase in (CHILD, POLICY):
        done = [schedule.done(step, phase) for step in (*steps, len(phases))]
        counted = [phases[:step].count(phase) for step in (*steps, len(phases))]
        assert done == counted


def test_an_epoch_of_the_papers_search():
    # 40,000 + 10,000 images in minibatches of 128.
    schedule = Schedule(300, 312, 78)

    assert schedule.steps_per_epoch == 390
    assert schedule.total_steps == 117_000
    assert schedule.phase(311) == CHILD
    assert schedule.phase(312) == POLICY
    assert schedule.steps_left(389) == 1
    assert schedule.done(390 + 313, POLICY) == 79
