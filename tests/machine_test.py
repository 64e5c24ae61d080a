import subprocess
import types

import pytest
import tensorflow as tf

from ednas_tf import machine

GIB = 2**30


def test_the_cpu_is_one_device_with_all_cores():
    found = machine.here("mirrored")
    assert (found.kind, found.devices) == ("CPU", 1)
    assert found.cores >= 1 and found.memory > GIB
    assert str(found).startswith(f"{found.cores} cores, ")


def test_the_limits_of_a_container(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: range(64))
    assert machine.here("one_device").cores == 64
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    (tmp_path / "memory.max").write_text(f"{GIB // 2}\n")
    found = machine.here("one_device")
    assert (found.cores, found.memory) == (2, GIB // 2)
    for name in ("cpu.max", "memory.max"):
        (tmp_path / name).write_text("max 100000\n")
    assert machine.here("one_device").cores == 64


@pytest.mark.parametrize(
    "strategy, devices",
    [("one_device", 1), ("mirrored", 2), ("multi_worker_mirrored", 6)],
)
def test_gpus(monkeypatch, strategy, devices):
    monkeypatch.setenv(
        "TF_CONFIG",
        '{"cluster": {"chief": ["a:1"], "worker": ["b:1", "c:1"]}, '
        '"task": {"type": "worker", "index": 1}}',
    )
    monkeypatch.setattr(
        tf.config, "get_visible_devices", lambda kind: ["one", "two"]
    )
    output = types.SimpleNamespace(stdout="81559 MiB\n24576 MiB\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: output)
    found = machine.here(strategy)
    assert (found.kind, found.devices) == ("GPU", devices)
    assert found.memory == 24 * GIB


def test_a_gpu_that_cannot_be_queried(monkeypatch):
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: ["one"])
    monkeypatch.setattr(machine, "_QUERY", ("no-such-program",))
    assert machine.here("one_device").memory == 8 * GIB
