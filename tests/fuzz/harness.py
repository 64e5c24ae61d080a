"""Runs commands in this process as `python -m` would, up to the real work."""

import collections
import contextlib
import dataclasses
import functools
import importlib
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import time
from typing import NamedTuple

import tensorflow as tf
from absl import flags, logging
from absl.testing import flagsaver
from bokeh import embed

from ednas_tf import interruption
from ednas_tf.commands import genotype_flag, running
from ednas_tf.data.images import image_data
from ednas_tf.figures import cell_layout, figures, pictures
from ednas_tf.nets import counting
from ednas_tf.reports import report_file, report_page
from ednas_tf.runs import run_lock
from ednas_tf.tasks.image_classification import ImageClassification

#: Times as many examples, drawn at random, and figures of good reports.
MORE = int(os.environ.get("EDNAS_TF_FUZZ", 0))

#: Beyond the start of the process.
MOST_SECONDS = 2
MOST_CHARACTERS = 1010
#: For a request that is good: a report is put together, for instance.
MOST_SECONDS_OF_GOOD = 60

#: Command -> the flags that it alone defines.
OWN_FLAGS = {
    "ednas_tf.search": ("searcher",),
    "ednas_tf.train": (),
    "ednas_tf.draw": ("output",),
    "ednas_tf.summary": (),
    "ednas_tf.export.saved_model": ("export_dir", "version"),
    "ednas_tf.report": ("compare", "output", "figures_dir"),
}

#: Commands that take an architecture, by the flag that they share.
TAKE_GENOTYPES = ("ednas_tf.train", "ednas_tf.draw", "ednas_tf.summary")
_GENOTYPE = {"genotype": flags.FLAGS[genotype_flag.FLAG.name]}

#: What, where, expected, found, and what to do: the forms that say it.
FORMS = re.compile(
    "|".join(
        [
            "expected .*found ",
            "not YAML: (line|character) [0-9]+",
            "unknown .*one of: ",
            "cannot be (read|written): .*; (give|choose)",
            "not JSON: .*line [0-9]+ column [0-9]+",
            "cannot read the value",
            "holds (a|another) .*; choose another --",
            "sets data.name to .*; omit one of them",
            "expected a path without the characters .*; choose another",
            "expected settings in a --config_file; omit it",
            "the settings of the finished run are used; omit it",
            "(Missing value for|Unknown command line) flag .*see --help",
            "must be one of .* not .*; see --help",
            "does not take an argument; see --help",
        ]
    )
)

FIFO, FOLDER = object(), object()


class Link(NamedTuple):
    """A symbolic link in place of a file."""

    target: str


class Started(BaseException):
    """The request was found good: here the work would begin."""


@dataclasses.dataclass(frozen=True)
class Case:
    """A request.

    Attributes:
      command: as `python -m` takes it.
      flags: {dir} stands for a folder of this case, the working directory.
      files: path in this folder -> content, FIFO, FOLDER or a `Link`.
      statuses: the exit statuses that are right if it is refused.
    """

    command: str
    flags: tuple[str, ...]
    files: dict[str, object] = dataclasses.field(default_factory=dict)
    statuses: tuple[int, ...] = (2,)


