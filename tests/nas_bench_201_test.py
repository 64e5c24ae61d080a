"""The space nas_bench_201 by the commands, from the search to the export."""

import json
import re

import pytest

from ednas_tf.space import nas_bench_text
from ednas_tf.space.genotype import Genotype
from tests.plugins_test import SMALL, refusal, run

SPACE = ",search.space.name=nas_bench_201"
TEXT = (
    "|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+"
    "|skip_connect~0|avg_pool_3x3~1|nor_conv_3x3~2|"
)


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "run"
    status, output, error = run(
        "ednas_tf.run",
        "--dataset=digits",
        f"--model_dir={folder}",
        f"--params_override={SMALL}{SPACE}",
    )
    assert status == 0, error
    found = Genotype.from_json((folder / "search/genotype.json").read_text())
    assert f"architecture: {nas_bench_text.write(found)}" in output
    return folder


def test_what_is_found_is_trained_and_exported(run_dir):
    found = json.loads((run_dir / "summary.json").read_text())
    assert found["cells"].keys() == {"normal"}
    assert found["parameters"] > 0
    assert (run_dir / "export").is_dir()


def test_the_report_of_its_search(run_dir):
    status, output, error = run(
        "ednas_tf.report", f"--model_dir={run_dir / 'search'}"
    )
    assert (status, error) == (0, "")
    page = (run_dir / "search/report.html").read_text()
    assert "nor conv 3x3" in page or "nor_conv_3x3" in page


def test_a_string_is_counted_and_drawn(tmp_path):
    overrides = "train.network.cells=15,train.network.channels=16"
    status, output, _ = run(
        "ednas_tf.summary",
        "--dataset=cifar10",
        f"--genotype={TEXT}",
        f"--params_override={overrides}",
    )
    found = json.loads(output)
    assert status == 0
    assert found["architecture"] == TEXT
    assert found["parameters"] == 73306 + 2 * 243040 + 28000

    picture = tmp_path / "cell.svg"
    run("ednas_tf.draw", f"--genotype={TEXT}", f"--output={picture}")
    drawn = picture.read_text()
    for op in re.findall(r"\|(\w+)~", TEXT):
        assert op.replace("_", " ") in drawn


def test_a_string_of_another_space_is_refused():
    error = refusal(
        "ednas_tf.summary",
        "--dataset=cifar10",
        f"--genotype={TEXT.replace('none', 'sep_conv_3x3')}",
    )
    assert "node 2: unknown operation 'sep_conv_3x3'" in error
