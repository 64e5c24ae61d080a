"""The report about searches that decide by short trainings."""

import functools
import re

import pytest

from ednas_tf import errors
from ednas_tf.analysis import run_record, story, truth
from ednas_tf.figures import figures
from ednas_tf.reports import report_compared, report_page, report_short
from ednas_tf.settings import plain_yaml
from tests.analysis import histories, short_histories

SPACE = histories.SMALL
CLEAR = "This search beat chance."
UNCLEAR = "This search did no better than chance, as far as its trainings can"


def record_of(directory):
    return run_record.read(directory, plain_yaml.parse)


@functools.cache
def page_of(*directories):
    """A page without its scripts; those with policies take seconds."""
    records = run_record.read_all(list(directories), plain_yaml.parse)
    page = report_page.page(records)
    return re.sub("<script>.*?</script>", "", page, flags=re.S)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    return {
        "short": short_histories.write_short(root / "short", SPACE),
        "chance": short_histories.write_short(
            root / "chance", SPACE, gain=0.004
        ),
        "way": short_histories.write_short(root / "way", SPACE, 7),
        "both": short_histories.write_both(root / "both", SPACE),
        "shared": histories.write(root / "shared", SPACE),
    }


def test_without_policies_their_sections_are_left_out(made):
    page = page_of(made["short"])
    for section in ("policies", "time", "sampled", "gains", "candidates"):
        assert f'id="{section}"' not in page
        assert f'href="#{section}"' not in page
    for section in ("story", "short", "found", "settings"):
        assert f'id="{section}"' in page
    assert "29 short trainings; this report" in page
    assert (
        "Finished: 29 short trainings (16 to choose the result, 4 to measure "
        "the spread of seeds, 9 for the verdict) of 3,600 steps in all, which "
    ) in page
    assert "The cells that the search found" in page
    assert "No alarm" not in page and "random search to compare" not in page
    assert len(page) < 10**6


def test_with_both_kinds_of_evidence_all_sections_are_there(made):
    page = page_of(made["both"])
    for section in ("short", "policies", "time", "gains", "candidates"):
        assert f'id="{section}"' in page
    assert "the best of them were trained, see Short trainings" in page
    assert "No alarm: no operations" in page and CLEAR in page


def test_shared_weights_alone_have_no_such_section(made):
    page = page_of(made["shared"])
    assert 'id="short"' not in page and "#short" not in page


def test_what_beat_chance_and_what_did_not(made):
    for name, headline, look in (
        ("short", CLEAR, "beaten"),
        ("chance", UNCLEAR, "alarm"),
    ):
        page = page_of(made[name])
        assert f'<div class="verdict {look}">\n<p><strong>{headline}' in page
        # Once, with both comparisons, and above all else.
        assert page.count(headline) == 1
        box = page.split('<div class="verdict')[1].split("</div>")[0]
        assert "Against the mean of 4 random architectures: " in box
        assert "Against the best of " in box
        assert "Compared with random search" not in page


def test_no_sentence_of_the_verdict_appears_twice(made):
    page = page_of(made["short"])
    assert page.count("was trained 3 more times") == 1
    assert page.count("Trainings differ by chance") == 1
    # Those of "Short trainings" stand there alone.
    assert page.count("Counting weights is the simplest way") == 1


def test_what_is_no_better_than_chance_does_not_look_sound(tmp_path):
    directory = short_histories.write_both(tmp_path / "mine", SPACE, gain=0.004)
    trust = story.story(record_of(directory))["How far to trust it"]
    assert "includes 0: the result may be no better than" in trust[0]
    assert not any("No alarm" in sentence for sentence in trust)


def test_a_search_under_way(made):
    page = page_of(made["way"])
    assert "There is no verdict yet." in page
    assert "7 of 16 architectures have been trained for 50 steps" in page
    assert "The longest trainings so far, after 50 steps" in page
    assert "The cells of the best short training so far" in page
    assert "not known until its last short training ends" in page


def test_with_shared_weights_before_the_first_short_training(tmp_path):
    directory = short_histories.write_both(tmp_path / "mine", SPACE, 1)
    for name in ("trainings.jsonl", "verdict.json", "genotype.json"):
        (directory / name).unlink(missing_ok=True)
    page = page_of(directory)
    assert "the best of them are trained next" in page
    assert "Whether this search beats chance is not known yet" in page
    # The cells that are drawn are the most likely ones, not the best candidate.
    assert "its cells are drawn below" not in page


def test_the_tables(made):
    record = record_of(made["short"])
    short = report_short.build(record)
    assert short["steps"] == (50, 200) and short["left_out"] == 0
    assert [row[:2] for row in short["groups"]] == [
        ("drawn at random", 8),
        ("from the search with shared weights", 3),
        ("from the searcher", 5),
    ]
    assert sum(row[-1] for row in short["groups"]) == 4
    first = [each for each in record.trainings if each.steps == 50]
    random = [each.loss for each in first[:8]]
    assert short["groups"][0][2:4] == (
        f"{sum(random) / 8:.4f}",
        f"{min(random):.4f}",
    )
    # The rank by loss, and the number that --candidate takes.
    assert [row["values"][:2] for row in short["last"]] == [
        *((each, each) for each in (1, 2, 3, 4)),
    ]
    assert [row["is_result"] for row in short["last"]] == [True] + [False] * 3
    assert set(short["last"][0]["cells"]) == {"normal", "reduction"}


def test_many_rows_are_cut(made, monkeypatch):
    monkeypatch.setattr(report_short, "_MOST_ROWS", 3)
    record = record_of(made["short"])
    short = report_short.build(record)
    assert len(short["last"]) == 3 and short["left_out"] == 1
    assert "1 more are not shown." in report_page.page([record])


def test_side_by_side(made):
    page = page_of(made["short"], made["shared"], made["both"])
    assert "<td>5 of 5</td>" in page and "<td>–</td>" in page
    assert "<th>short trainings</th><td>29</td><td>–</td><td>29</td>" in page
    assert "short: better than chance: +" in page
    assert "<th>verdict</th>" in page
    page = page_of(made["short"], made["way"])
    assert "Side by side" in page and "Rewards of all" not in page
    assert "Not known, as there is no random search" in page_of(made["shared"])


def test_rows_that_no_search_has_are_left_out(made):
    facts = report_compared.build([record_of(made["shared"])])["facts"]
    assert "epochs" in facts
    assert not {"short trainings", "verdict"} & facts.keys()


@pytest.mark.parametrize(
    "name, found",
    [
        ("short", {"short_trainings", "cells_found"}),
        ("way", {"short_trainings"}),
    ],
)
def test_figures_in_a_folder(made, name, found, tmp_path):
    assert not figures.write(record_of(made[name]), tmp_path)
    figures.check(tmp_path)
    assert {file.stem for file in tmp_path.iterdir()} == found


def test_the_table_of_all_trainings_says_nothing_of_it(made, tmp_path):
    record = record_of(made["short"])
    assert truth.of(record, None) is None
    with pytest.raises(errors.RequestError, match="^--table_dir: expected "):
        truth.of(record, tmp_path)


@pytest.mark.parametrize("space", [histories.RECURRENT, histories.UNEVEN])
def test_other_spaces(space, tmp_path):
    page = page_of(short_histories.write_short(tmp_path / "mine", space))
    assert "The last rung, after 200 steps" in page
