"""The page of examples/browser in a real browser.

Needs Debian's chromium, playwright, and LiteRT.js: `npm install` in
examples/browser.
"""

import contextlib
import functools
import http.server
import json
import pathlib
import shutil
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.data.images import image_data
from ednas_tf.export import litert
from ednas_tf.export.images import decoding

PAGE = pathlib.Path(__file__).parents[2] / "examples" / "browser"
CHROMIUM = shutil.which("chromium")
LITERT = PAGE / "node_modules" / "@litertjs" / "core"

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium"),
    pytest.mark.skipif(
        not LITERT.exists(), reason="no LiteRT.js: npm install in the folder"
    ),
]

#: Largest accepted difference of a probability.
TOLERANCE = 1e-4

_PREDICT = """
async ([bytes]) => {
  const {loading} = await import("./page.js");
  const classifier = await loading;
  const file = new Blob([new Uint8Array(bytes)]);
  return Array.from(await classifier.classify(file));
}
"""


@pytest.fixture(scope="module")
def digits():
    return image_data.load("digits")


@pytest.fixture(scope="module")
def network():
    """Two layers with fixed weights instead of a searched network."""
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(8, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(10),
        ]
    )


@pytest.fixture(scope="module")
def folder(digits, network, tmp_path_factory):
    """The page, LiteRT.js, and a network."""
    result = tmp_path_factory.mktemp("browser")
    for file in PAGE.iterdir():
        (result / file.name).symlink_to(file)
    model = result / "model"
    if model.is_symlink():
        model.unlink()
    model.mkdir()
    form = {"height": 8, "width": 8, "channels": 1, "central": False}
    (model / "input.json").write_text(json.dumps(form))
    names = "".join(f"digit {i}\n" for i in range(10))
    (model / "labels.txt").write_text(names)
    content = litert.float_model(network, digits, batch=1)
    (model / litert.SINGLE_FILE).write_bytes(content)
    return result


@contextlib.contextmanager
def served(folder):
    """The address of a server of files, which does no more than that."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("localhost", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def page(folder):
    """The loaded page; in the end there was no error and no other host."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with served(folder) as address, sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--no-first-run"],
        )
        opened = browser.new_page(viewport={"width": 390, "height": 844})
        wrong = []
        opened.on("pageerror", lambda error: wrong.append(str(error)))
        opened.on(
            "request",
            lambda asked: (
                asked.url.startswith((address, "data:", "blob:"))
                or wrong.append(asked.url)
            ),
        )
        opened.goto(address)
        opened.get_by_text("The network is ready.").wait_for()
        yield opened
        browser.close()
        assert not wrong


def expected(network, digits, content):
    images = decoding.decode(tf.constant([content]), (8, 8, 1))
    standard = (tf.cast(images, tf.float32) / 255 - digits.mean) / digits.stddev
    return tf.nn.softmax(network(standard))[0].numpy()


def png(image):
    return tf.io.encode_png(image).numpy()


def test_the_probabilities_are_tensorflows(page, digits, network):
    images = digits.test.images[:3]
    generator = np.random.default_rng(0)
    colours = generator.integers(0, 256, (30, 21, 3), np.uint8)
    see_through = generator.integers(0, 256, (9, 14, 4), np.uint8)
    see_through[..., 3] = 255 * (see_through[..., 3] > 99)
    for image in (
        *images,
        # Of other sizes: smaller, larger, in colour, and partly transparent.
        *(images[0].repeat(3, 0).repeat(2, 1), images[1][::2, ::2]),
        *(colours, see_through),
    ):
        content = png(image)
        found = page.evaluate(_PREDICT, [list(content)])
        np.testing.assert_allclose(
            found, expected(network, digits, content), rtol=0, atol=TOLERANCE
        )


def test_a_picture_is_classified_and_a_text_is_refused(
    page, digits, network, tmp_path
):
    content = png(digits.test.images[4].repeat(20, 0).repeat(20, 1))
    (tmp_path / "a.png").write_bytes(content)
    page.set_input_files("input", tmp_path / "a.png")
    page.get_by_text("a.png: ").wait_for()
    rows = page.locator("tr").all_inner_texts()
    probabilities = expected(network, digits, content)
    order = np.argsort(-probabilities)[:5]
    assert [row.split("\t")[0] for row in rows] == [f"digit {i}" for i in order]
    shown = [float(row.split("\t")[1]) for row in rows]
    np.testing.assert_allclose(shown, probabilities[order], atol=2e-4)
    # No word is cut off at the width of a phone.
    assert page.evaluate("document.body.scrollWidth") <= 390

    (tmp_path / "b.txt").write_text("no picture")
    page.set_input_files("input", tmp_path / "b.txt")
    page.get_by_text("b.txt: expected a JPEG or PNG picture").wait_for()
    assert page.locator("tr").count() == 0
