"""The section of a report that compares a search with the truth."""

import subprocess
import sys

import pytest

from ednas_tf.space import spaces
from tests.analysis import histories
from tests.data import bench_tables

SPACE = spaces.default("nas_bench_201")


def report(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "ednas_tf.report", *map(str, arguments)],
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("marginals", [True, False])
def test_the_truth_is_shown_beside_what_the_search_believes(
    marginals, tmp_path
):
    table = bench_tables.write(tmp_path / "table")
    mine = histories.write(tmp_path / "mine", SPACE, marginals=marginals)
    done = report(f"--model_dir={mine}", f"--table_dir={table}")
    assert (done.returncode, done.stderr) == (0, "")
    page = (mine / "report.html").read_text()
    section = page.split('<section id="truth">')[1].split("</section>")[0]
    assert "of 15,625; the best architecture has 89.00%" in section
    assert section.count("data:image/svg+xml") == 2
    assert section.count("<tr><td>") == 30
    assert "<td>0-&gt;3 nor conv 3x3</td><td>+5.50</td>" in section
    what = "probability" if marginals else "share"
    assert f"<th>{what} at the end</th>" in section


def test_without_a_table_there_is_no_such_section(tmp_path):
    mine = histories.write(tmp_path / "mine", SPACE)
    assert report(f"--model_dir={mine}").returncode == 0
    assert 'id="truth"' not in (mine / "report.html").read_text()


def test_a_folder_without_a_table(tmp_path):
    mine = histories.write(tmp_path / "mine", SPACE)
    done = report(f"--model_dir={mine}", f"--table_dir={tmp_path}")
    assert done.returncode == 2
    assert done.stderr.startswith("error: nas_bench_201: expected cifar10.npz")
    assert done.stderr.count("\n") == 1
