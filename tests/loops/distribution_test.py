"""Strategies; several processes are in `multi_worker_test.py`."""

import json

import pytest

from ednas_tf import errors
from ednas_tf.loops import distribution
from ednas_tf.settings import schema

SEVERAL = schema.Runtime(distribution_strategy="multi_worker_mirrored")


def config(index, kind="worker", **chief):
    return json.dumps(
        {
            "cluster": {"worker": ["a:1", "b:1"], **chief},
            "task": {"type": kind, "index": index},
        }
    )


def test_the_first_process_writes(monkeypatch):
    for index in range(2):
        monkeypatch.setenv("TF_CONFIG", config(index))
        assert distribution.is_writer(SEVERAL) == (index == 0)
        monkeypatch.setenv("TF_CONFIG", config(index, chief=["c:1"]))
        assert not distribution.is_writer(SEVERAL)
    monkeypatch.setenv("TF_CONFIG", config(0, "chief", chief=["c:1"]))
    assert distribution.is_writer(SEVERAL)


def test_a_malformed_tf_config_is_refused(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", "{")
    with pytest.raises(errors.RequestError, match="TF_CONFIG: expected all"):
        distribution.is_writer(SEVERAL)


def test_a_machine_without_a_tpu_says_so(monkeypatch):
    monkeypatch.delenv("TPU_NAME", raising=False)
    with pytest.raises(
        errors.RequestError, match="expected a TPU in TPU_NAME=local, found"
    ):
        distribution.strategy("tpu")


def test_a_tpu_that_cannot_be_reached_is_told_of(monkeypatch):
    def resolver(name):
        raise RuntimeError(f"nothing answers at {name}\nand more")

    monkeypatch.setenv("TPU_NAME", "far")
    monkeypatch.setattr(
        distribution.tf.distribute.cluster_resolver,
        "TPUClusterResolver",
        resolver,
    )
    with pytest.raises(
        errors.RequestError, match="TPU_NAME=far, found none: nothing answers"
    ):
        distribution.strategy("tpu")


def test_a_tpu_is_not_deterministic():
    runtime = schema.Runtime(distribution_strategy="tpu", deterministic=True)
    with pytest.raises(errors.RequestError, match="--deterministic: expected"):
        distribution.set_up(runtime)


def test_a_process_alone_writes_whatever_the_environment_says(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", config(1))
    assert distribution.is_writer(schema.Runtime())
