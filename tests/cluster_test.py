"""TF_CONFIG; what it leads to is in `loops/multi_worker_test.py`."""

import json

import pytest
import tensorflow as tf

from ednas_tf import cluster, errors


def config(kind="worker", index=0, **processes):
    processes = processes or {"worker": ["a:1", "b:2"]}
    return {
        "cluster": processes,
        "task": {"type": kind, "index": index},
        "environment": "cloud",
    }


CHIEF = {"chief": ["c:3"], "worker": ["a:1", "b:2"]}


@pytest.mark.parametrize(
    "found, expected",
    [
        (config(), (0, 2, "a:1")),
        (config(index=1), (1, 2, "b:2")),
        (config("chief", **CHIEF), (0, 3, "c:3")),
        (config("worker", 0, **CHIEF), (1, 3, "a:1")),
        (config("worker", 1, **CHIEF), (2, 3, "b:2")),
        (config("chief", chief=["[::1]:99"]), (0, 1, "[::1]:99")),
    ],
)
def test_places_are_those_of_tensorflow(monkeypatch, found, expected):
    monkeypatch.setenv("TF_CONFIG", json.dumps(found))
    assert cluster.this_process() == expected

    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    spec = resolver.cluster_spec().as_dict()
    order = [*spec.get("chief", []), *spec.get("worker", [])]
    assert order[expected[0]] == expected[2] and len(order) == expected[1]


@pytest.mark.parametrize(
    "text",
    [
        *(None, "", "{", "[]", "{}", "null", "[" * 9999),
        json.dumps({"cluster": {"worker": ["a:1"]}}),
        json.dumps({"cluster": ["a:1"], "task": {"type": "worker"}}),
        *(
            json.dumps(config(index=index))
            for index in (2, -1, True, "0", 0.5, None, [0])
        ),
        json.dumps(config("ps")),
        json.dumps(config("chief")),
        json.dumps(config("worker", 2, **CHIEF)),
        json.dumps(config(["worker"])),
        json.dumps(config(worker=["a:1"], ps=["p:1"])),
        json.dumps(config(worker=["a:1"], evaluator=["e:1"])),
        json.dumps(config(worker=["a:1"], chief=["b:1", "c:1"])),
        json.dumps(config(worker=["a"])),
        json.dumps(config(worker=[1])),
        json.dumps(config(worker="a:1")),
        json.dumps(config(worker={"0": "a:1"})),
        json.dumps(config(worker=["a:x"])),
    ],
)
def test_a_tf_config_that_does_not_fit(monkeypatch, text):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if text is not None:
        monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(errors.RequestError, match="TF_CONFIG: expected all"):
        cluster.this_process()
