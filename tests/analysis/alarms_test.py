import numpy as np

from ednas_tf.analysis import alarms, policies
from tests.analysis import histories

SPACE = histories.CONVOLUTIONAL


def found(rows, space=SPACE, leading=0):
    """Policies in which one choice of each vector has these probabilities."""
    arrays = histories.arrays(space, len(rows) - 1, strength=0.0)
    for name, values in arrays.items():
        if name.startswith("probabilities/") and values.shape[-1] > 1:
            rest = (1 - np.array(rows)) / (values.shape[-1] - 1)
            shape = (-1, *[1] * (values.ndim - 1))
            values[:] = rest.reshape(shape)
            own = min(leading, values.shape[-1] - 1)
            values[..., own] = np.reshape(rows, shape[:-1])
    return policies.Policies(space, arrays)


def test_policies_of_random_search_are_quiet():
    assert alarms.alarms(found([1 / 7] * 5), 4) == {}


def test_policies_that_stay_open_raise_an_alarm_in_the_end():
    flat = found([1 / 7, 0.15, 0.16, 0.17, 0.18])
    assert alarms.alarms(flat, 5) == {}
    (text,) = alarms.alarms(flat, 4).values()
    assert text.startswith(
        "The policies have learnt next to nothing: 34 of 34 policy vectors "
        "are still undecided, and on average 99 % of their choices are open."
    )
    assert "close to random ones" in text


def test_advice_for_open_policies_is_only_what_can_help():
    flat = found([1 / 7, 0.15, 0.16, 0.17, 0.18])

    def advice(in_table=False, **policy):
        (text,) = alarms.alarms(flat, 4, in_table, policy).values()
        return text.split("random ones; in a new --model_dir, ")[1]

    assert advice(learning_rate=0.2, weight_decay=0.0) == (
        "raise search.epochs."
    )
    assert advice(True, learning_rate=0.1, weight_decay=0.0) == (
        "raise table.seconds, or raise policy.learning_rate."
    )
    assert advice(learning_rate=0.2, weight_decay=1e-3) == (
        "raise search.epochs, or set policy.weight_decay=0, as it draws all "
        "choices back to equal probabilities."
    )


def test_other_searchers_are_given_no_advice_on_policies():
    arrays = dict(found([1 / 7, 0.15, 0.16, 0.17, 0.18]).arrays)
    for name in list(arrays):
        if name.startswith("probabilities/"):
            end = name.removeprefix("probabilities")
            arrays[f"effects{end}"] = 0 * arrays[name]
            arrays[f"effect_errors{end}"] = 0 * arrays[name]
    rate = {"learning_rate": 0.1, "weight_decay": 1e-3}
    thompson = policies.Policies(SPACE, arrays)
    (text,) = alarms.alarms(thompson, 4, False, rate).values()
    assert text.endswith("ones; in a new --model_dir, raise search.epochs.")


def test_policies_of_which_a_part_has_settled_are_quiet():
    mixed = found([1 / 7, 0.15, 0.16, 0.17, 0.18])
    arrays = dict(mixed.arrays)
    # 7 of 34 vectors.
    arrays["probabilities/operations/normal"][-1, :7] = np.eye(7)[3]
    arrays["probabilities/operations/normal"][-2, :7] = [1 / 7] * 7
    found_now = alarms.alarms(policies.Policies(SPACE, arrays), 4)
    assert "stayed open" not in found_now


def test_pooling_that_takes_over_raises_an_alarm():
    rising = found([1 / 7, 0.3, 0.5, 0.6, 0.7])
    first, second = alarms.alarms(rising, 4).values()
    assert "(max pool 3x3, avg pool 3x3, skip connect)" in first
    assert (
        "have taken over the normal cell: they make up 80% of its operations, "
        "up from 43% at the start" in first
    )
    assert "the reduction cell" in second


def test_convolutions_that_lead_are_quiet():
    assert alarms.alarms(found([1 / 7, 0.3, 0.7], leading=3), 2) == {}


def test_identity_takes_a_recurrent_cell_over():
    cell = found([0.25, 0.8], histories.RECURRENT, 3)
    (text,) = alarms.alarms(cell, 1).values()
    assert "(identity) have taken over the recurrent cell" in text


def test_vectors_that_settle_in_the_first_half_raise_an_alarm():
    rows = [1 / 7, 0.95, 0.97, 0.97, 0.97]
    (text,) = alarms.alarms(found(rows, leading=3), 4).values()
    # All but the first node's, which has nothing to choose.
    assert text.startswith("34 of 34 policy vectors settled within the first")
    assert "in epoch 1 (normal node 3: 1, 2), when the mean reward was" in text
    # In a table there are no weights that were hardly trained.
    settled = found(rows, leading=3)
    assert alarms.alarms(settled, 4, in_table=True) == {}


def test_vectors_that_settle_late_are_quiet():
    rows = [1 / 7, 0.2, 0.3, 0.97, 0.97]
    assert alarms.alarms(found(rows, leading=3), 4) == {}


def without_probabilities(space=SPACE, **kept):
    arrays = histories.arrays(space, 3, marginals=False, **kept)
    return policies.Policies(space, arrays)


def test_what_is_sampled_alike_is_no_vector_that_settled():
    assert alarms.alarms(without_probabilities(strength=30.0), 9) == {}


def test_sampled_pooling_that_takes_over_raises_an_alarm():
    sampled = without_probabilities(steps=5)
    # Every judged architecture has the first operation only.
    sampled.architectures[-1, :, :, 1] = 0
    ops = sampled.counts[-1, 1]
    ops[..., 0], ops[..., 1:] = ops.sum(-1), 0
    first, _ = alarms.alarms(sampled, 3).values()
    assert "they make up 100% of its operations, up from " in first
    assert "policy.entropy_coefficient" not in first


def equal(*epochs):
    """Alarms if all rewards of these epochs are equal."""
    uniform = found([1 / 7] * 4)
    for epoch in epochs:
        uniform.rewards[epoch - 1] = 0.25
    return alarms.alarms(uniform, 3)


def test_equal_rewards_raise_an_alarm():
    assert equal() == {}
    (text,) = equal(2).values()
    assert text.startswith(
        "All 6 architectures that were judged in epoch 2 earned the same "
        "reward, 0.25. Nothing can be learnt"
    )
    assert (
        "0.25; so it was in 2 of 3 epochs. Nothing"
        in equal(1, 3)["equal rewards"]
    )


def test_a_single_reward_cannot_differ():
    arrays = histories.arrays(SPACE, 2, steps=1, strength=0.0)
    assert alarms.alarms(policies.Policies(SPACE, arrays), 2) == {}


def test_a_space_without_choices_is_quiet():
    space = histories.recurrent.recurrent(1, ("tanh",))
    assert alarms.alarms(found([1.0] * 3, space), 20) == {}
