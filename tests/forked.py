"""Commands in processes of their own that need not import TensorFlow.

They are forked from a process that has imported it and computed nothing. That
saves eight seconds of processor time for each.
"""

import multiprocessing
import multiprocessing.forkserver
import os
import pathlib
import runpy
import sys
import tempfile
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[1]
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    ["ednas_tf.loops.train.train_loop", "ednas_tf.data.datasets.digits"]
)


class Process:
    """A command that runs; it has what a `subprocess.Popen` has."""

    def __init__(self, module, words, folder):
        # TensorFlow reads the level when it is imported.
        with mock.patch.dict(os.environ, {"TF_CPP_MIN_LOG_LEVEL": "3"}):
            multiprocessing.forkserver.ensure_running()
        self._printed = tempfile.TemporaryDirectory()
        files = [f"{self._printed.name}/{name}" for name in ("out", "err")]
        arguments = module, words, folder, dict(os.environ), files
        self._process = CONTEXT.Process(target=_run, args=arguments)
        self._process.start()
        self.kill = self._process.kill
        self.terminate = self._process.terminate

    def wait(self):
        self._process.join()
        return self._process.exitcode

    def poll(self):
        return self._process.exitcode

    @property
    def returncode(self):
        return self._process.exitcode

    def communicate(self):
        """Waits for the end; output and errors."""
        self.wait()
        return self.printed("out"), self.printed("err")

    def printed(self, name):
        """What it has printed until now: "out" or "err"."""
        return pathlib.Path(self._printed.name, name).read_text()


def run(module, *words, folder):
    """Status, output and errors of a command that has ended."""
    process = Process(module, words, folder)
    output, complaints = process.communicate()
    return process.returncode, output, complaints


def _run(module, words, folder, environment, files):
    for descriptor, file in enumerate(files, 1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), descriptor)
    os.chdir(folder)
    # Its own processes find the package, too.
    os.environ.update(environment, PYTHONPATH=str(ROOT))
    sys.argv = [module, *words]
    sys.path[:0] = [str(folder), str(ROOT)]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
