import json
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

from ednas_tf import errors, machine, tasks
from ednas_tf.loops import whole_run
from ednas_tf.settings import resolve
from ednas_tf.space import published
from tests import printed, run_directories
from tests.analysis import histories
from tests.data import pictures

RESULT = {
    "test_accuracy": 0.875,
    "test_images": 360,
    "test_accuracy_low": 0.8369,
    "test_accuracy_high": 0.9052,
    "test_chance_accuracy": 0.1028,
    "parameters": 12345,
    "multiply_adds": 678900,
    "seed": 3,
}
#: What `ednas_tf.export.latency` says of files.
FILES = {
    f"assets.extra/{name}": {
        "runtime": runtime,
        "bytes": 500,
        "latency_ms": dict(zip(("1", "32"), milliseconds, strict=False)),
    }
    for name, runtime, milliseconds in (
        ("model.onnx", "onnxruntime 1.32.0", (0.75, 9.0)),
        ("model.tflite", "LiteRT 2.3.0", (0.5, 8.0)),
        ("model_batch_1.tflite", "LiteRT 2.3.0", (0.4,)),
        ("model_int8.tflite", "LiteRT 2.3.0", (1.65, 25.0)),
    )
}
BASELINES = {
    "plain": {
        "name": "MobileNet of width 0.3",
        "test_accuracy": 0.9,
        "test_images": 360,
        "multiply_adds": 670000,
        "seconds": 60.2,
    },
    "linear": {
        "name": "logistic regression on 8 x 8 pixels",
        "test_accuracy": 0.7,
        "test_images": 360,
        "seconds": 2.1,
    },
    "training_settings_fingerprint": None,
    "training_genotype_fingerprint": None,
}
COMMON, OF_SEARCH, OF_EXPORT = ["--a=1"], ["--searcher=random"], ["--c=2"]


def settings(overrides=""):
    return resolve.resolve("digits", [], overrides)


@pytest.fixture
def started(monkeypatch):
    """The commands that were run; they leave what the real ones would."""
    commands = []

    def stage(module, *arguments, capture=False):
        commands.append((module, *arguments))
        asked = dict(
            a.removeprefix("--").split("=", 1) for a in arguments if "=" in a
        )
        folder = pathlib.Path(asked.get("model_dir", "."))
        if module == "ednas_tf.train":
            with run_directories.opened(folder, settings()):
                pass
            text = published.published("darts_v1").to_json()
            (folder / "genotype.json").write_text(text)
            (folder / "result.json").write_text(json.dumps(RESULT))
        elif module == "ednas_tf.export.saved_model":
            before = pathlib.Path(asked["export_dir"]).glob("*")
            number = 1 + len(list(before))
            version = pathlib.Path(asked["export_dir"]) / str(number)
            version.mkdir(parents=True)
            (version / "saved_model.pb").write_bytes(b"x" * 1000)
            origin = version / "assets.extra/provenance.json"
            origin.parent.mkdir()
            formats = [a.removeprefix("--") for a in arguments if "=" not in a]
            for name in FILES if formats else ():
                (version / name).write_bytes(b"y" * 500)
            whole = {"result": RESULT, "formats": formats}
            origin.write_text(json.dumps(whole))
        elif module == "ednas_tf.baseline":
            folder = pathlib.Path(asked["baseline_dir"])
            folder.mkdir(exist_ok=True)
            (folder / "result.json").write_text(json.dumps(BASELINES))
        elif module == "ednas_tf.export.latency":
            found = {"1": 1.25, "32": 20.0}
            at = pathlib.Path(asked["model"])
            files = {k: v for k, v in FILES.items() if (at / k).exists()}
            return json.dumps(
                {"latency_ms": found, "batch_of": "images", "files": files}
            )
        return None

    monkeypatch.setattr(whole_run, "_stage", stage)
    return commands


def run(directory, **options):
    whole_run.run(directory, COMMON, OF_SEARCH, OF_EXPORT, **options)


