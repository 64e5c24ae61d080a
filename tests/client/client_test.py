"""The client as a separate process, against a stand-in for the server."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.client import client_images, serving_grpc, serving_rest
from ednas_tf.client.served_model import ServedModel
from tests.client.serving_stand_in import ServingStandIn
from tests.export import colour_model
from tests.export.colour_model import HIGH, LOW

ROOT = pathlib.Path(__file__).resolve().parents[2]
ASK = {"rest": serving_rest.predict, "grpc": serving_grpc.predict}


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    return colour_model.write(tmp_path_factory.mktemp("colours"))


@pytest.fixture(scope="module")
def server(versions):
    with ServingStandIn("colours", versions) as server:
        yield server


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A folder with images of one colour each, and files without images."""
    folder = tmp_path_factory.mktemp("images")
    png, jpeg = tf.io.encode_png, tf.io.encode_jpeg
    contents = {
        "blue.PNG": png(colour_model.image((0, 0, 255))).numpy(),
        "green.png": png(colour_model.image((0, 255, 0), 90)).numpy(),
        "red.jpg": jpeg(colour_model.image((255, 0, 0))).numpy(),
        ".hidden.png": b"",
        "notes.txt": b"no image",
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / "broken").mkdir()
    (folder / "broken" / "cut.png").write_bytes(contents["green.png"][:40])
    return folder


