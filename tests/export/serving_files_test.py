"""The files for TensorFlow Serving agree with each other and with the code."""

import pathlib
import re

import pytest
import yaml
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from ednas_tf.client import served_model
from ednas_tf.loops import whole_run

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVING = ROOT / "export" / "serving"


@pytest.fixture(scope="module")
def service():
    composed = yaml.safe_load((SERVING / "docker-compose.yaml").read_text())
    assert list(composed["services"]) == ["serving"]
    return composed["services"]["serving"]


@pytest.fixture(scope="module")
def mounts(service):
    assert {each["type"] for each in service["volumes"]} == {"bind"}
    return {each["target"]: each for each in service["volumes"]}


@pytest.fixture(scope="module")
def model():
    config = model_server_config_pb2.ModelServerConfig()
    text_format.Parse((SERVING / "models.config").read_text(), config)
    (model,) = config.model_config_list.config
    return model


def test_the_versions_are_mounted_at_the_model_path(model, mounts):
    assert model.name == "ednas_tf"
    assert model.model_platform == "tensorflow"
    assert mounts[model.base_path]["source"] == (
        "${EXPORT_DIR:-../../runs/first/export}"
    )


def test_the_default_is_what_make_search_exports():
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(r"^RUN_DIR \?= runs/first$", makefile, re.MULTILINE)
    assert "--dataset=cluttered_digits --model_dir=$(RUN_DIR)\n" in makefile
    assert whole_run.EXPORT == "export"
    # The path in the compose file is relative to its own folder.
    assert (SERVING / "../../runs").resolve() == ROOT / "runs"


def test_mounts_are_read_only_and_create_no_folders(mounts):
    for mount in mounts.values():
        assert mount["read_only"] is True
        assert mount["bind"] == {"create_host_path": False}


def test_the_server_reads_the_mounted_config(service, mounts):
    (flag,) = service["command"]
    name, _, path = flag.partition("=")
    assert name == "--model_config_file"
    assert (SERVING / mounts[path]["source"]).samefile(
        SERVING / "models.config"
    )


def test_published_ports_are_the_defaults_of_the_client(service):
    assert sorted(service["ports"]) == [
        f"127.0.0.1:{port}:{port}"
        for port in sorted(served_model.PORTS.values())
    ]


def test_the_image_has_the_version_of_the_requirements(service):
    found = re.search(
        r"^tensorflow==([0-9.]+) \\$",
        (ROOT / "requirements.txt").read_text(),
        re.MULTILINE,
    )
    assert service["image"] == f"tensorflow/serving:{found[1]}"
