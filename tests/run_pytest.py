"""Runs pytest on the files it is handed: the main program of Bazel's tests."""

import sys

import pytest


def main(files: list[str]) -> int:
    # No tests found exits 5, no success: Bazel would otherwise show a pass
    # for a file whose tests all lost their names.
    return int(pytest.main(["-q", "-p", "no:cacheprovider", *files]))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("run_pytest.py: expected the test files to run, found none")
    sys.exit(main(sys.argv[1:]))