def test_the_commands_in_turn(started, tmp_path, capsys):
    run(tmp_path)
    search, train, export = (
        tmp_path / n for n in ("search", "train", "export")
    )

    assert started == [
        ("ednas_tf.search", *COMMON, *OF_SEARCH, f"--model_dir={search}"),
        (
            *("ednas_tf.train", *COMMON),
            f"--config_file={search / 'params.yaml'}",
            f"--genotype={search / 'genotype.json'}",
            f"--model_dir={train}",
        ),
        (
            *("ednas_tf.export.saved_model", *OF_EXPORT),
            f"--model_dir={train}",
            f"--export_dir={export}",
        ),
        (
            "ednas_tf.export.latency",
            "--json",
            f"--model={export / '1'}",
            "--batch_sizes=1,32",
        ),
    ]
    printed = capsys.readouterr().out
    for expected in (
        "normal cell     sep_conv_3x3 1, sep_conv_3x3 0 | ",
        "test accuracy   0.8750 (95 % interval 0.8369 to 0.9052) on 360 images",
        "chance          0.1028, by naming the most frequent class each time",
        "parameters      12,345",
        "multiply-adds   678,900 for an image",
        "(1,219 bytes)",
        "1.25 ms for one image, 20.00 ms for a batch of 32 images",
        f"--model_base_path={export}",
    ):
        assert expected in printed
    shown = printed.replace(" \\\n   ", "")
    assert f"next: python -m ednas_tf.export.predict --model={export} " in shown
    assert printed.count("next: ") == 2
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert RESULT.items() <= summary.items()
    assert summary["latency_ms"] == {"1": 1.25, "32": 20.0}
    assert summary["saved_model_bytes"] == 1219


def test_every_file_stands_in_the_table_with_its_latency(
    started, tmp_path, capsys
):
    run(tmp_path, formats=("litert", "onnx"))
    assert {"--litert", "--onnx"} <= set(started[2])
    printed = re.sub(r"\n +", " ", capsys.readouterr().out)
    for expected in (
        "onnxruntime     assets.extra/model.onnx (500 bytes): 0.75 ms for one "
        "image, 9.00 ms for a batch of 32 images",
        "LiteRT          assets.extra/model_batch_1.tflite (500 bytes): "
        "0.40 ms for one image\n",
        "8 bits          model_int8.tflite is 3.3 times slower than",
        # The SavedModel without the other formats.
        "(1,235 bytes)",
    ):
        assert expected in printed
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["files"] == FILES


def test_a_format_that_an_export_lacks_is_exported(started, tmp_path):
    run(tmp_path)
    del started[:]
    for _ in range(2):
        run(tmp_path, formats=("onnx",))
    exports = [c for c in started if c[0] == "ednas_tf.export.saved_model"]
    assert len(exports) == 1 and "--onnx" in exports[0]
    assert (tmp_path / "export/2").exists()


def test_a_baseline_that_wins_comes_first(started, tmp_path, capsys):
    run(tmp_path, baseline=True)
    assert started[3] == (
        *("ednas_tf.baseline", *OF_EXPORT),
        f"--model_dir={tmp_path / 'train'}",
        f"--baseline_dir={tmp_path / 'baseline'}",
    )
    printed = capsys.readouterr().out
    assert printed.startswith(
        "A baseline is better, though not clearly, than the network that was "
        "found:\nMobileNet of width 0.3 has a test accuracy of 0.9000, the "
        "network 0.8750.\n"
    )
    assert (
        "\nplain network   MobileNet of width 0.3: accuracy 0.9000 on 360 "
        "images, 670,000\n                multiply-adds, trained in 60 s\n"
        "linear model    logistic regression on 8 x 8 pixels: accuracy 0.7000 "
        "on 360\n                images, trained in 2 s\n"
    ) in printed
    # What the network is compared with stands above what it is.
    rows = "test accuracy", "chance", "plain network", "linear model", "normal"
    places = [printed.index(f"\n{row} ") for row in rows]
    assert places == sorted(places)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["baselines"] == BASELINES
    whole_run.check(settings(), tmp_path)


def test_policies_that_stayed_open_are_an_alarm_of_the_table(
    started, tmp_path, capsys
):
    histories.write(tmp_path / "search", histories.SMALL, strength=0.1)
    run(tmp_path)
    printed = capsys.readouterr().out
    assert "\nalarm           The policies have learnt next to" in printed
    assert all(len(line) <= 80 or "/" in line for line in printed.split("\n"))
    (alarm,) = json.loads((tmp_path / "summary.json").read_text())["alarms"]
    assert "12 of 12 policy vectors are still undecided" in alarm


