"""The packages of the wheel; pyproject.toml says everything else."""

import setuptools

setuptools.setup(
    packages=[
        # All folders of the package: a new one needs no entry here.
        *setuptools.find_packages(include=["ednas_tf", "ednas_tf.*"]),
        # Folders of data, which pyproject.toml maps to their places.
        "ednas_tf.configs",
        "ednas_tf.export.serving",
    ]
)
