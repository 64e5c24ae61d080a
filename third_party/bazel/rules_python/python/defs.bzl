"""Bazel's own Python rules, under the names of rules_python."""

py_library = native.py_library

def py_binary(**kwargs):
    native.py_binary(python_version = "PY3", **kwargs)

def py_test(**kwargs):
    native.py_test(python_version = "PY3", **kwargs)
