"""The report in a real browser.

Needs Debian's chromium (`apt-get install chromium`), and playwright, which
drives it.
"""

import contextlib
import shutil

import pytest

from ednas_tf.analysis import run_record
from ednas_tf.figures import style
from ednas_tf.reports import report_page
from ednas_tf.settings import plain_yaml
from tests.analysis import histories, short_histories

CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium")

#: Reads the first column with some name from Bokeh's documents.
_SOURCE = """
name => {
  for (const document of Bokeh.documents)
    for (const model of document._all_models.values())
      if (model.type == "ColumnDataSource" && name in model.data)
        return Array.from(model.data[name]);
}
"""


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                *("--no-sandbox", "--disable-gpu", "--no-first-run"),
                "--disable-background-networking",
            ],
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    directory = tmp_path_factory.mktemp("runs") / "mine"
    histories.write(directory, histories.CONVOLUTIONAL, 6)
    record = run_record.read(directory, plain_yaml.parse)
    (directory / "report.html").write_text(report_page.page([record]))
    return directory / "report.html"


@contextlib.contextmanager
def opened(browser, file, width, shown=".slick-row"):
    """Opens a file; in the end there was no error, and nothing was fetched.

    Args:
      browser: the browser.
      file: the file to open.
      width: the width of the window in pixels.
      shown: what to wait for, as a selector.
    """
    page = browser.new_page(viewport={"width": width, "height": 900})
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda line: line.type == "error" and wrong.append(line.text),
    )
    page.on(
        "request",
        lambda asked: (
            asked.url.startswith(("file:", "data:", "blob:"))
            or wrong.append(asked.url)
        ),
    )
    page.goto(file.as_uri())
    page.wait_for_selector(shown, timeout=20_000)
    yield page
    page.close()
    assert not wrong


@pytest.fixture(params=[1280, 390], ids=["desktop", "phone"])
def page(browser, file, request):
    with opened(browser, file, request.param) as page:
        yield page


def test_nothing_is_wider_than_the_page(page):
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide == page.viewport_size["width"]


def test_the_slider_moves_the_tables(page):
    page.locator(
        "#policies .noUi-handle, .bk-Slider .noUi-handle"
    ).first.focus()
    texts = [page.evaluate(_SOURCE, "text")]
    page.keyboard.press("Home")
    page.wait_for_timeout(300)
    assert page.get_by_text("before epoch 1").is_visible()
    texts.append(page.evaluate(_SOURCE, "text"))
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert page.get_by_text("epoch 1 of 6").is_visible()
    texts.append(page.evaluate(_SOURCE, "text"))
    assert texts[0] != texts[1] != texts[2]


def test_what_was_not_sampled_has_a_dash(browser, tmp_path):
    histories.write(tmp_path, histories.UNEVEN, 3, steps=1, marginals=False)
    record = run_record.read(tmp_path, plain_yaml.parse)
    file = tmp_path / "report.html"
    file.write_text(report_page.page([record]))
    with opened(browser, file, 1280) as page:
        texts = {}
        for key in ("Home", "End"):
            page.locator(".bk-Slider .noUi-handle").first.focus()
            page.keyboard.press(key)
            page.wait_for_timeout(300)
            texts[key] = page.evaluate(_SOURCE, "text")
        operations = record.policies.operations("body")
        assert set(texts["Home"]) == {".25"}
        assert texts["End"] == [
            *(style.number(share) for share in operations[-1].ravel()),
        ]
        assert "–" in texts["End"]


@pytest.mark.parametrize("width", [1280, 390])
def test_short_trainings_alone_need_no_scripts(browser, tmp_path, width):
    short_histories.write_short(tmp_path, histories.SMALL)
    record = run_record.read(tmp_path, plain_yaml.parse)
    file = tmp_path / "report.html"
    file.write_text(report_page.page([record]))
    assert "<script" not in file.read_text()
    with opened(browser, file, width, "#short img") as page:
        assert page.evaluate("document.documentElement.scrollWidth") == width
        edges = page.locator("#short details").first
        edges.locator("summary").click()
        assert edges.get_by_text("normal: 2 = ").is_visible()


def test_it_plays_to_the_end(page):
    page.get_by_role("button", name="Play").click()
    assert page.get_by_role("button", name="Pause").is_visible()
    page.get_by_role("button", name="Play").wait_for(timeout=10_000)
    assert page.get_by_text("epoch 6 of 6").is_visible()


def ranks(page):
    table = page.locator("#candidates .slick-row .l0")
    return [int(text) for text in table.all_inner_texts()]


def test_the_table_sorts_and_filters(page):
    before = ranks(page)
    assert before == sorted(before) and before[0] == 1
    title = page.locator("#candidates .slick-header-column", has_text="log P")
    title.click()
    after = ranks(page)
    assert sorted(after) == before and after != before
    page.locator("#candidates input[type=text]").press_sequentially(
        "-skip_connect"
    )
    page.wait_for_timeout(500)
    cells = page.evaluate(_SOURCE, "cells")
    kept = [i for i, each in enumerate(cells, 1) if "skip_connect" not in each]
    assert sorted(ranks(page)) == kept and 0 < len(kept) < 12
    assert page.get_by_text(f"{len(kept)} of 12").is_visible()


def test_the_cells_of_a_candidate_are_not_cut(page):
    row = page.locator("#candidates .slick-row").first
    high = row.evaluate("each => each.clientHeight")
    cells = page.locator("#candidates .slick-row .l4 div").all()
    # A phone shows the cells of the row that was touched, see below.
    assert bool(cells) == (page.viewport_size["width"] > 390)
    for cell in cells:
        assert cell.evaluate("each => each.scrollHeight") <= high
        assert cell.evaluate("each => each.scrollWidth <= each.clientWidth")


def test_a_table_of_candidates_fits_a_phone(browser, file):
    with opened(browser, file, 390) as page:
        page.wait_for_timeout(300)
        # All rows at once, without scrolling in either direction.
        assert ranks(page) == list(range(1, 13))
        for row in page.locator("#candidates .slick-row").all():
            box = row.bounding_box()
            assert box["x"] + box["width"] <= 390 and box["height"] < 30


@pytest.mark.parametrize("width", [1280, 390])
def test_the_edges_of_a_short_training_can_be_read(browser, tmp_path, width):
    short_histories.write_short(tmp_path, histories.SMALL)
    record = run_record.read(tmp_path, plain_yaml.parse)
    file = tmp_path / "report.html"
    file.write_text(report_page.page([record]))
    with opened(browser, file, width, "#short table") as page:
        page.locator("#short details summary").first.click()
        for part in page.locator("#short details[open] > *").all():
            assert part.bounding_box()["width"] >= 200


def test_a_click_shows_the_cells(page):
    place = page.locator("#cell")
    assert place.inner_text() == "Click on a candidate."
    for row in (2, 0):
        page.locator("#candidates .slick-row").nth(row).click()
        place.get_by_text(f"Candidate of rank {row + 1}").wait_for()
        if shutil.which("dot"):
            assert place.locator("svg").count() == 2
        assert place.get_by_text("reduction: 2 = ").count() == 1
