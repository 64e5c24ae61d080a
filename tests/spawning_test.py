import pathlib
import subprocess
import sys

PROGRAM = """
import concurrent.futures, os
from ednas_tf import spawning
print("begin", os.getpid(), flush=True)
context = spawning.SpawnContext()
with concurrent.futures.ProcessPoolExecutor(1, context) as pool:
    print(pool.submit(abs, -3).result())
"""


def test_a_spawned_process_does_not_run_the_program_again(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, str(program)],
        capture_output=True,
        text=True,
        cwd=pathlib.Path(__file__).resolve().parents[1],
        env={"PYTHONPATH": "."},
    )
    assert done.stderr == ""
    begin, result = done.stdout.splitlines()
    assert begin.startswith("begin ") and result == "3"
