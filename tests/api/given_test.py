"""What a Python program may give as data, and what is refused at once."""

import pathlib
import re

import numpy as np
import pytest
import tensorflow as tf

import ednas_tf
from ednas_tf.api import given, searching
from tests import printed

X = np.arange(8 * 4 * 4, dtype=np.uint8).reshape(8, 4, 4)
Y = np.array([0, 1] * 4)


def arrays(x=X, y=Y, validation=None, test=None, classes=None, share=0.25):
    return given.arrays(x, y, validation, test, classes, share)


def test_test_images_are_drawn_from_each_class_and_stay_the_same():
    found = arrays()
    assert len(found.train) == 6 and len(found.test) == 2
    assert sorted(found.test.labels) == [0, 1]
    assert found.classes == ("0", "1")
    assert found.validation is None
    again = arrays()
    assert again.digest == found.digest
    np.testing.assert_array_equal(again.test.images, found.test.images)


def test_given_images_are_used_as_they_are():
    found = arrays(validation=(X[:2], Y[:2]), test=(X[:3], Y[:3]))
    assert len(found.train) == 8
    assert len(found.validation) == 2 and len(found.test) == 3
    np.testing.assert_array_equal(found.train.images[..., 0], X)
    assert found.train.labels.dtype == np.int32
    assert found.white == 255


@pytest.mark.parametrize("x", [(X, Y), [X, Y]])
def test_images_and_labels_can_be_a_pair(x):
    assert arrays(x, None).digest == arrays().digest
    assert arrays(classes=np.int64(2)).digest == arrays().digest


