"""A data set of a person's own: stripes that lie or stand."""

import numpy as np

from ednas_tf.data.images import image_data


@image_data.dataset("stripes", (8, 8, 1), 2)
def stripes(data_dir, download):
    def split(count, seed):
        labels = np.arange(count, dtype=np.int32) % 2
        noise = np.random.default_rng(seed).integers(0, 100, (count, 8, 8, 1))
        lying = np.zeros((8, 8, 1), int)
        lying[::2] = 150
        images = noise + np.where(
            labels[:, None, None, None], lying.transpose(1, 0, 2), lying
        )
        return image_data.Split(images.astype(np.uint8), labels)

    return image_data.ImageData(
        name="stripes",
        train=split(300, 1),
        test=split(100, 2),
        labels=("lying", "standing"),
        mean=(0.35,),
        stddev=(0.24,),
    )
