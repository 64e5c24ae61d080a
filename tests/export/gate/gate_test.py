import pathlib

import pytest

from ednas_tf import errors
from ednas_tf.export.gate import gate, other_processes
from ednas_tf.export.interface import Export, SignatureRequest

FOLDER = pathlib.Path("1")
REQUESTS = [
    SignatureRequest("serving_default", {}),
    SignatureRequest("saved_model_cli", {}),
]


class Fake(Export):
    """An export that accepts all answers."""

    signature_names = ("serving_default", "step")

    def __init__(self):
        super().__init__(None)

    def write(self, saved_model):
        raise NotImplementedError

    def warmups(self):
        return []

    def requests(self):
        return REQUESTS

    def judge(self, requests, answers):
        return {"requests": requests, "answers": answers}

    def summary(self, checked):
        return ""


@pytest.fixture
def results(monkeypatch):
    """Sets the results of the other processes."""

    def give(**found):
        good = {
            "answers": [{"a": 1}, {"a": 2}],
            "replayed": ["step", "serving_default", "step"],
            "listing": 'key: "serving_default" key: "step"',
        }
        result = other_processes.ProcessResults(**good | found)
        monkeypatch.setattr(other_processes, "run", lambda *_: result)

    return give


def test_answers_are_judged_and_replays_counted(results):
    results()
    assert gate.check(FOLDER, Fake()) == {
        "requests": REQUESTS,
        "answers": [{"a": 1}, {"a": 2}],
        "warmup_requests": 3,
    }


def test_all_signatures_must_be_warmed_up(results):
    results(replayed=["step", "step"])
    with pytest.raises(errors.RunError) as caught:
        gate.check(FOLDER, Fake())
    assert str(caught.value) == (
        "warm-up requests: expected some for each of ['serving_default', "
        "'step'], found ['step']"
    )


def test_all_signatures_must_be_listed(results):
    results(listing='key: "serving_default"')
    with pytest.raises(errors.RunError, match="a signature 'step', found none"):
        gate.check(FOLDER, Fake())