@pytest.mark.parametrize(
    "x, high",
    [
        (X // 8.0, "15"),
        (X // 8, "15"),
        (X // 64, "1"),
        (X, "127"),
        (X * 2, ""),
        (X / 127, ""),
        (X > 9, ""),
    ],
)
def test_dark_images_may_have_another_range(x, high, capsys):
    arrays(x)
    warning = printed.unbroken(capsys.readouterr().err)
    expected = high and (
        f"warning: x: found pixels from 0 to {high}, and assume that 255 is "
        f"white, so that all are dark; if {high} is white, divide x, "
        f"validation and test by {high}"
    )
    assert warning.strip() == expected


def test_floats_from_0_to_1_are_scaled():
    found = arrays(X / np.float32(127), share=0.5)
    assert found.white == 1
    assert {0, 255} == {
        int(found.train.images.min() * 0),
        max(int(s.images.max()) for s in (found.train, found.test)),
    }
    half = np.full((4, 2, 2, 3), 0.5)
    half[0] = 0
    found = arrays(half, [0, 1, 0, 1], share=0.5)
    assert set(found.train.images.ravel()) | {0} == {0, 128}


def test_booleans_are_black_and_white():
    found = arrays(X > 64, test=(X > 64, Y))
    assert found.white == 1
    assert set(found.test.images.ravel()) == {0, 255}


def test_all_splits_are_scaled_alike():
    # The test images alone would be taken for floats from 0 to 1.
    dark = np.ones((2, 4, 4), np.float32)
    found = arrays(X.astype(np.float32), test=(dark, [0, 1]))
    assert found.test.images.max() == 1


@pytest.mark.parametrize(
    "labels, classes, names, first",
    [
        (["cat", "dog"] * 4, None, ("cat", "dog"), 0),
        (["cat", "dog"] * 4, ["dog", "cat"], ("dog", "cat"), 1),
        (np.array([b"cat", b"dog"] * 4), None, ("cat", "dog"), 0),
        (np.array(["cat", "dog"] * 4, object), None, ("cat", "dog"), 0),
        (Y[:, np.newaxis], ["no", "yes"], ("no", "yes"), 0),
        (Y == 1, None, ("0", "1"), 0),
        (Y.astype(float), None, ("0", "1"), 0),
        (Y, 3, ("0", "1", "2"), 0),
    ],
)
def test_labels_and_classes(labels, classes, names, first):
    found = arrays(y=labels, classes=classes, test=(X, labels))
    assert found.classes == names
    assert found.test.labels.tolist() == [first, 1 - first] * 4


def dataset(x=X, y=Y):
    return tf.data.Dataset.from_tensor_slices((x[..., np.newaxis], y))


@pytest.mark.parametrize(
    "x",
    [
        dataset(),
        dataset().batch(3),
        tf.data.Dataset.from_tensor_slices((X, Y)).batch(3),
        dataset(y=np.array(["0", "1"] * 4)),
    ],
)
def test_datasets_are_read_batched_or_not(x):
    found = arrays(x, None, test=x)
    np.testing.assert_array_equal(found.train.images[..., 0], X)
    np.testing.assert_array_equal(found.test.labels, Y)


def test_a_dataset_can_have_names_of_classes():
    x = dataset()
    x.class_names = ["no", "yes"]
    assert arrays(x, None).classes == ("no", "yes")


def with_nan():
    images = X.astype(np.float32)
    images[1, 2, 3] = np.nan
    return images


#: Arguments -> what the error says of them.
WRONG = [
    ({"y": Y[:7]}, "y: expected a label for each of 8 images, found 7"),
    ({"y": None}, "y: expected .* found none; pass the labels, too"),
    ({"x": X * 0 + 7}, "x: expected images that differ, .* all of 8 images"),
    ({"x": X[:0], "y": Y[:0]}, "x: expected images, found none"),
    ({"x": X[0]}, "x: expected images .* found the shape [4, 4]"),
    ({"x": np.zeros((8, 4, 4, 2))}, "x: expected 1 or 3 channels .* to grey"),
    (
        {"x": np.zeros((8, 3, 4, 4))},
        "found 4 in the shape [8, 3, 4, 4]; .* numpy.moveaxis(images, 1, -1)",
    ),
    ({"x": [X[0], X[0, :2]] * 4}, "x: expected images as numbers"),
    ({"x": X.astype(object)}, "x: expected images .* the type object"),
    ({"x": X * 1j}, "x: expected images .* the type complex128"),
    ({"x": with_nan()}, "found 1 that are nan .* the first at [1, 2, 3, 0]"),
    (
        {"x": X - 0.5},
        "x: expected pixels in [0, 1] .* found -0.5 to 126.5; .* itself",
    ),
    ({"x": X.astype(int) * 3}, "x: expected pixels .* 0 to 381; .* by 257"),
    ({"x": X * 1e4}, "found 0 to 1.27e+06; rescale the images to [0, 255]"),
    ({"x": X / 63.5}, "x: expected pixels .* found 0 to 2 with fractions"),
    ({"test": (X / 255, Y)}, "test[0]: .* found 0 to 0.498039 with fractions"),
    ({"y": np.eye(2)[Y]}, "y: .* found the shape [8, 2]; if .* one-hot"),
    ({"y": Y / 2}, "y: expected labels .* found the number 0.5"),
    ({"y": [0, "a"] * 4}, "y: expected labels .* of the types int, str"),
    ({"y": ["a", None] * 4}, "y: expected labels .* the types NoneType, str"),
    (
        {"y": np.array(["a", None] * 4)},
        "y: expected labels .* the types NoneType, str",
    ),
    ({"y": Y * 0}, "y: expected at least two classes, found 1"),
    ({"y": Y - 1}, "y: expected labels from 0 on, found -1 to 0"),
    ({"y": Y * 100_000}, "y: expected labels from 0 to 99999, found 0 to 1000"),
    ({"y": Y + 1}, "y: expected every label from 0 to 2, found no 0"),
    ({"y": Y * 3, "classes": 3}, "y: expected labels from 0 to 2, found '3'"),
    ({"x": None, "y": None}, "x: expected images as numbers .* found None"),
    ({"x": 3}, "x: expected images as numbers .* found 3"),
    ({"y": "cat"}, "y: expected labels [n], .* found 'cat'"),
    ({"x": (X, Y, X), "y": None}, "x: expected images as numbers"),
    ({"classes": 1}, "classes: expected at least 2 .* found 1"),
    ({"classes": 10**9}, "classes: expected .* at most 100000 classes, found"),
    ({"classes": ["a"]}, "y: expected at least two classes, found 1"),
    ({"classes": ["a", "a"]}, "classes: expected distinct names"),
    ({"classes": "ab"}, "classes: expected the number"),
    ({"classes": X}, "classes: expected the number"),
    ({"y": ["a", "b"] * 4, "classes": ["a", "c"]}, "y: .* found 'b'"),
    ({"test": (X, Y + 1)}, "test[1]: expected labels from 0 to 1, found '2'"),
    ({"test": (X[:, :3], Y)}, "test[0]: expected images of the shape [4, 4,"),
    ({"test": X}, "test: expected a pair (images, labels) or"),
    ({"test": (X / 300, Y), "x": X / 127}, ""),
    ({"test": (X, Y), "x": X / 127}, "test[0]: expected pixels in [0, 1]"),
    ({"validation": (X, Y[:1])}, "validation[1]: expected a label for each"),
    ({"x": X[:2], "y": Y[:2]}, "x: expected enough images"),
    ({"x": dataset()}, "y: expected none with a tf.data.Dataset"),
    ({"x": dataset().repeat(), "y": None}, "x: .* found one without end"),
    (
        {"x": dataset().filter(lambda x, y: True), "y": None},
        "x: .* found one of unknown size",
    ),
    ({"x": dataset().take(0), "y": None}, "x: expected images, found none"),
    (
        {"x": dataset().map(lambda x, y: x), "y": None},
        "x: expected a tf.data.Dataset of pairs (image, label), found",
    ),
    (
        {"x": dataset(y=np.eye(3)[Y]), "y": None},
        "x: expected .* a label without dimensions",
    ),
]


@pytest.mark.parametrize("arguments, message", WRONG)
def test_wrong_data_are_refused(arguments, message):
    if not message:
        arrays(**arguments)
        return
    pattern = ".*".join(map(re.escape, message.split(".*")))
    with pytest.raises(ValueError, match=pattern) as raised:
        arrays(**arguments)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "arguments, options, message",
    [
        (
            ("digitz",),
            {},
            "x: expected arrays, .* found 'digitz', did you mean 'digits'? "
            "(one of: cifar10, cluttered_digits, digits, imagenet2012, tfds)",
        ),
        (("no/digits",), {}, "found no such folder: 'no/digits'"),
        ((pathlib.Path("digits"),), {}, "found no such folder: 'digits'"),
        (("penn_treebank",), {}, "x: .* use ednas_tf.find_text"),
        (("nas_bench_201",), {}, "x: .* ednas_tf.search for a table"),
        (("digits", [1]), {}, "y: expected none, because x is a folder"),
        (("digits",), {"test": (X, Y)}, "test: expected none"),
        (("digits",), {"test": 0.2}, 'data={"test_share": 0.1} sets the share'),
        (
            ("images",),
            {},
            "data_dir: expected the folder .* images, found none",
        ),
        (("images",), {"data_dir": "none"}, "found no folder '/"),
        (("tests",), {"data_dir": "a"}, "data_dir: expected none, because x"),
        ((X, Y), {"data_dir": "a"}, "data_dir: expected none, because x says"),
        (("digits",), {"data_dir": 3}, "data_dir: expected the path of a fold"),
        (("digits",), {"download": "no"}, "download: expected True or False, "),
        ((X, Y), {"data": {"name": "digits"}}, "data.name: expected arrays, "),
        ((__file__,), {}, "x: expected an existing folder .* found a file:"),
        (("digits",), {"validation": 2}, "validation: expected a share"),
        (("digits",), {"validation": (X, Y)}, "because x is not an array"),
        ((X, Y), {"validation": 1.5}, "validation: expected a share"),
        ((X, Y), {"validation": "0.2"}, "validation: expected a share"),
        ((X, Y), {"test": 1}, "test: expected a share .* dataset, found 1"),
        ((X, Y), {"test": True}, "test: expected a share .* 'bool'"),
        ((X, Y), {"hours": 0}, "hours: expected a number above 0 .* found 0"),
        ((X, Y), {"hours": float("inf")}, "hours: .* at most 2400, found inf"),
        ((X, Y), {"hours": "1"}, "hours: expected a number above 0"),
        ((X, Y), {"config_file": {}}, "config_file: expected the path .* {}"),
        ((X, Y), {"config_file": ["a"]}, "config_file: expected the path"),
        ((X, Y), {"config_file": "a\0b"}, "config_file: expected the path"),
        ((X, Y), {"plugin": 3}, "plugin: expected a Python file, the name of"),
        ((X, Y), {"plugin": [None]}, "plugin: expected a Python file, .* None"),
        ((X, Y), {"plugin": ""}, "plugin: expected a Python file, .* ''"),
        ((X, Y), {"search": {"epoch": 1}}, "find: unknown setting"),
        ((X, Y), {"search": {"epochs": 0}}, "find: search.epochs: expected"),
        ((X, Y), {"search": 3}, "find: search: expected a mapping"),
        ((X, Y), {"search": {"space": "a"}}, "settings (name, nodes, ops), fo"),
        ((X, Y), {"seed": -1}, "find: seed: expected at least 0, found -1"),
        ((X, Y), {"runtime": {"data_dir": "a"}}, "data_dir: expected none"),
        ((X, Y), {"plugin": ["none.py"]}, "plugin: expected a Python file"),
        ((X, Y), {"search": {"searcher": "ednass"}}, "did you mean 'ednas'?"),
    ],
)
def test_wrong_calls_are_refused(arguments, options, message, tmp_path):
    pattern = ".*".join(map(re.escape, message.split(".*")))
    folder = tmp_path / "run"
    with pytest.raises(ValueError, match=pattern) as raised:
        ednas_tf.find(*arguments, model_dir=folder, **options)
    assert "\n" not in str(raised.value) and "--" not in str(raised.value)
    assert not folder.exists()


@pytest.fixture
def asked(monkeypatch):
    """The settings of each search, which does not run."""
    settings = []
    monkeypatch.setattr(
        searching, "run", lambda *arguments: settings.append(arguments[0])
    )
    return settings


def test_a_folder_of_data_and_a_download(asked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    (tmp_path / "letters").mkdir()
    ednas_tf.find("tfds:beans", data_dir="tfds", download=True)
    ednas_tf.find("images", data_dir=pathlib.Path("photos"))
    ednas_tf.find("cifar10", runtime={"download": True, "xla": True})
    ednas_tf.find_text("text", data_dir="letters")
    found = [each.runtime for each in asked]
    assert [each.data_dir for each in found] == [
        *(f"{tmp_path}/tfds", f"{tmp_path}/photos"),
        *("", f"{tmp_path}/letters"),
    ]
    assert [each.download for each in found] == [True, False, True, False]
    assert found[2].xla


def test_settings_of_a_data_set_of_a_plugin_are_checked(monkeypatch):
    monkeypatch.setattr(given.image_data, "names", lambda: ["mine"])
    with pytest.raises(ValueError, match="find: data: expected a mapping of"):
        ednas_tf.find("mine", data=3)


def test_shares_and_numbers_of_numpy(asked):
    ednas_tf.find(
        *(X, Y),
        validation=np.float32(0.5),
        test=0.5,
        seed=np.int64(3),
        hours=np.float32(0.5),
        plugin=None,
    )
    (settings,) = asked
    assert settings.data.test_share == 0.5
    assert settings.data.validation_images == 2
    assert settings.seed == 3 and settings.search.hours == 0.5


def test_a_model_dir_is_the_path_of_a_directory(tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    for model_dir, message in (
        (
            "",
            "model_dir: expected the path of a directory, found ''; use '.' f",
        ),
        (3, "model_dir: expected the path of a directory, found 3"),
        ("a\0b", "model_dir: expected the path of a directory, found"),
        ("x" * 256, "model_dir: expected the path of a directory, found"),
        (file, "found a file; choose another model_dir"),
    ):
        with pytest.raises(ValueError, match=message):
            ednas_tf.find(X, Y, model_dir=model_dir)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"text": "runs/txet"}, "found no such file: 'runs/txet'"),
        ({"text": "nothing.txt"}, "found no such file: 'nothing.txt'"),
        ({"text": pathlib.Path("txet")}, "found no such file: 'txet'"),
        ({"text": "txet"}, "text: expected at least 10 lines"),
        ({"text": X}, "found ndarray of the shape [8, 4, 4]"),
        ({"text": ""}, "text: expected a text, or the path"),
        ({"text": "penn_treebank", "test": "a"}, "test: expected none"),
        ({"text": "a\n" * 20, "data_dir": "a"}, "data_dir: expected none"),
        ({"text": "text", "data_dir": "none"}, "data_dir: expected the folder"),
        ({"text": "a\n" * 20, "data": 3}, "find_text: data: expected a mappi"),
        ({"text": "a b\n" * 9}, "text: expected at least 10 lines"),
    ],
)
def test_wrong_texts_are_refused(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        ednas_tf.find_text(**arguments)