def run(folder, *flags):
    """Exit status, stdout and stderr of the command in `folder`."""
    done = subprocess.run(
        [sys.executable, "-m", "export.client", *flags],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def ask(server, protocol, version=None, name="colours"):
    address = getattr(server, protocol)
    return ServedModel(protocol, address, name, version, 20)


def refusal(server, protocol, contents=(b"",), **asked):
    with pytest.raises(errors.RunError) as caught:
        request = client_images.request(list(contents))
        ASK[protocol](ask(server, protocol, **asked), request)
    message = str(caught.value)
    assert message.startswith(getattr(server, protocol) + " ")
    assert len(message) < 500 and message.isprintable()
    return message.removeprefix(getattr(server, protocol) + " ")


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_files_and_folders_in_batches(server, images, protocol):
    server.batches.clear()
    status, out, err = run(
        images,
        *(f"--address={getattr(server, protocol)}", "--model=colours"),
        *(f"--protocol={protocol}", "--batch_size=2", "--top=2"),
        *("--images=red.jpg,green.png", "--images=."),
    )

    assert (status, err) == (0, "")
    # TensorFlow's JPEG of pure red is a little less so: 254, 0, 0.
    red = "class rouge: 78.6 %, class 1: 10.7 %"
    assert out.splitlines() == [
        f"red.jpg: {red}",
        f"green.png: class vert: {HIGH}, class 0: {LOW}",
        f"blue.PNG: class bleu: {HIGH}, class 0: {LOW}",
        f"green.png: class vert: {HIGH}, class 0: {LOW}",
        f"red.jpg: {red}",
    ]
    assert server.batches == [(protocol, n) for n in (2, 2, 1)]


def test_a_version_and_the_names_of_all_classes(server, images, tmp_path):
    labels = tmp_path / "labels.txt"
    labels.write_text("red\ngreen\nblue\n")
    flags = ["--model=colours", f"--address={server.rest}", "--images=blue.PNG"]
    asked = run(images, *flags, "--version=1", f"--labels={labels}")
    found = f"class blue: {HIGH}, class red: {LOW}, class green: {LOW}"
    assert asked == (0, f"blue.PNG: {found}\n", "")

    status, out, err = run(images, *flags, f"--labels={labels}")
    assert (status, out) == (1, "")
    assert err == (
        f"error: {server.rest}: the response for the model 'colours' is not "
        "that of an exported model: expected class 2 to be 'blue', as in "
        "--labels, found 'bleu'\n"
    )


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_ten_cifar10_images(server, versions, shared_data_dir, protocol):
    (file,) = shared_data_dir.glob("tfds/cifar10/*/cifar10-test.tfrecord*")
    spec = {"image": tf.io.FixedLenFeature([], tf.string)}
    contents = [
        tf.io.parse_single_example(record, spec)["image"].numpy()
        for record in tf.data.TFRecordDataset(str(file)).take(10)
    ]
    # Send the second image as PNG, which keeps its pixels.
    pixels = np.stack([tf.io.decode_jpeg(each) for each in contents])
    contents[1] = tf.io.encode_png(pixels[1]).numpy()
    request = client_images.request(contents)
    found = ASK[protocol](ask(server, protocol, 1), request)
    means = pixels.mean((1, 2)) / 127.5
    exponents = np.exp(means)

    np.testing.assert_allclose(
        found["probabilities"],
        exponents / exponents.sum(-1, keepdims=True),
        atol=1e-5,
    )
    assert found["classes"] == means.argmax(-1).tolist()
    labels = [colour_model.LABELS[1][i] for i in found["classes"]]
    assert found["labels"] in (labels, [each.encode() for each in labels])


# Requests that the server refuses.


@pytest.mark.parametrize(
    "protocol, prefix", [("rest", ""), ("grpc", "NOT_FOUND: ")]
)
def test_an_unknown_model_or_version(server, protocol, prefix):
    assert refusal(server, protocol, name="colors") == (
        f"refuses 1 image for the model 'colors': {prefix}Servable not found "
        "for request: Latest(colors)"
    )
    assert refusal(server, protocol, version=9) == (
        f"refuses 1 image for the model 'colours': {prefix}Servable not found "
        "for request: Specific(colours, 9)"
    )


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_an_image_that_cannot_be_decoded(server, images, protocol):
    cut = (images / "broken" / "cut.png").read_bytes()
    message = refusal(server, protocol, [cut, cut])
    assert message.startswith("refuses 2 images for the model 'colours': ")
    assert "Invalid PNG" in message


def test_a_refusal_ends_the_command(server, images):
    status, out, err = run(
        images,
        *(f"--address={server.rest}", "--model=colours", "--batch_size=1"),
        "--images=blue.PNG,broken,blue.PNG",
    )
    assert status == 1
    assert (
        out == f"blue.PNG: class bleu: {HIGH}, class 0: {LOW}, class 1: {LOW}\n"
    )
    assert err.startswith(f"error: {server.rest} refuses 1 image for ")
    assert err.endswith("\n") and err.count("\n") == 1


# Wrong requests, which are refused without a server.


@pytest.mark.parametrize(
    "flags, message",
    [
        ([], "--model: expected the name that the server was started with"),
        (["--model=a"], "--images: expected JPEG or PNG files or folders of"),
        (["--model=a/b"], "--model: expected the name that the server was"),
        (
            ["--model=a", "--protocol=grcp"],
            "--protocol: unknown protocol 'grcp', did you mean 'grpc'? (one "
            "of: grpc, rest)",
        ),
        (
            ["--model=a", "--address=http://localhost:8501"],
            "--address: expected host:port such as localhost:8501, found "
            "'http://localhost:8501'",
        ),
        (["--model=a", "--address="], "--address: expected host:port such as"),
        (["--image=a.png"], "Unknown command line flag 'image'. Did you mean:"),
        (["--dataset=digits"], "Unknown command line flag 'dataset'; see"),
        (["--top=0"], "--top: expected an integer in the range [1, "),
        (["--timeout=soon"], "--timeout: expected an integer in the range [1,"),
        (["--batch_size=5000"], "--batch_size: expected an integer in the"),
        (["--version=-1"], "--version: expected a"),
        (["a.png"], "expected flags only, found 'a.png'; see --help"),
        (
            ["--model=a", "--images=red.jpg,no.jpg"],
            "no.jpg: cannot be read: No such file or directory; give a JPEG or "
            "PNG file",
        ),
        (
            ["--model=a", "--images=notes.txt"],
            "notes.txt: expected a JPEG or PNG image, found b'no image'; "
            "convert it, or give another file",
        ),
        (
            ["--model=a", "--images=red.jpg", "--labels=no.txt"],
            "no.txt: cannot be read: No such file or directory; give an "
            "export's assets.extra/labels.txt",
        ),
    ],
)
def test_wrong_requests(images, flags, message):
    status, out, err = run(images, *flags)
    assert (status, out) == (2, "")
    assert err.startswith(f"error: {message}")
    assert err.endswith("\n") and err.count("\n") == 1


def test_a_missing_package_for_grpc(images):
    program = (
        "import runpy, sys; sys.modules['grpc'] = None\n"
        "sys.argv = ['client', '--model=a', '--protocol=grpc', "
        "'--images=red.jpg']\n"
        "runpy.run_module('export.client', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=images,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: --protocol=grpc: needs the package tensorflow-serving-api "
        "(import of grpc halted; None in sys.modules); use --protocol=rest, or "
        'run: python -m pip install "ednas_tf[export]" (in a checkout: '
        "python -m pip install -r requirements-export.txt)\n"
    )


def test_over_rest_nothing_slow_is_imported():
    program = (
        "import sys; from ednas_tf.client import client, serving_rest\n"
        "slow = {'tensorflow', 'keras', 'numpy', 'grpc'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True
    )
    assert done.stdout == b"[]\n"
