import hashlib

import tensorflow as tf

from ednas_tf import seeds


def test_a_seed_is_the_upper_half_of_four_bytes_of_a_hash():
    digest = hashlib.sha256(b"7 weights").hexdigest()
    assert seeds.derive(7, "weights") == int(digest[:8], 16) // 2


def test_a_seed_is_the_same_in_every_process():
    assert seeds.derive(0, "architectures") == 232379003


def test_derived_seeds_do_not_collide():
    found = {
        seeds.derive(seed, purpose)
        for seed in range(100)
        for purpose in ("weights", "policies", "architectures", "split")
    }
    assert len(found) == 400
    assert 0 <= min(found) and max(found) < 2**31


def test_the_seed_of_a_step_is_the_seed_and_the_step():
    found = seeds.at_step(5, tf.constant(9, tf.int64))
    assert found.dtype == tf.int32
    assert found.numpy().tolist() == [5, 9]
