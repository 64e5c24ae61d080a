import json
import math

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.export import exporter, warmup
from ednas_tf.export.text import text_export
from ednas_tf.loops.train import train_loop, trained
from ednas_tf.settings import resolve
from tests.export import tiny_texts
from tests.export.tiny_texts import HIDDEN, WORDS


@pytest.fixture(scope="module")
def trained_dir(tmp_path_factory):
    """The directory of a finished training."""
    folder = tmp_path_factory.mktemp("text_run")
    text = tiny_texts.write(folder / "text")
    settings = resolve.resolve(
        "text",
        [],
        f"runtime.data_dir={text},train.epochs=1,train.steps=60,"
        "train.batch_size=8,train.language_model.hidden=8,"
        "train.language_model.bptt=8,train.language_model.bptt_stddev=0,"
        "train.language_model.output_dropout=0,"
        "train.language_model.input_dropout=0",
    )
    train_loop.train(settings, tiny_texts.CELL, folder / "train")
    return folder / "train"


def test_from_a_training_to_a_checked_version(trained_dir, tmp_path, capsys):
    """The whole export, including the other processes that run it."""
    version = exporter.export(trained_dir, tmp_path / "export")
    printed = capsys.readouterr().out
    found = trained.load(trained_dir)
    extra = version / "assets.extra"
    assert {file.name for file in extra.iterdir()} == {
        *("vocabulary.txt", "provenance.json", "tf_serving_warmup_requests"),
    }
    words = (extra / "vocabulary.txt").read_text().split("\n")
    assert tuple(words) == (*found.task.data.words, "")
    provenance = json.loads((extra / "provenance.json").read_text())
    result = provenance["result"]
    assert result["test_perplexity"] == found.result["test_perplexity"]
    assert provenance["settings_fingerprint"] == found.settings.fingerprint()
    gate = provenance["gate"]
    # 40 sentences, and one that all splits of the text share.
    assert gate["sentences"] == 41
    assert gate["words"] == len(found.task.data.test)
    assert gate["warmup_requests"] == 6
    assert 1 < gate["perplexity"] < math.inf
    differences = gate["largest_difference"]
    assert len(differences) == 11
    assert max(differences.values()) < 1e-5
    following = printed.replace(" \\\n   ", "").splitlines()[-1]
    assert printed.count("next: ") == 1
    # Lines of a terminal are wrapped.
    assert (
        "checked in processes without Keras on 41 test sentences, each with a "
        f"fresh state, perplexity {gate['perplexity']:.2f} on {gate['words']} "
        "words; largest differences: log-probabilities "
    ) in " ".join(printed.split())
    assert "\n6 warm-up requests were replayed\n" in printed
    assert following.startswith("next: tensorflow_model_server")
    assert f"--model_base_path={tmp_path / 'export'}" in following


@pytest.mark.parametrize("name", ["litert", "onnx"])
def test_formats_for_images_only_are_refused(
    trained_dir, tmp_path, monkeypatch, name
):
    # The refusal comes before any work.
    monkeypatch.setattr(trained, "load", None)
    with pytest.raises(errors.RequestError) as caught:
        exporter.export(trained_dir, tmp_path / "new", formats=(name,))
    assert str(caught.value) == (
        f"--{name}: expected networks that can be converted to this format, "
        "found those for language modelling; omit the flag"
    )
    assert not (tmp_path / "new").exists()


def test_warm_up_requests_are_test_sentences(tmp_path):
    exported = text_export.TextExport(tiny_texts.trained())
    warmup.write(tmp_path, "tiny", exported.warmups())
    requests = list(warmup.read(tmp_path))
    names = ["serving_default", "begin", "step"]
    assert [name for name, _ in requests] == names * 2
    corpus = tiny_texts.corpus()
    first = " ".join(WORDS[i] for i in corpus.test[:4])
    for start, size in ((0, 1), (3, 4)):
        score, begin, step = (each for _, each in requests[start : start + 3])
        sentences = score["sentences"].numpy().astype(str).tolist()
        assert sentences[0] == first and len(sentences) == size
        assert begin["sentences"].numpy().astype(str).tolist() == sentences
        assert all(word.decode() in WORDS for word in step["words"].numpy())
        np.testing.assert_array_equal(step["state"], np.zeros([size, HIDDEN]))


def test_unknown_words_follow_the_settings(tmp_path):
    exported = text_export.TextExport(tiny_texts.trained("unk"))
    exported.write(tmp_path / "1")
    loaded = tf.saved_model.load(str(tmp_path / "1"))
    found, wanted = (
        loaded.signatures["begin"](sentences=tf.constant([word]))["state"]
        for word in ("xyz", "<unk>")
    )
    np.testing.assert_array_equal(found, wanted)
