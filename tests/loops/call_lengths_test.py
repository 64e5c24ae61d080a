from ednas_tf.loops.call_lengths import CallLengths


def parts(calls, seconds):
    """The parts of calls whose steps take so many seconds, part by part."""
    now, seconds, found = [0.0], iter(seconds), []
    lengths, calls_between = CallLengths(lambda: now[0]), []
    lengths.between = lambda: calls_between.append(None)
    for steps in calls:
        found.append([])
        for part in lengths.split(steps):
            found[-1].append(part)
            now[0] += part * next(seconds)
    assert len(calls_between) == sum(len(each) - 1 for each in found)
    return found


def test_calls_of_fast_steps_are_split_only_while_nothing_is_known():
    # The first step compiles.
    assert parts([20, 20], [30, 0.1, 0.1, 0.1]) == [[1, 1, 18], [20]]


def test_parts_of_slow_steps_last_five_seconds_at_most():
    assert parts([20], [30, 1, 1, 2, 2, 2, 2, 2]) == [[1, 1, 5, 5, 2, 2, 2, 2]]


def test_a_part_has_a_step_however_slow_steps_are():
    assert parts([3], [30, 60, 60]) == [[1, 1, 1]]


def test_a_clock_that_stands_still_splits_nothing():
    assert parts([5, 20], [0] * 4) == [[1, 1, 3], [20]]


def test_nothing_is_split_if_nothing_is_done_between():
    assert list(CallLengths().split(20)) == [20]
