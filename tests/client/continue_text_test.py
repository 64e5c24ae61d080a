"""The command as a separate process, against a stand-in for the server."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest

from ednas_tf.export.text import text_export
from tests.client.serving_stand_in import ServingStandIn
from tests.export import colour_model, tiny_texts
from tests.export.tiny_texts import WORDS

ROOT = pathlib.Path(__file__).resolve().parents[2]
EOS, UNK = WORDS.index("<eos>"), WORDS.index("<unk>")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The working directory: an export, and other files."""
    folder = tmp_path_factory.mktemp("texts")
    exported = text_export.TextExport(tiny_texts.trained())
    exported.write(folder / "1")
    (folder / "words.txt").write_text("\n".join(WORDS) + "\n")
    (folder / "fewer.txt").write_text("\n".join(WORDS[:-1]) + "\n")
    (folder / "labels.txt").write_text("cat\ndog\n")
    return folder


@pytest.fixture(scope="module")
def server(folder):
    with ServingStandIn("tiny", {1: folder / "1"}) as server:
        yield server


def run(folder, *flags):
    """Exit status, stdout and stderr of the command in `folder`."""
    done = subprocess.run(
        [sys.executable, "-m", "export.continue_text", *flags],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def continued(folder, server, *flags, protocol="rest"):
    address = getattr(server, protocol)
    return run(
        folder,
        *("--model=tiny", f"--address={address}", f"--protocol={protocol}"),
        *("--vocabulary=words.txt", *flags),
    )


def greedy(text, count, banned=(UNK,)):
    """The most probable words from the network itself, as lines."""
    network = tiny_texts.network()
    tokens = [WORDS.index(word) for word in text.split()]
    for _ in range(count):
        rows = tiny_texts.log_probabilities(network, tokens, EOS)
        rows[-1, list(banned)] = -np.inf
        tokens.append(int(rows[-1].argmax()))
    words = " ".join(WORDS[token] for token in tokens)
    lines = [line.strip() for line in words.split("<eos>")]
    return [*lines[:-1], *filter(None, lines[-1:])]


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_the_most_probable_words(folder, server, protocol):
    server.batches.clear()
    status, out, err = continued(
        folder,
        server,
        *("--text=w3 the <eos> w7", "--words=12", "--temperature=0"),
        protocol=protocol,
    )
    assert (status, err) == (0, "")
    assert out.splitlines() == greedy("w3 the <eos> w7", 12)
    assert server.batches == [(protocol, 1)] * 12


def test_drawn_words_depend_on_the_seed(folder, server):
    flags = ("--words=15", "--temperature=3")
    first = continued(folder, server, *flags, "--seed=1")
    assert first[0] == 0
    assert continued(folder, server, *flags, "--seed=1") == first
    assert continued(folder, server, *flags, "--seed=2") != first
    assert "<unk>" not in first[1]
    # Ends of sentences become ends of lines.
    ends = first[1].count("\n")
    assert 15 - ends <= len(first[1].split()) <= 15


def test_unk_is_drawn_if_allowed(folder, server):
    flags = ("--text=", "--words=150", "--temperature=100", "--unk")
    _, out, _ = continued(folder, server, *flags)
    assert "<unk>" in out.split()


# Errors; those of the server have exit status 1.


def test_the_vocabulary_of_another_model_is_refused(folder, server):
    status, out, err = continued(folder, server, "--vocabulary=fewer.txt")
    assert (status, out) == (1, "")
    assert err == (
        f"error: {server.rest}: the response for the model 'tiny' is not that "
        "of an exported model: probabilities: expected 29, one per word of "
        "--vocabulary, found 30\n"
    )


def test_an_unknown_version(folder, server):
    status, out, err = continued(folder, server, "--version=3", "--text=w1 w2")
    assert (status, out) == (1, "")
    assert err == (
        f"error: {server.rest} refuses a text of 2 words for the model 'tiny': "
        "Servable not found for request: Specific(tiny, 3)\n"
    )


def test_an_image_model_has_no_signature_for_texts(folder, tmp_path):
    versions = colour_model.write(tmp_path)
    with ServingStandIn("tiny", versions) as server:
        status, out, err = continued(folder, server)
    assert (status, out) == (1, "")
    assert 'Serving signature name: "begin" not found' in err


def test_no_server(folder):
    status, out, err = run(
        folder,
        *("--model=tiny", "--address=localhost:1", "--vocabulary=words.txt"),
    )
    assert (status, out) == (1, "")
    assert err.startswith("error: localhost:1: no server answers over rest: ")


@pytest.mark.parametrize(
    "flags, message",
    [
        (
            ["--vocabulary=words.txt"],
            "--model: expected the name that the server was started with",
        ),
        (
            ["--model=a"],
            "--vocabulary: expected assets.extra/vocabulary.txt of the export, "
            "found none",
        ),
        (
            ["--model=a", "--vocabulary=words.txt", "--text=the xyz"],
            "--text: expected words of the vocabulary (30 words), found 'xyz'; "
            "use <unk>",
        ),
        (
            ["--model=a", "--vocabulary=labels.txt"],
            "labels.txt: expected one word per line without repetition, <eos> ",
        ),
        (
            ["--model=a", "--vocabulary=none.txt"],
            "none.txt: cannot be read: No such file or directory; give an "
            "export's assets.extra/vocabulary.txt",
        ),
        (["--model=a", "--words=0"], "--words: expected an integer in the ra"),
        (["--model=a", "--temperature=-1"], "--temperature: expected a number"),
        (
            ["--model=a", "--temperature=nan"],
            "--temperature: expected a number",
        ),
        (["--model=a", "--seed=x"], "--seed: expected an integer, found 'x'"),
        (["--model=a", "--dataset=text"], "Unknown command line flag 'dataset"),
        (["--protocol=http", "--model=a"], "--protocol: unknown protocol 'ht"),
    ],
)
def test_wrong_requests(folder, flags, message):
    status, out, err = run(folder, *flags)
    assert (status, out) == (2, "")
    assert err.startswith(f"error: {message}")
    assert err.endswith("\n") and err.count("\n") == 1


def test_over_rest_nothing_slow_is_imported():
    program = (
        "import sys; from ednas_tf.client import continue_text, serving_rest\n"
        "slow = {'tensorflow', 'keras', 'numpy', 'grpc'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True
    )
    assert done.stdout == b"[]\n"
