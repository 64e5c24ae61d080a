import subprocess
import sys

import pytest

import ednas_tf
from ednas_tf import errors, registry

GOOD = """
from toys.home import maker as make, thing
import toys.home
import toys.home as other

@thing("plain")
class Plain: ...

@toys.home.thing("dotted")
def dotted(): ...

other.thing("called")(len)

@make("not_this_function")
def unrelated(): ...

thing(f"computed_{1}")(len)
lambda: thing()
"thing('in a text')"
"""


@pytest.fixture
def toys(tmp_path, monkeypatch):
    """Writes modules of a package `toys`; returns its registry."""
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "toys"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    found = registry.Registry("thing", "toys")

    def write(**sources):
        for name, source in sources.items():
            (folder / f"{name}.py").write_text(source)
        return found

    home = (
        "import builtins\n\nthing = builtins.toys.register\n"
        "maker = lambda name: lambda function: function\n"
    )
    monkeypatch.setattr("builtins.toys", found, raising=False)
    write(home=home)
    yield write
    for name in [name for name in sys.modules if name.startswith("toys")]:
        del sys.modules[name]


def test_names_are_read_from_the_sources_and_nothing_is_imported(toys):
    things = toys(good=GOOD, broken="thing('broken')(len)\nraise Exception\n")

    assert things.names() == ("broken", "called", "dotted", "plain")
    assert not [name for name in sys.modules if name.startswith("toys.")]


def test_getting_a_name_imports_its_module_alone(toys):
    things = toys(good=GOOD, broken="thing('broken')(len)\nraise Exception\n")

    assert things.get("called") is len
    assert things.get("plain").__name__ == "Plain"
    assert "toys.broken" not in sys.modules


def test_a_computed_name_is_known_once_its_module_is_imported(toys):
    things = toys(good=GOOD)
    with pytest.raises(errors.RequestError, match="one of: called, dotted"):
        things.get("computed_1")

    things.get("plain")

    assert things.get("computed_1") is len
    assert "computed_1" in things.names()


def test_what_is_registered_at_run_time_is_known(toys):
    things = toys(good=GOOD)
    things.register("mine")(min)

    assert things.get("mine") is min
    assert things.names() == ("called", "dotted", "mine", "plain")
    for name in ("mine", "plain"):
        with pytest.raises(ValueError, match=f"'{name}' is defined twice"):
            things.register(name)(max)
    assert things.get("plain").__name__ == "Plain"


def test_a_name_of_two_modules_is_an_error(toys):
    one = "from toys.home import thing\nthing('same')(len)\n"
    things = toys(one=one, two=one)
    with pytest.raises(ValueError) as caught:
        things.names()

    assert str(caught.value) == (
        "thing 'same' is defined twice, in toys.one and toys.two"
    )


def test_functions_of_one_name_are_told_apart_by_their_module(toys):
    toys(
        one="from toys.a import dataset\n@dataset('of_a')\ndef f(): ...\n",
        two="from toys import b\n@b.dataset('of_b')\ndef f(): ...\n",
    )
    found = {
        name: registry.Registry("x", "toys", (f"{name}.dataset",)).names()
        for name in "ab"
    }
    assert found == {"a": ("of_a",), "b": ("of_b",)}


def test_an_unknown_name_is_refused_with_the_nearest_one(toys):
    with pytest.raises(errors.RequestError) as caught:
        toys(good=GOOD).get("plane")

    assert str(caught.value) == (
        "unknown thing 'plane', did you mean 'plain'? "
        "(one of: called, dotted, plain)"
    )


def test_a_registry_without_a_package():
    things = registry.Registry("thing")
    assert things.names() == ()
    things.register("mine")(min)
    assert things.get("mine") is min


#: Imports every module of the package, then compares what registered itself
#: with what was read from the sources.
_ALL = """
import gc, importlib, pkgutil
from ednas_tf import registry
import ednas_tf.ops, ednas_tf.searchers, ednas_tf.tasks
from ednas_tf.data.images import image_data
from ednas_tf.data.text import text_data

found = [each for each in gc.get_objects() if type(each) is registry.Registry]
for each in [each for each in found if each._package]:
    names = each.names()
    package = importlib.import_module(each._package)
    for module in pkgutil.iter_modules(package.__path__, each._package + "."):
        importlib.import_module(module.name)
    assert sorted(each._known) == list(names), each.kind
    print(each.kind, len(names) > 1)
"""


def test_every_name_of_the_package_is_found_in_its_source():
    output = subprocess.run(
        [sys.executable, "-c", _ALL],
        capture_output=True,
        check=True,
        text=True,
        cwd=ednas_tf.__path__[0] + "/..",
    ).stdout
    assert set(output.splitlines()) >= {
        f"{kind} True"
        for kind in (
            *("operation", "activation", "searcher", "task"),
            *("dataset", "text dataset"),
        )
    }
