"""Every command that a page shows works.

A command is run, with searches and trainings of one step, or it is one of
`NOT_RUN`, and its flags are parsed.
"""

import multiprocessing
import pathlib

import keras
import pytest
import tensorflow as tf

from tests.data import pictures
from tests.docs import in_child, pages

#: What is found in commands that are not run -> what they need.
NOT_RUN = {
    "make ": "makes an environment, runs other commands of this project",
    "source .venv/bin/activate": "needs no more than a shell",
    "bazel ": "needs Bazel, and minutes to build",
    "--dataset=cifar10": "needs CIFAR-10, and minutes for its images",
    "--model_dir=runs/cifar10_40": "needs a search on CIFAR-10",
    "--model_dir=runs/darts_v2 ": "needs a training on CIFAR-10",
    "--data_dir=imagenet_sample": "needs images of ImageNet",
    "--model_dir=runs/imagenet_sample/": "needs a search on ImageNet",
    "--data_dir=ptb": "needs Penn Treebank",
    "--dataset=tfds:": "downloads images",
    "ednas_tf.baseline ": "needs half a minute; tests/loops/baselines",
    "--candidate=1,2,3": "needs as many trainings",
    "--more_epochs=": "goes on from a longer run",
    "--weights=runs/": "needs a training on images of this form",
    "--model=runs/photos/": "needs a run on photos; tests/export/predict_test",
    "--hours=": "takes the time that it is given",
    "=FOLDER": "needs the table of NAS-Bench-201",
    "--litert --onnx": "needs minutes; tests/export has tests of both forms",
    "tensorboard ": "is a server that does not end",
    "tensorflow_model_server ": "needs TensorFlow Serving",
    "docker compose ": "needs Docker and TensorFlow Serving",
    "curl ": "needs a server",
    "ednas_tf.client.": "needs a server",
    "benchmarks.": "needs minutes",
}

#: What other commands read: two of the stages of `ednas_tf.run`, and a search
#: to compare with.
FIRST = (
    "python -m ednas_tf.search --dataset=digits --model_dir=runs/digits/search",
    "python -m ednas_tf.train --dataset=digits "
    "--genotype=runs/digits/search/genotype.json --model_dir=runs/digits/train",
    "python -m ednas_tf.search --dataset=digits --searcher=random "
    "--model_dir=runs/random",
)

#: For a command, on a machine that is busy.
_MOST_SECONDS = 300

#: Plugins that commands name -> a line of the example that is in them.
_PLUGINS = {
    "mine.py": '@operation("conv_3x3")',
    "all_edges.py": '@space("all_edges")',
    "climber.py": '@searcher("climber"',
}

#: Commands with settings, which make a search or a training short.
_SHORTENED = ("ednas_tf.run", "ednas_tf.search", "ednas_tf.train")
_SHORT = (
    *("search.epochs=1", "search.child_steps=1", "search.policy_steps=1"),
    *("search.candidates=2", "search.space.nodes=1", "train.epochs=1"),
    *("train.steps=1", "runtime.figures_every=0", "runtime.processes=1"),
    *("search.short.trainings=2", "search.short.rungs=1"),
    *("search.short.steps=1", "search.short.repeats=0"),
    *("search.short.controls=2", "search.short.confirmations=2"),
)
_SHORT_FOR = {
    "images": (
        *("search.network.cells=3", "search.network.channels=2"),
        *("train.network.cells=3", "train.network.channels=2"),
    ),
    "text": (
        *("search.batch_size=2", "policy.batch_size=2"),
        "search.language_model.hidden=4",
    ),
}
#: Not where the command chooses operations itself.
_FEW_OPS = {
    "images": "search.space.ops=[skip_connect,avg_pool_3x3]",
    "text": "search.space.ops=[tanh]",
}


class Runner:
    """Runs commands in one folder, each command once.

    Attributes:
      folder: has what the commands read: small images, a text, and the files
        of the project.
    """

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self._done = set()
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(in_child.PRELOADED))

    def run(self, command: pages.Command) -> None:
        """Runs a command of a page; fails unless it ends with status 0."""
        if command in self._done:
            return
        arguments = [*command.arguments, *_shortening(command)]
        self._start(
            *(in_child.run, command.text, command.module, arguments),
            *(str(self.folder), str(self.folder / ".output")),
        )
        self._done.add(command)

    def parse(self, module: str, arguments: list[str]) -> None:
        """Parses flags of a module; fails if it does not know one."""
        output = str(self.folder / ".output")
        self._start(in_child.parse, module, module, arguments, output)

    def _start(self, target, shown, *arguments):
        process = self._context.Process(target=target, args=arguments)
        process.start()
        process.join(_MOST_SECONDS)
        process.kill()
        process.join()
        printed = (self.folder / ".output").read_text()
        assert process.exitcode == 0, f"{shown}\n{printed[-3000:]}"


