"""No malformed request does more than end with one line and exit status 2.

The examples are always the same. To try others, and ten times as many:

    EDNAS_TF_FUZZ=10 python -m pytest tests/fuzz
"""

import json
import os
import subprocess
import sys

import hypothesis
import pytest

from ednas_tf.space import published
from tests.fuzz import (
    architecture_cases,
    command_cases,
    folder_cases,
    genotype_cases,
    harness,
    parts,
    report_cases,
    searcher_cases,
    settings_cases,
)

#: Strategy -> examples to draw, and how many of them are malformed at least.
FAMILIES = {
    settings_cases.wrong_values: (250, 200),
    settings_cases.wrong_names: (150, 130),
    settings_cases.documents: (200, 120),
    searcher_cases.searcher_settings: (250, 200),
    searcher_cases.names: (100, 80),
    command_cases.no_files: (80, 70),
    settings_cases.overrides: (250, 220),
    command_cases.outputs: (50, 40),
    command_cases.flags: (250, 190),
    command_cases.unmet: (100, 85),
    command_cases.run_directories: (140, 90),
    genotype_cases.genotype_bytes: (250, 200),
    genotype_cases.genotype_structures: (350, 280),
    command_cases.exports: (120, 85),
    architecture_cases.names: (120, 100),
    architecture_cases.darts_texts: (250, 170),
    architecture_cases.nni_exports: (200, 150),
    architecture_cases.recurrent_genotypes: (150, 110),
    architecture_cases.dialects: (150, 100),
    report_cases.arrays: (120, 60),
    report_cases.archives: (100, 70),
    report_cases.run_files: (150, 90),
    report_cases.run_settings: (40, 20),
    report_cases.short_files: (100, 60),
    report_cases.names: (3, 0),
    folder_cases.image_folders: (100, 40),
    folder_cases.text_folders: (60, 40),
}


@pytest.fixture
def checked(monkeypatch, capfd, tmp_path):
    checked = harness.Harness(monkeypatch, capfd, tmp_path)
    checked.setup()
    searcher_cases.register(monkeypatch)
    return checked


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_malformed_requests_are_refused(family, checked):
    examples, malformed = FAMILIES[family]

    @hypothesis.settings(
        max_examples=examples * max(harness.MORE, 1),
        derandomize=not harness.MORE,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
    )
    @hypothesis.given(family())
    def each(case):
        checked.run(case)

    each()
    assert len(checked.messages) >= malformed


def test_they_are_a_thousand():
    assert sum(malformed for _, malformed in FAMILIES.values()) >= 1000


def test_good_requests_reach_the_work(checked):
    for command, flags in {
        parts.SEARCH: ("--params_override=seed=3,search.epochs=2",),
        parts.TRAIN: ("--genotype={dir}/mine.json",),
        parts.DRAW: ("--genotype={dir}/mine.json", "--output={dir}/a.svg"),
        parts.EXPORT: ("--model_dir={dir}/run", "--version=7"),
    }.items():
        files = {
            "mine.json": parts.GENOTYPE,
            "run/genotype.json": parts.GENOTYPE,
            "run/params.yaml": parts.DIGITS,
            "run/result.json": parts.RESULT,
        }
        assert not checked.run(harness.Case(command, flags, files))


def test_good_settings_of_a_searcher_reach_the_work(checked):
    section = "search.searcher_settings"
    values = f"{section}.share=0.3,{section}.kind=old,{section}.names=[b, a]"
    flags = "--searcher=toy", f"--params_override={values}"
    assert not checked.run(harness.Case(parts.SEARCH, flags))


def test_good_architectures_reach_the_work(checked):
    texts = {
        "a.txt": architecture_cases.darts_text("nasnet_a"),
        "b.json": json.dumps(architecture_cases.nni_export()),
        "c": json.dumps(architecture_cases.old_nni_export()),
    }
    files = {name: text.encode() for name, text in texts.items()}
    for command in (parts.TRAIN, parts.DRAW, parts.SUMMARY):
        for name in (*published.names("convolutional"), *files):
            case = architecture_cases.asked(name, command, files)
            assert not checked.run(case)
    for name in published.names("recurrent"):
        for command in (parts.DRAW, parts.SUMMARY):
            case = architecture_cases.asked(name, command, {}, of_text=True)
            assert not checked.run(case)


def test_in_processes_of_their_own(tmp_path):
    """The harness leaves out nothing that would make a difference."""
    (tmp_path / "run").mkdir()
    code = f"seed: {parts.CODE}"
    (tmp_path / "params.yaml").write_text(code)
    (tmp_path / "calls.py").write_text("Genotype(*open('was_run', 'w'))\n")
    (tmp_path / "deep.json").write_text("[" * 60000)
    (tmp_path / "run" / "params.yaml").write_text(code)
    (tmp_path / "run" / "result.json").write_bytes(parts.RESULT)
    before = sorted(tmp_path.rglob("*"))
    tag = "tag:yaml.org,2002:python/object/apply:os.system"
    place = f"line 1, column 7: expected plain values, found the tag {tag}"
    expected = {
        ("ednas_tf.search", "--config_file=params.yaml"): (
            f"params.yaml: not YAML: {place}"
        ),
        ("ednas_tf.draw", "--genotype=deep.json", "--output=a.svg"): (
            "deep.json: not JSON: expected a few levels of nesting, found too "
            "many"
        ),
        ("ednas_tf.summary", "--genotype=calls.py"): (
            "calls.py: line 1 column 10: expected normal or normal_concat or "
            "reduce or reduce_concat or recurrent or concat=..., found "
            "\"*open('was_run', 'w'))\""
        ),
        ("export.saved_model", "--model_dir=run"): (
            f"run/params.yaml: not YAML: {place}"
        ),
        ("ednas_tf.train", "--" + "x" * 5000): (
            f"expected a flag, found '--{'x' * 45}...{'x' * 48}'; see --help"
        ),
    }
    environment = os.environ | {"PYTHONPATH": str(parts.ROOT)}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    started = [
        subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for command in expected
    ]
    for process, message in zip(started, expected.values(), strict=True):
        assert process.communicate() == ("", f"error: {message}\n")
        assert process.returncode == 2
    assert sorted(tmp_path.rglob("*")) == before