def test_a_training_that_cannot_be_is_refused_before_the_search(
    tmp_path, monkeypatch
):
    both = "runtime.xla=true,runtime.deterministic=true"
    with pytest.raises(errors.RequestError, match="runtime.xla: expected fals"):
        whole_run.check(settings(both), tmp_path)
    three = machine.Machine("GPU", 3, 2, 2**33)
    monkeypatch.setattr(machine, "here", lambda strategy: three)
    batch = "runtime.distribution_strategy=mirrored,search.batch_size=96"
    with pytest.raises(errors.RequestError, match="train.batch_size: expected"):
        whole_run.check(
            settings(f"{batch},policy.batch_size=96,train.batch_size=64"),
            tmp_path,
        )


def test_a_directory_with_other_files_is_refused(tmp_path):
    for name in ("search", "photos"):
        (tmp_path / name).mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    message = r"found other files \(notes.txt, photos\); choose another --mod"
    with pytest.raises(errors.RequestError, match=message):
        whole_run.check(settings(), tmp_path)


def test_what_is_exported_is_not_exported_again(started, tmp_path):
    run(tmp_path)
    del started[:]
    run(tmp_path)
    assert [command[0] for command in started] == [
        *("ednas_tf.search", "ednas_tf.train"),
    ]
    whole_run.check(settings(), tmp_path)


def test_what_was_measured_is_not_measured_again(started, tmp_path, capsys):
    run(tmp_path, formats=("litert",))
    first = (tmp_path / "summary.json").read_bytes()
    printed = capsys.readouterr().out
    del started[:]
    run(tmp_path, formats=("litert",))
    assert "ednas_tf.export.latency" not in [each[0] for each in started]
    assert (tmp_path / "summary.json").read_bytes() == first
    assert capsys.readouterr().out == printed
    # A damaged summary is made anew.
    (tmp_path / "summary.json").write_text("{")
    run(tmp_path, formats=("litert",))
    assert (tmp_path / "summary.json").read_bytes() == first


def test_what_matters_most_comes_first(started, tmp_path, capsys):
    run(tmp_path, formats=("litert",))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("test accuracy   0.8750")
    assert lines[1].startswith("chance          0.1028")
    file = tmp_path / "export/1/assets.extra/model_batch_1.tflite"
    assert lines[-1] == f"next: put {file} into an app, see docs/serving.md"


