import io
import sys

import pytest

from ednas_tf.monitor import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_without_a_terminal_there_is_no_bar_and_prints_pass(capsys):
    with progress.bar("search", 10, 4) as show:
        print("step", 5, "of ten")
        show(5)

    found = capsys.readouterr()
    assert found.out == "step 5 of ten\n"
    assert found.err == ""


def on_a_terminal(monkeypatch):
    # Not a fixture: pytest's own capture comes between setup and test.
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    return sys.stdout, sys.stderr


def test_on_a_terminal_the_bar_counts_from_where_it_starts(monkeypatch):
    _, stderr = on_a_terminal(monkeypatch)
    with progress.bar("search", 10, 4) as show:
        show(7)
        show(10)

    shown = stderr.getvalue().split("\r")
    assert any(part.startswith("search:  40%") for part in shown)
    assert "10/10" in shown[-1]


def test_on_a_terminal_prints_reach_stdout_above_the_bar(monkeypatch):
    stdout, stderr = on_a_terminal(monkeypatch)
    with progress.bar("search", 10, 0):
        print("step", 5, "of ten")
        print("two\nlines")

    assert stdout.getvalue() == "step 5 of ten\ntwo\nlines\n"
    assert "of ten" not in stderr.getvalue()


def test_what_has_no_line_break_yet_is_printed_in_the_end(monkeypatch):
    stdout, _ = on_a_terminal(monkeypatch)
    with progress.bar("search", 10, 0):
        print("wait ... ", end="")
    assert stdout.getvalue() == "wait ... "


def test_the_bar_is_cleared_before_a_line_and_drawn_after_it(monkeypatch):
    stdout, stderr = on_a_terminal(monkeypatch)
    stderr.write = stdout.write  # A terminal shows both.
    with progress.bar("search", 10, 4):
        before = stdout.getvalue()
        print("a line")
        added = stdout.getvalue()[len(before) :]

    cleared, _, rest = added.partition("a line\n")
    assert before.split("\r")[-1].startswith("search:  40%")
    assert cleared.split("\r")[-2].strip() == ""
    assert cleared.endswith("\r")
    assert rest.strip("\r").startswith("search:  40%")


def test_stdout_is_itself_again_afterwards(monkeypatch):
    stdout, _ = on_a_terminal(monkeypatch)
    with pytest.raises(RuntimeError), progress.bar("search", 10, 0):
        assert sys.stdout is not stdout
        raise RuntimeError
    assert sys.stdout is stdout


def test_a_quiet_run_shows_nothing_on_a_terminal(monkeypatch):
    stdout, stderr = on_a_terminal(monkeypatch)
    with progress.quiet(), progress.bar("search", 10, 4) as show:
        print("step 5 of ten")
        show(5)
    assert stdout.getvalue() == stderr.getvalue() == ""
    print("afterwards")
    assert stdout.getvalue() == "afterwards\n"
