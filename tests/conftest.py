"""What tests of several folders share."""

import os
import pathlib

import pytest
import tensorflow as tf

from ednas_tf.loops import determinism

# Two devices to distribute over; before anything touches the one there is.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)

# Some tests compare two runs bit for bit.
determinism.enable()


@pytest.fixture(scope="session")
def shared_data_dir() -> pathlib.Path:
    """The folder with the prepared data sets, which no test may change.

    EDNAS_TF_SHARED names the folder above it, by default `shared` beside the
    repository. Where it is missing the test is skipped, or fails if
    EDNAS_TF_REQUIRE_SHARED is 1.
    """
    beside = pathlib.Path(__file__).resolve().parents[2] / "shared"
    folder = pathlib.Path(os.environ.get("EDNAS_TF_SHARED", beside)) / "data"
    if folder.is_dir():
        return folder
    reason = f"no folder {folder}: set EDNAS_TF_SHARED to the folder above it"
    if os.environ.get("EDNAS_TF_REQUIRE_SHARED") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
