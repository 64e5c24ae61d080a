"""The report as a command and as a page; another file opens it in a browser."""

import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

from ednas_tf import errors
from ednas_tf.analysis import history_names, policies, run_record
from ednas_tf.figures import figures
from ednas_tf.reports import report_file, report_gains, report_page
from ednas_tf.settings import plain_yaml
from tests.analysis import histories

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPACE = histories.SMALL
TINY = histories.recurrent.recurrent(2, ("tanh", "relu"))


def report(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "ednas_tf.report", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )


def page_of(*directories):
    records = run_record.read_all(list(directories), plain_yaml.parse)
    return report_page.page(records)


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    return histories.write(tmp_path_factory.mktemp("runs") / "mine", SPACE)


@pytest.fixture(scope="module")
def random(tmp_path_factory):
    return histories.write(
        tmp_path_factory.mktemp("runs") / "chance",
        SPACE,
        searcher="random",
        strength=0.0,
        seed=1,
    )


def refused(done, *parts):
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("error: ")
    for part in parts:
        assert part in done.stderr


def test_one_file_and_all_figures(tmp_path):
    mine, folder = histories.write(tmp_path / "mine", TINY), tmp_path / "f"
    done = report(f"--model_dir={mine}", f"--figures_dir={folder}")
    assert done.returncode == 0, done.stderr
    assert f"report: {mine / 'report.html'}" in done.stdout
    assert not [file for file in mine.iterdir() if file.name.startswith(".")]
    names = {file.name for file in folder.iterdir()}
    for name in ("policy_operations", "sampled_edges", "gains"):
        assert {f"{name}_recurrent.{s}" for s in ("png", "svg")} <= names
    # Both may be replaced, but figures replace nothing but figures.
    report_file.check(mine / "report.html")
    figures.check(folder)
    (folder / "thesis.png").touch()
    with pytest.raises(errors.RequestError, match="thesis.png; choose ano"):
        figures.check(folder)


def test_requests_that_cannot_be_met(mine, tmp_path):
    refused(report(), "--model_dir: expected the directory of a search")
    other = histories.write(tmp_path / "rnn", TINY, epochs=2)
    refused(
        report(f"--model_dir={mine}", f"--compare={other}"),
        "--compare: expected searches of one space",
        "recurrent cells of 2 nodes",
    )


def test_effects_have_a_section_of_their_own(mine, tmp_path):
    believing = histories.write(tmp_path / "thompson", SPACE, effects=True)
    page = page_of(believing)
    assert "What the searcher believes" in page
    assert "best with probability" in page
    assert "What the searcher believes" not in page_of(mine)


def test_a_file_that_is_no_report_is_not_replaced(tmp_path):
    foreign = tmp_path / "mine.html"
    foreign.write_text("<html>my own</html>")
    with pytest.raises(errors.RequestError, match="or an older report, found"):
        report_file.check(foreign)


def test_a_search_is_not_compared_with_itself(mine):
    with pytest.raises(errors.RequestError, match="found .*mine twice"):
        page_of(mine, mine)


def test_a_flag_of_a_search_is_unknown(mine):
    refused(report(f"--model_dir={mine}", "--seed=1"), "seed")


