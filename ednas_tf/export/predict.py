"""Classifies images with an exported network, without a server.

python -m ednas_tf.export.predict --model=runs/mine/export --images=a.jpg,b.png
"""

from absl import flags

from ednas_tf import errors, wording
from ednas_tf.client import client_images, predictions
from ednas_tf.commands import running
from ednas_tf.export import classifier, model_flag

_IMAGES = flags.DEFINE_multi_string(
    "images",
    [],
    "JPEG and PNG files, folders of them, or a folder with a folder of them "
    "for each class, such as a.jpg,b.png.",
)
_TOP = flags.DEFINE_integer(
    "top", 3, "Top classes to print per image.", 1, 2**31
)


def main() -> None:
    model = model_flag.find()
    files = client_images.files(_IMAGES.value)
    # Imports TensorFlow, so wrong flags must have been reported before.
    loaded = classifier.load(model)
    right = []
    for file in files:
        found = _classified(loaded, file)
        line = predictions.line(found, _TOP.value, loaded.names)
        print(errors.one_line(f"{file}: {line}"), flush=True)
        if file.parent.name in (loaded.names or ()):
            right.append(found.label == file.parent.name)
    if right:
        print(
            f"{sum(right)} of {wording.count(len(right), 'image')} in folders "
            f"of classes are right ({100 * sum(right) / len(right):.1f} %)"
        )


def _classified(loaded, file):
    import tensorflow as tf

    content = client_images.read(file)
    try:
        return loaded.classify(content)
    except tf.errors.InvalidArgumentError:
        raise errors.RequestError(
            f"{file}: expected a JPEG or PNG image, found one that is damaged "
            "or has too many pixels; give another file"
        ) from None


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main, has_settings=False)


if __name__ == "__main__":
    command()