def _shortening(command):
    if command.module not in _SHORTENED:
        return []
    kind = "text" if "--dataset=text" in command.arguments else "images"
    settings, flags = [*_SHORT, *_SHORT_FOR[kind]], []
    if "search.space.ops" not in command.text:
        settings.append(_FEW_OPS[kind])
    if "--seeds=" in command.text:
        # Of the searches of a page, one alone makes short trainings here.
        settings.append("search.evidence=shared")
        flags.append("--seeds=1,2")
    return [*flags, f"--params_override={','.join(settings)}"]


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name in ("docs", "configs"):
        (folder / name).symlink_to(pages.ROOT / name)
    classes = ("beach", "forest", "street")
    pictures.folder(folder / "photos", count=20, classes=classes)
    (folder / "letters").mkdir()
    for split in ("train", "valid", "test"):
        sentence = "dear reader this is a letter\n"
        (folder / "letters" / f"{split}.txt").write_text(sentence * 60)
    _write_plugins(folder)
    with pytest.MonkeyPatch.context() as patch:
        # TensorFlow's notices would hide what a command prints.
        patch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
        runner = Runner(folder)
        for text in FIRST:
            runner.run(pages.Command(text))
    return runner


def _found_in(command):
    return [part for part in NOT_RUN if part in command.text]


def _write_plugins(folder):
    """Writes each example of a page to the file that a command names."""
    for block in pages.blocks("docs/extending.md", "python"):
        for name, part in _PLUGINS.items():
            if part in block.text:
                (folder / name).write_text(block.text)


def _run_by(page):
    return [c for c in pages.commands(page) if not _found_in(c)]


@pytest.mark.parametrize("page", filter(_run_by, pages.PAGES))
def test_commands_of_a_page_end_well(page, runner):
    for command in _run_by(page):
        assert command.module, f"{page}: {command.text}: add it to NOT_RUN"
        runner.run(command)


def _listed_by_module():
    found = {}
    for page in pages.PAGES:
        for command in pages.commands(page):
            if command.module and _found_in(command):
                flags = found.setdefault(command.module, [])
                flags += [a for a in command.arguments if a not in flags]
    return found


@pytest.mark.parametrize("module, arguments", _listed_by_module().items())
def test_commands_that_are_not_run_have_known_flags(module, arguments, runner):
    runner.parse(module, arguments)


def test_all_that_is_not_run_is_shown():
    shown = [c.text for page in pages.PAGES for c in pages.commands(page)]
    unused = {part for part in NOT_RUN if not any(part in s for s in shown)}
    assert not unused


def test_an_unknown_flag_fails(runner):
    with pytest.raises(AssertionError, match="Unknown command line flag 'new'"):
        runner.parse("ednas_tf.search", ["--dataset=cifar10", "--new=1"])


def test_code_that_reads_the_history_of_a_search(runner, monkeypatch, capsys):
    (block,) = pages.blocks("docs/report.md", "python")
    monkeypatch.chdir(runner.folder)
    exec(compile(block.text, "<report>", "exec"), {})
    assert capsys.readouterr().out.startswith("[")


def test_code_that_uses_networks_in_keras(runner, monkeypatch):
    """The blocks of the page are one program."""
    monkeypatch.chdir(runner.folder)
    # Deterministic operations need a seed.
    keras.utils.set_random_seed(0)
    names = {}
    for block in pages.blocks("docs/keras.md", "python"):
        exec(compile(block.text, "<keras>", "exec"), names)
    assert names["probabilities"].shape == (5, 10)
    assert names["model"].output_shape == (None, 3)


def test_code_that_fine_tunes(runner, monkeypatch):
    """With random weights, as tests download none."""
    monkeypatch.chdir(runner.folder)
    (block,) = pages.blocks("docs/data.md", "python")
    text = block.text
    for shown, short in (
        ('pooling="avg"', 'pooling="avg", weights=None'),
        ("(224, 224)", "(32, 32)"),
        ("20)", "1)"),
    ):
        assert shown in text
        text = text.replace(shown, short)
    names = {}
    # Tracing would take longer than these few steps.
    tf.config.run_functions_eagerly(True)
    try:
        exec(compile(text, "<data>", "exec"), names)
    finally:
        tf.config.run_functions_eagerly(False)
    assert names["model"].output_shape == (None, 3)
    assert (runner.folder / "fine_tuned.keras").exists()