@pytest.mark.parametrize("origin", [{"result": {"seed": 7}}, [], None])
def test_an_export_of_another_training_is_not_taken_for_this_ones(
    started, tmp_path, capsys, origin
):
    run(tmp_path)
    file = tmp_path / "export/1/assets.extra/provenance.json"
    file.unlink() if origin is None else file.write_text(json.dumps(origin))
    run(tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["saved_model"] == str(tmp_path / "export/2")
    told = printed.unbroken(capsys.readouterr().err)
    assert "export/1: is not an export of the training" in told


def test_a_run_killed_while_it_wrote_its_summary_resumes(started, tmp_path):
    run(tmp_path)
    (tmp_path / "summary.json").rename(tmp_path / ".summary.json.4242")
    whole_run.check(settings(), tmp_path)
    run(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {
        *("train", "export", "summary.json"),
    }


def test_of_several_processes_one_exports(started, tmp_path):
    run(tmp_path, writes=False)
    assert [c[0] for c in started] == ["ednas_tf.search", "ednas_tf.train"]
    assert not (tmp_path / "summary.json").exists()


CHANGES = {
    "other": lambda file: file.rename(file.with_name("new.jpg")),
    "files whose contents": lambda file: file.write_bytes(
        file.with_name("001.jpg").read_bytes()
    ),
}


@pytest.mark.parametrize("found", CHANGES)
def test_data_that_change_between_the_stages_are_noticed(
    started, tmp_path, found
):
    data = pictures.folder(tmp_path / "data", 10, sizes=((16, 16),))
    overrides = (
        f"runtime.data_dir={data},train.batch_size=4,search.batch_size=4,"
        "policy.batch_size=4,data.validation_images=8"
    )
    chosen = resolve.resolve("images", [], overrides)
    directory = tmp_path / "run"
    whole_run.check(chosen, directory)

    def search_then_change():
        with run_directories.opened(
            directory / "search", chosen, tasks.make(chosen)
        ):
            pass
        whole_run.check_data(chosen, directory)
        CHANGES[found](tmp_path / "data/cat/000.jpg")
        whole_run.check_data(chosen, directory)

    message = f"expected the image files of the run in .*/search, found {found}"
    with pytest.raises(errors.RequestError, match=message):
        run(directory, before_training=search_then_change)
    assert [command[0] for command in started] == ["ednas_tf.search"]
    with pytest.raises(errors.RequestError, match=message):
        whole_run.check(chosen, directory)


def test_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(errors.RequestError, match="ednas_tf.run, or a new one"):
        whole_run.check(settings(), tmp_path)
    with pytest.raises(errors.RequestError, match="thesis.tex is a file"):
        whole_run.check(settings(), tmp_path / "thesis.tex" / "run")


@pytest.mark.parametrize("name", ["export", "train"])
def test_a_file_in_place_of_a_stage_is_refused(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(errors.RequestError, match=f"{name}: expected a folder"):
        whole_run.check(settings(), tmp_path)


def test_a_folder_in_place_of_the_summary_is_refused(tmp_path):
    (tmp_path / "summary.json").mkdir()
    with pytest.raises(errors.RequestError, match="summary.json: expected a f"):
        whole_run.check(settings(), tmp_path)


@pytest.mark.parametrize(
    "overrides, message",
    [
        ("search.searcher=enas", "unknown searcher 'enas'"),
        ("search.batch_size=1151", "search.batch_size: expected at most 1150"),
        ("train.batch_size=1438", "train.batch_size: expected at most 1437"),
        ("search.network.stem=imagenet", "search.network.stem=imagenet: "),
        ("train.auxiliary_weight=0.4", "train.auxiliary_weight: "),
        ("train.augmentation.cutout=9", "train.augmentation.cutout: "),
        ("train.validation_images=1437", "train.validation_images: "),
    ],
)
def test_all_stages_are_checked_before_the_first(tmp_path, overrides, message):
    with pytest.raises(errors.RequestError, match=message):
        whole_run.check(settings(overrides), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_stage_of_other_settings(tmp_path):
    (tmp_path / "train").mkdir()
    with run_directories.opened(tmp_path / "train", settings("seed=1")):
        pass
    with pytest.raises(errors.RequestError, match="train: .*seed is 1 there"):
        whole_run.check(settings(), tmp_path)


# What a stage's end means for the whole, in a process of its own.
WHOLE = """
from ednas_tf.commands import running

def main():
    from ednas_tf.loops import whole_run

    whole_run._stage("stage")

running.run(main)
"""


@pytest.fixture
def whole(tmp_path):
    """Starts a whole run of one stage, with the stage's source."""

    def start(source):
        (tmp_path / "stage.py").write_text(source)
        folder = pathlib.Path(__file__).parents[2]
        code = f"import sys; sys.path.insert(0, {str(folder)!r})\n{WHOLE}"
        return subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def test_the_status_of_a_stage_that_fails(whole):
    process = whole("print('error: mine'); raise SystemExit(2)")
    output, complaints = process.communicate(timeout=120)
    assert (process.returncode, output) == (2, "error: mine\n")
    assert "error" not in complaints


def test_a_stage_that_is_killed(whole):
    process = whole("import os; os.kill(os.getpid(), 9)")
    _, complaints = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "error: stage was ended by SIGKILL; the same command" in complaints


def test_a_signal_reaches_the_stage(whole):
    process = whole(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))\n"
        "print('begun', flush=True)\n"
        "try: time.sleep(100)\n"
        "finally: print('saved', flush=True)"
    )
    assert process.stdout.readline() == "begun\n"
    begin = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=60)[0] == "saved\n"
    assert process.returncode == 128 + signal.SIGTERM
    assert time.monotonic() - begin < 30
