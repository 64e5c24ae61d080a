"""The pages: what a reader relies on."""

import ast
import re

import pytest
import yaml
from markdown.extensions import toc

from tests.docs import pages

_README_LINES = 160
_LANGUAGES = {"bash", "kotlin", "python", "text", "yaml"}
_ALL = (*pages.PAGES, "docs/design.md")


def test_every_page_of_the_folder_is_one_of_the_site():
    config = (pages.ROOT / "mkdocs.yml").read_text()
    nav = re.findall(r"[\w]+\.md", config)
    files = {file.name for file in (pages.ROOT / "docs").glob("*.md")}
    assert sorted(nav) == sorted(files)
    checked = {page.removeprefix("docs/") for page in pages.PAGES}
    assert files - checked == {"design.md", "LOG.md"}


def test_the_readme_is_short_and_links_every_page():
    readme = pages.text("README.md")
    assert len(readme.splitlines()) <= _README_LINES
    for page in (pages.ROOT / "docs").glob("*.md"):
        if page.name != "index.md":
            assert f"(docs/{page.name})" in readme


@pytest.mark.parametrize("page", _ALL)
def test_code_blocks_have_a_known_language(page):
    assert {b.language for b in pages.blocks(page)} <= _LANGUAGES
    # Fences that are left are not closed; an indented block has no language.
    assert "```" not in pages.prose(page)
    assert not re.search(r"^\n {4}\S", pages.prose(page), re.MULTILINE)


@pytest.mark.parametrize("page", pages.PAGES)
def test_code_is_valid(page):
    for block in pages.blocks(page, "python"):
        ast.parse(block.text)
    for block in pages.blocks(page, "yaml"):
        yaml.safe_load(block.text)


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_the_environment_is_active_before_a_module_is_started(page):
    shown = [command.text for command in pages.commands(page)]
    started = next(i for i, s in enumerate(shown) if "-m ednas_tf" in s)
    assert "source .venv/bin/activate" in shown[:started]


@pytest.mark.parametrize("page", _ALL)
def test_files_of_the_project_that_a_page_names_exist(page):
    folders = (pages.ROOT, pages.ROOT / "ednas_tf")
    for name in re.findall(r"`([\w./]+/[\w./]*)`", pages.prose(page)):
        of_the_project = name.startswith(("ednas_tf/", "docs/", "tests/"))
        if of_the_project or name.endswith(".py"):
            assert any((folder / name).exists() for folder in folders), name


def test_links_of_the_readme_lead_to_files_and_headings():
    links = re.findall(r"\]\(((?!http)[^)]*)\)", pages.text("README.md"))
    assert len(links) > 10
    for link in links:
        name, _, anchor = link.partition("#")
        assert (pages.ROOT / name).exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.*)", pages.prose(name), re.MULTILINE)
            assert anchor in {toc.slugify(h, "-") for h in headings}, link


def test_commands_are_split_at_the_end_of_a_line():
    block = "a --b \\\n    --c\n\nX='1\n 2' python -m d.e --f='g h'\ni |\n  j\n"
    first, second, third = pages.split(block)
    assert first.text == "a --b --c" and not first.module
    assert second.module == "d.e" and second.arguments == ("--f=g h",)
    assert third.text == "i | j"
    with pytest.raises(ValueError, match="expected a complete command"):
        pages.split("a \\\n")