@pytest.mark.parametrize("name", ["none/report.html", "folder"])
def test_what_cannot_be_written(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(ValueError, match="--output"):
        report_file.check(tmp_path / name)


def test_a_report_is_whole_or_the_old_one(tmp_path, monkeypatch):
    file = tmp_path / "report.html"
    report_file.write(file, "old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pathlib.Path, "replace", full)
    with pytest.raises(ValueError, match="No space left on device; choose"):
        report_file.write(file, "new")
    assert file.read_text() == "old" and len(list(tmp_path.iterdir())) == 1


@pytest.fixture(scope="module")
def page(mine):
    return page_of(mine)


def text_of(page):
    """A page without its scripts."""
    return re.sub("<script>.*?</script>", "", page, flags=re.S)


def test_the_page_fetches_nothing(page):
    own = text_of(page)
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)""", own)
    assert "default-src 'none'" in own
    assert len(page) < 5e6


def test_the_page_tells_the_story(page):
    assert (
        "Finished: 5 of 5 epochs, with 30 child steps and 30 architectures "
        "judged in policy steps." in page
    )
    assert "A cell has 2 nodes, each with 2 inputs; an input carries" in page
    assert "The best of 12 candidates has a reward of 0.5500" in page
    assert "rank the best 6 candidates with a correlation of" in page
    assert "there is no random search to compare with" in page
    assert page.count("<template id=") == 12


def test_a_search_under_way_has_no_candidates(tmp_path):
    directory = histories.write(tmp_path / "mine", TINY, epochs=9, done=2)
    page = page_of(directory)
    assert "Unfinished: 2 of 9 epochs" in page
    assert "No architecture has been derived yet; the cells that are" in page
    assert "<template" not in page


def test_the_verdict_against_random_search(mine, random):
    page = page_of(mine, random)
    assert "mine: not known. Scored with shared weights, a candid" in page
    assert "mine and chance have no training from scratch, which alone" in page
    assert "Side by side" in page and "<th>chance</th>" in page


def test_a_recurrent_cell(tmp_path):
    page = page_of(histories.write(tmp_path / "rnn", TINY, 2))
    assert "recurrent cell: operations of each edge" in page
    assert "each with 1 input; an input carries" in page


@pytest.mark.parametrize("marginals", [True, False])
@pytest.mark.parametrize("space", [histories.UNEVEN, histories.FULL])
def test_other_spaces_with_and_without_probabilities(
    tmp_path, space, marginals
):
    directory = histories.write(tmp_path / "a", space, marginals=marginals)
    other = histories.write(tmp_path / "b", space, searcher="random", seed=1)
    page = page_of(directory, other)
    (cell_type,) = space.cell_types
    inputs = f"{cell_type} cell: inputs of each node"
    assert (inputs in page) == (space == histories.UNEVEN)
    assert f"{cell_type} cell: operations of each edge" in page
    assert f"{cell_type}: 1 = " in page
    if space == histories.UNEVEN:
        assert "nodes, each with 1 to 2 inputs; an input carries" in page


def test_figures_of_another_space_without_probabilities(tmp_path):
    space, folder = histories.UNEVEN, tmp_path / "figures"
    directory = histories.write(tmp_path / "a", space, marginals=False)
    record = run_record.read(directory, plain_yaml.parse)
    figures.write(record, folder)
    figures.check(folder)
    assert (folder / "policy_inputs_body.svg").exists()


def test_without_probabilities_the_report_speaks_of_what_was_sampled(
    tmp_path,
):
    directory = histories.write(tmp_path / "a", SPACE, marginals=False)
    own = text_of(page_of(directory))
    assert "This searcher reports no probabilities, so shares are" in own
    assert "judged architectures consist of, from epoch 4 to epoch 5:" in own
    assert "The choices sampled most often" in own
    for word in ("policy vector", "log P(m) =", "baseline"):
        assert word not in own


def test_the_first_epoch_without_probabilities_changes_nothing(tmp_path):
    directory = histories.write(tmp_path / "a", SPACE, 3, 1, marginals=False)
    page = page_of(directory)
    assert "the choices that were sampled most often are drawn below" in page
    assert "Largest changes" not in page


def test_what_stands_in_files_is_no_markup(tmp_path):
    evil = '<script>alert("x")</script>'
    space = histories.with_ops(TINY, ("tanh", evil))
    directory = histories.write(tmp_path / "<b>mine", space, epochs=2)
    starts = (directory / "starts.json").read_text()
    starts = starts.replace("2.20.0", "<i>2</i>").replace("one", "<u>")
    (directory / "starts.json").write_text(starts)
    page = page_of(directory)
    for text in (evil, "<i>2</i>", "<u>", "<b>mine"):
        assert text not in page


def test_undecided_policies_draw_no_cell_and_are_named(tmp_path):
    directory = histories.write(tmp_path / "a", SPACE, strength=0.1)
    page = page_of(directory)
    assert "The policies have learnt next to nothing: 12 of 12" in page
    assert "The result is the best of 12 nearly random" in page
    assert "No operation leads in the normal cell" in page
    assert "Not drawn: nearly all policy vectors are undecided" in page
    assert "No alarm" not in page and "log P(m) =" not in page


def test_random_search_has_learnt_nothing_without_an_alarm(random):
    page = page_of(random)
    assert "This searcher does not learn: all architectures have" in page
    assert "learnt next to nothing" not in page and "No alarm" not in page


def test_candidates_that_were_scored_once(tmp_path):
    directory = histories.write(tmp_path / "once", SPACE, 2)
    rows = histories.candidates(SPACE)
    for row in rows:
        row["validation_reward"] = ""
    histories.write_candidates(directory, rows)
    page = page_of(directory)
    assert "The candidates" in page and "Do both rewards agree?" not in page


def test_a_long_search_fits_into_five_mebibytes(tmp_path):
    space = histories.CONVOLUTIONAL
    directory = histories.write(tmp_path / "long", space, 3, steps=2)
    rows = histories.candidates(space, count=100, rescored=10)
    histories.write_candidates(directory, rows)
    with np.load(directory / "policy.npz") as short:
        draw = np.random.default_rng(0)
        arrays = {
            name: np.concatenate([value] * 101)[
                : 300 if name.startswith("epoch/") else 301
            ]
            for name, value in short.items()
            if history_names.has_epochs(name)
        }
    for name, value in arrays.items():
        if name.startswith("probabilities/"):
            # Numbers as they are learnt, which do not repeat.
            value *= 1 + 1e-3 * draw.normal(size=value.shape)
    histories.save(directory, space, arrays)
    settings = histories.settings(space, 300)
    (directory / "params.yaml").write_text(histories.yaml.safe_dump(settings))
    assert len(page_of(directory).encode()) < 5 * 2**20


def test_dollars_in_names_are_no_mathematics(tmp_path):
    ops = ("a$$$b", r"\(x\)", "$x_$", *SPACE.ops[3:])
    space = histories.with_ops(SPACE, ops)
    one, other = (
        histories.write(tmp_path / name, space, 2)
        for name in ("cost_$5_$6", "$x_$")
    )
    page = page_of(one, other)
    # Those of BokehJS itself follow no name of an operation.
    assert "a$$" not in page[page.index("</style>") :].split("docs_json")[-1]
    assert "a$\u2060$\u2060$b" in page
    assert "Content-Security-Policy" in page
    record = run_record.read(one, plain_yaml.parse)
    figures.write(record, tmp_path / "figures")


def test_a_searcher_that_adapts_has_no_intervals(tmp_path):
    directory = histories.write(tmp_path / "run", SPACE, marginals=False)
    html = page_of(directory)
    assert "No interval is shown: this searcher chooses each" in html
    assert "clear difference to the reward is not known" in html
    assert "Blue choices clearly" not in html and "be clear by" not in html
    table = report_gains.build(
        run_record.read(directory, plain_yaml.parse).policies
    )
    assert [column.field for column in table.columns][-1] == "value"


def test_how_many_gains_are_clear_by_chance():
    arrays = histories.arrays(SPACE, 4, steps=12, strength=0.0)
    found = policies.Policies(SPACE, arrays)
    text = report_gains.chance(found)
    rows = int(text.split()[0])
    assert 0 < rows < 20 and f"; {0.05 * rows:.1f} would be clear by" in text
