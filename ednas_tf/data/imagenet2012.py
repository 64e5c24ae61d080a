"""ImageNet (ILSVRC 2012). Its form is known; its images are not read yet."""

from ednas_tf.data import image_data

image_data.known("imagenet2012", (224, 224, 3), 1000)
