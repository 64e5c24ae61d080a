"""What the batches of images in files cost.

    python -m benchmarks.input_pipeline --data_dir=imagenet_sample

prints one JSON object. `data_dir` has folders of JPEG files as
`ednas_tf.data.image_folders` wants them, several hundred images at least.

`ratio` is images a second of computing of the training pipeline over those of a
bare one in the same process, by turns, medians of the pairs: tf.data reads the
same files in the same order, decodes the same random parts, resizes and batches
them, and that is all. The pipeline also mirrors, draws how colours change, and
replaces files that are damaged. Colours change, and images are standardised, in
the step, on its device: `finishing_microseconds` an image, of all cores, on a
CPU. `memory_ratio` is the peak memory of a process that takes batches of all
training images, over that of one that takes as many batches of `few` images.

--side enlarges the images first: those of ImageNet are larger than 224 x 224.
"""

import functools
import json
import os
import pathlib
import platform
import re
import statistics
import tempfile
import time

import numpy as np
from absl import app, flags, logging

_DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder.", required=True)
_BATCH_SIZE = flags.DEFINE_integer("batch_size", 32, "Images of a batch.")
_ROUNDS = flags.DEFINE_integer("rounds", 6, "Timed pairs.")
_SIDE = flags.DEFINE_integer("side", 0, "Of the images; 0: as they are.")
_FEW = flags.DEFINE_integer("few", 200, "Images of the small set.")
_MEASURE = flags.DEFINE_string("measure", None, "A part, for itself.")

_SHAPE = (224, 224, 3)
_MEMORY_BATCHES, _MEMORY_ROUNDS = 100, 3


def _files():
    from ednas_tf.data.images import image_folders

    listed = image_folders.read(_DATA_DIR.value, "images", 0.2)
    return listed.train.files + listed.test.files


def _enlarged(files, folder):
    """The same images, `side` x `side` pixels, as ImageNet's are encoded."""
    import tensorflow as tf

    written = []
    for i, file in enumerate(files):
        image = tf.io.decode_jpeg(tf.io.read_file(file), channels=3)
        image = tf.image.resize(image, [_SIDE.value] * 2, "bicubic")
        image = tf.saturate_cast(tf.round(image), tf.uint8)
        written.append(os.path.join(folder, f"{i}.jpg"))
        tf.io.write_file(written[-1], tf.io.encode_jpeg(image, quality=95))
    return written


def _data(files):
    from ednas_tf.data.images import (
        image_data,
        image_files,
        image_sets,
        image_source,
    )
    from ednas_tf.data.images.broken_images import BrokenImages

    labels = np.zeros(len(files), np.int32)
    split = image_files.of_source(
        image_source.Files(files, labels),
        _SHAPE,
        BrokenImages("images", 0),
        plain_jpeg=True,
    )
    moments = image_sets.MEAN, image_sets.STDDEV
    return image_data.ImageData(
        "images", split, split, ("a", "b"), *moments, flip=True, colour=True
    )


def _training(data):
    from ednas_tf.data.images import pipeline
    from ednas_tf.settings import schema

    augment = schema.Augmentation(cutout=0)
    return pipeline.training_batches(
        data.train, data, _BATCH_SIZE.value, seed=1, augment=augment
    )


def _bare(files):
    """What a person would write who wants the parts and nothing else."""
    import tensorflow as tf

    from ednas_tf.data import draws
    from ednas_tf.data.images import image_decoding

    order = draws.order(1, tf.constant(0, tf.int64), len(files))
    paths = tf.gather(tf.constant(files), order)

    def decode(number, path):
        content = tf.io.read_file(path)
        window = image_decoding.random(tf.stack([1, number]))
        part = tf.image.decode_and_crop_jpeg(
            content, window(tf.io.extract_jpeg_shape(content)[:2]), channels=3
        )
        return tf.image.resize(part, _SHAPE[:2])

    options = tf.data.Options()
    options.deterministic = True
    options.threading.max_intra_op_parallelism = 1
    dataset = tf.data.Dataset.from_tensor_slices(paths).enumerate()
    return (
        dataset.map(decode, num_parallel_calls=tf.data.AUTOTUNE)
        .batch(_BATCH_SIZE.value, drop_remainder=True)
        .prefetch(2)
        .with_options(options)
    )


def _take(dataset, batches):
    for _ in dataset.take(batches):
        pass


def _ratio(files):
    """Of images a second, and those of each pipeline."""
    from benchmarks import timing

    batches = len(files) // _BATCH_SIZE.value
    images = batches * _BATCH_SIZE.value
    bare = functools.partial(_take, _bare(files), batches)
    data = _data(files)
    training = functools.partial(_take, _training(data), batches)
    pairs = timing.pairs(bare, training, _ROUNDS.value, clock=time.process_time)
    ratio, bare_seconds, seconds = timing.summary(pairs)
    return {
        "ratio": ratio,
        "images_a_second_of_a_core": images / seconds,
        "bare_images_a_second_of_a_core": images / bare_seconds,
        "finishing_microseconds": 1e6 * _finishing(data) / _BATCH_SIZE.value,
    }


def _finishing(data):
    """Seconds of computing that a step spends on the colours of a batch."""
    import tensorflow as tf

    from benchmarks import timing
    from ednas_tf.data.images import image_files

    finish = tf.function(lambda images: image_files.finished(images, data))
    images, _ = next(iter(_training(data)))
    finish(images)
    return statistics.median(
        timing.seconds(finish, images, clock=time.process_time)
        for _ in range(20)
    )


def _peak(files):
    """Peak memory in bytes, after some batches."""
    _take(_training(_data(files)), _MEMORY_BATCHES)
    # `getrusage` would count what the process that started this one has used.
    status = pathlib.Path("/proc/self/status").read_text()
    return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])


def _memory():
    from benchmarks import timing

    peaks = {"memory": [], "memory_few": []}
    for _ in range(_MEMORY_ROUNDS):
        for name, found in peaks.items():
            _, peak = timing.in_a_process("benchmarks.input_pipeline", name)
            found.append(peak)
    all_images, few = map(statistics.median, peaks.values())
    return {"memory_ratio": all_images / few, "peak_bytes": all_images}


def main(_):
    logging.set_verbosity(logging.WARNING)
    files = _files()
    if _MEASURE.value:
        few = _MEASURE.value == "memory_few"
        # Evenly spread, as other classes may have larger images.
        step = len(files) // _FEW.value if few else 1
        print(json.dumps(_peak(files[::step][: len(files) // step])))
        return
    with tempfile.TemporaryDirectory() as folder:
        timed = _enlarged(files, folder) if _SIDE.value else files
        size = statistics.mean(pathlib.Path(f).stat().st_size for f in timed)
        result = _ratio(timed)
    result |= _memory() | {"images": len(files), "bytes_an_image": size}
    names = ("batch_size", "rounds", "side", "few")
    result["settings"] = {name: getattr(flags.FLAGS, name) for name in names}
    print(json.dumps(result | {"machine": platform.machine()}, indent=2))


if __name__ == "__main__":
    app.run(main)
