import os
import subprocess
import sys

from ednas_tf.export import versions

HOLD = """
import pathlib, sys, time
from ednas_tf.export import versions
with versions.unfinished(pathlib.Path(sys.argv[1])) as written:
    written.mkdir()
    print("written", flush=True)
    time.sleep(100)
"""


def test_only_a_killed_exports_folder_is_removed(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "written\n"
    (held,) = os.listdir(tmp_path)
    with versions.unfinished(tmp_path) as written:
        assert len(os.listdir(tmp_path)) == 2
        assert written.parent.parent == tmp_path
    assert os.listdir(tmp_path) == [held]
    process.kill()
    process.wait()
    process.stdout.close()
    with versions.unfinished(tmp_path):
        assert held not in os.listdir(tmp_path)
    assert not os.listdir(tmp_path)