class Harness:
    """Runs cases and checks how they end; `setup` comes first.

    Attributes:
      messages: (case, message) of all malformed ones.
      slowest: seconds.
    """

    def __init__(self, monkeypatch, capfd, folder: pathlib.Path):
        self.monkeypatch = monkeypatch
        self.capfd = capfd
        self.folder = folder
        self.messages: list[tuple[Case, str]] = []
        self.slowest = 0.0

    def setup(self):
        def start(*_, **__):
            raise Started

        patch = self.monkeypatch.setattr
        patch(run_lock, "held", start)
        patch(ImageClassification, "child", start)
        patch(cell_layout, "side_by_side", start)
        patch(counting, "count", start)
        patch(counting, "count_language", start)
        patch(report_file, "write", start)
        # What is slow about a report does not depend on its values.
        patch(pictures, "picture", _unseen)
        if not MORE:
            # The rest is only done if more is asked for.
            patch(figures, "figures", _undrawn(figures.figures))
            places = collections.defaultdict(str)
            patch(embed, "components", lambda *_, **__: ("", places))
            patch(report_page, "_without_mathematics", lambda script: script)
        patch(interruption, "install", lambda: None)
        patch(tf.config, "set_visible_devices", lambda *_: None)
        patch(tf.config.experimental, "enable_op_determinism", lambda *_: None)
        patch(image_data, "load", functools.lru_cache(image_data.load))
        handler = logging.get_absl_handler().python_handler
        patch(handler, "stream", sys.stderr)
        self.monkeypatch.delenv("TF_CONFIG", raising=False)
        self.monkeypatch.delenv("BUILD_WORKING_DIRECTORY", raising=False)
        image_data.load("digits")

    def run(self, case: Case) -> bool:
        """Whether the case was refused; it must be, well, or could start."""
        seconds = self._run(case)
        if seconds is not None and seconds > MOST_SECONDS:
            # The machine may have had something else to do.
            seconds = self._run(case)
            assert seconds <= MOST_SECONDS, f"{case}: took {seconds:.1f} s"
        return seconds is not None

    def _run(self, case):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        try:
            write(folder, case.files)
            before = _contents(folder)
            started = time.monotonic()
            with contextlib.chdir(folder), time_limit(MOST_SECONDS_OF_GOOD):
                status = self._status(case, folder)
            seconds = time.monotonic() - started
            out, err = self.capfd.readouterr()
            if status is Started:
                return None
            _check(case, status, out, err, before == _contents(folder))
        finally:
            shutil.rmtree(folder)
        self.messages.append((case, err.rstrip("\n")))
        self.slowest = max(self.slowest, seconds)
        return seconds

    def _status(self, case, folder):
        """The exit status, or `Started`."""
        typed = [flag.replace("{dir}", str(folder)) for flag in case.flags]
        with _flags_of(case.command), flagsaver.flagsaver():
            module = sys.modules[case.command]
            self.monkeypatch.setattr(sys, "argv", [case.command, *typed])
            try:
                running.run(module.main)
            except Started:
                return Started
            except SystemExit as stopped:
                return stopped.code
            except BaseException as error:
                raise AssertionError(f"{case}: {error!r}") from error


def _unseen(_, alt, *__):
    return pictures.Picture("", alt, 9)


def _undrawn(figures_of):
    """Yields the names of the first search's figures, but makes them once."""
    found = []

    def figures_without_drawing(*given):
        if not found:
            found.extend(
                (name, None, alt) for name, _, alt in figures_of(*given)
            )
        return found

    return figures_without_drawing


def _check(case, status, out, err, untouched):
    assert status in case.statuses and not out, f"{case}: {status} {out} {err}"
    assert err.startswith("error: ") and err.endswith("\n"), f"{case}: {err}"
    message = err[:-1]
    assert message.isprintable(), f"{case}: {err!r}"
    assert len(message) <= MOST_CHARACTERS, f"{case}: {err}"
    assert FORMS.search(message), f"{case}: {err}"
    assert untouched, f"{case}: files were changed"


@contextlib.contextmanager
def _flags_of(command):
    """Of the flags that not all commands have, those of this one alone."""
    modules = {name: _own_flags(name) for name in OWN_FLAGS}
    before = {
        name: flags.FLAGS[name]
        for names in (_GENOTYPE, *OWN_FLAGS.values())
        for name in names
        if name in flags.FLAGS
    }
    own = dict(modules[command])
    if command in TAKE_GENOTYPES:
        own |= _GENOTYPE
    _exchange(before, own)
    try:
        yield
    finally:
        _exchange(own, before)


@functools.cache
def _own_flags(command):
    """Imports the command; two of them define flags of one name."""
    names = OWN_FLAGS[command]
    if command in sys.modules:
        return {name: flags.FLAGS[name] for name in names}
    before = {n: flags.FLAGS[n] for n in names if n in flags.FLAGS}
    _exchange(before, {})
    importlib.import_module(command)
    own = {name: flags.FLAGS[name] for name in names}
    _exchange(own, before)
    return own


def _exchange(old, new):
    for name in old:
        delattr(flags.FLAGS, name)
    for name, flag in new.items():
        flags.FLAGS[name] = flag


@contextlib.contextmanager
def time_limit(seconds):
    def stop(*_):
        raise AssertionError(f"did not end within {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def write(folder, files):
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if content is FIFO:
            os.mkfifo(file)
        elif content is FOLDER:
            file.mkdir(exist_ok=True)
        elif isinstance(content, Link):
            file.symlink_to(content.target)
        else:
            file.write_bytes(content)


def _is_plain(file):
    return not file.is_symlink() and file.is_file()


def _contents(folder):
    """All that lies below a folder, with what is in it."""
    return {
        str(file): file.read_bytes() if _is_plain(file) else None
        for file in folder.rglob("*")
    }
