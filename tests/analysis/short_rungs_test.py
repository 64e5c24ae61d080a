"""Short trainings, sorted."""

from ednas_tf.analysis import short_rungs, trainings
from ednas_tf.space import published
from tests.analysis import histories, short_histories

DONE = short_histories.trainings_of(histories.SMALL)


def test_rungs_are_ranked_by_the_loss():
    rungs = short_rungs.rungs(reversed(DONE))
    assert [len(rung) for rung in rungs] == [16, 8, 4]
    assert [rung[0].steps for rung in rungs] == [50, 100, 200]
    for rung in rungs:
        losses = [each.loss for each in rung]
        assert losses == sorted(losses)


def test_a_line_is_an_architecture():
    lines = short_rungs.lines(DONE)
    assert sorted(map(len, lines)) == [1] * 8 + [2] * 4 + [3] * 4
    for line in lines:
        assert len({each.genotype for each in line}) == 1
        assert [each.steps for each in line] == [50, 100, 200][: len(line)]


def test_a_training_through_several_rungs_is_one():
    # 8 end after 50 steps, 4 after 100, 4 after 200; 4 are repeated. Of the 10
    # that are judged, one serves as control and as the one with most weights.
    assert short_rungs.count(DONE) == 29
    assert short_rungs.total_steps(DONE) == (
        8 * 50 + 4 * 100 + 4 * 200 + 4 * 50 + 9 * 200
    )


def test_origins_and_purposes():
    first = short_rungs.rungs(DONE)[0]
    assert [
        len(short_rungs.of_origin(first, origin))
        for origin in trainings.ORIGINS
    ] == [8, 3, 5]
    assert [
        len(short_rungs.of_purpose(DONE, purpose))
        for purpose in trainings.PURPOSES
    ] == [28, 4, 4, 3, 3]
    assert set(short_rungs.FROM) == set(trainings.ORIGINS)


def test_a_genotype_in_short():
    assert short_rungs.in_short(published.published("darts_v2")) == {
        "normal": "5 sep conv 3x3, 2 skip connect, 1 dil conv 3x3",
        "reduction": "5 max pool 3x3, 3 skip connect",
    }
