"""Two processes on this machine, as two hosts would be."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from benchmarks import kill_and_resume
from tests import printed

#: The largest difference of any variable, values being up to 1. Each step sums
#: the halves of a batch in another order, which changes a sum by some 6e-8 of
#: it (2**-24): 1.2e-7 was measured after few steps. After many, an activation
#: near zero has come to lie on the other side of a ReLU's kink, or another
#: pixel is the maximum of a pool: that moves a gradient by a part of itself.
#: Of weights and momenta 1e-4 was measured on a processor with AVX-512, on one
#: without it 2e-3.
AFTER_STEPS = {4: 1e-6, 18: 1e-2}
WORDS = {
    "search": [
        *kill_and_resume.arguments("search", 6),
        "--params_override=runtime.checkpoint_steps=2,runtime.steps_per_log=1,"
        "search.epochs=2,search.batch_size=64,policy.batch_size=64,"
        "search.optimizer.learning_rate=0.02,runtime.checkpoints_kept=100",
    ],
    # The 360 test images leave a last batch of 10, 5 for each process.
    "train": [
        *kill_and_resume.arguments("train", 6),
        "--params_override=train.batch_size=50,train.epochs=2,"
        "train.optimizer.learning_rate=0.005",
    ],
}
#: All processes of this file.
STARTED = []


def start(folder, config=None, command="search", words=()):
    """Starts a run in a folder, as one of several processes or alone."""
    folder.mkdir(exist_ok=True)
    environment = os.environ | {
        "PYTHONPATH": str(kill_and_resume.ROOT),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    words = [*WORDS[command], *words]
    if config:
        environment["TF_CONFIG"] = json.dumps(config)
        words.append("--distribution_strategy=multi_worker_mirrored")
    process = subprocess.Popen(
        [sys.executable, "-m", f"ednas_tf.{command}", *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    STARTED.append(process)
    return process


@pytest.fixture(autouse=True, scope="module")
def no_process_stays():
    yield
    for process in STARTED:
        process.kill()


def cluster(chief=False):
    """The TF_CONFIG of two processes on ports that are free.

    They are two workers, or a chief and a worker.
    """
    sockets = [socket.socket() for _ in range(2)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    hosts = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    tasks, processes = (("worker", 0), ("worker", 1)), {"worker": hosts}
    if chief:
        tasks = ("chief", 0), ("worker", 0)
        processes = {"chief": hosts[:1], "worker": hosts[1:]}
    return [
        {"cluster": processes, "task": {"type": kind, "index": index}}
        for kind, index in tasks
    ]


def ends_well(*processes):
    errors = [process.communicate(timeout=300)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0][
        : len(processes)
    ], errors
    return errors


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def two(runs):
    """What two processes leave."""
    ends_well(*(start(runs / "two", each) for each in cluster()))
    return kill_and_resume.contents(runs / "two/run", "search")


def numbers(contents):
    """All but the name of the run, which is a text."""
    for name, value in contents.items():
        if np.asarray(value).dtype.kind in "fiub":
            yield name, value


def test_two_processes_update_as_one_does(runs, two):
    ends_well(start(runs / "one"))
    with (
        np.load(runs / "one/run/policy.npz") as alone,
        np.load(runs / "two/run/policy.npz") as together,
    ):
        assert alone["epoch/counts"].sum() > 0
        for name in ("epoch/counts", "epoch/rewards"):
            np.testing.assert_array_equal(alone[name], together[name])
    for step, most in AFTER_STEPS.items():
        expected, found = (
            kill_and_resume.tensors(runs / name / "run", step)
            for name in ("one", "two")
        )
        assert expected.keys() == found.keys()
        for name, value in numbers(expected):
            np.testing.assert_allclose(
                found[name], value, rtol=0, atol=most, err_msg=name
            )


def test_two_processes_train_and_test_as_one_does(runs):
    alone, together = runs / "train_one", runs / "train_two"
    ends_well(start(alone, command="train"))
    configs = cluster(chief=True)
    ends_well(*(start(together, each, command="train") for each in configs))
    one, other = (
        kill_and_resume.contents(folder / "run", "train")
        for folder in (alone, together)
    )
    assert one.pop("result.json") == other.pop("result.json")
    assert one.pop("genotype.json") == other.pop("genotype.json")
    for name, value in numbers(one):
        np.testing.assert_allclose(other[name], value, atol=2e-5, err_msg=name)


def test_only_the_first_writes(runs, two):
    (first,) = json.loads((runs / "two/run/starts.json").read_text())
    events = list((runs / "two/run/summaries").glob("*tfevents*"))
    assert len(events) == 1
    assert f".{first['pid']}." in events[0].name


def started(folder, configs):
    """Two processes that have saved a checkpoint."""
    processes = [start(folder, each) for each in configs]
    wait_for(folder, 0)
    return processes


def wait_for(folder, step):
    """Until there is a checkpoint of a later step."""
    end = time.monotonic() + 200
    while kill_and_resume.last_step(folder / "run") <= step:
        assert time.monotonic() < end
        time.sleep(0.02)


def test_processes_that_are_killed_and_started_again_go_on(runs, two):
    folder, configs = runs / "killed", cluster()
    processes = started(folder, configs)
    for lost in (1, 0):
        step = kill_and_resume.last_step(folder / "run")
        processes[lost].send_signal(signal.SIGKILL)
        processes[lost].communicate()
        processes[lost] = start(folder, configs[lost])
        if lost:
            wait_for(folder, step)

    told = ends_well(*processes)
    assert (
        "warning: another process of this run was lost; checkpoints are "
        "kept; this process restarts and waits for the others\n"
    ) in printed.unbroken(told[1])
    found = kill_and_resume.contents(folder / "run", "search")
    assert kill_and_resume.compare(two, found) == []


def test_a_signal_to_one_stops_both(runs):
    folder = runs / "stopped"
    processes = started(folder, cluster())
    processes[1].terminate()
    told = [process.communicate(timeout=200)[1] for process in processes]
    assert [process.returncode for process in processes] == [143, 143]
    for text, whose in zip(
        told, ("sent to another process; ", ""), strict=True
    ):
        line = f"stopped by SIGTERM; {whose}the same command goes on"
        assert line in text


def test_a_process_that_waits_for_the_others_can_be_stopped(runs):
    process = start(runs / "waiting", cluster()[0])
    while "Started server" not in process.stderr.readline():
        assert process.poll() is None
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=5)
    assert process.returncode == -signal.SIGINT


def test_processes_with_other_settings_end(runs):
    one, other = cluster()
    processes = [
        start(runs / "differ", one),
        start(runs / "differ", other, words=["--seed=1"]),
    ]
    told = [process.communicate(timeout=100)[1] for process in processes]
    assert [process.returncode for process in processes] == [1, 1]
    for text in told:
        assert "error: the processes of this run differ in" in text
