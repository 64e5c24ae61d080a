import pathlib

import pytest
import yaml

from ednas_tf import errors, ops, registry, tasks
from ednas_tf.data.images import image_data
from ednas_tf.data.text import text_data
from ednas_tf.settings import resolve

FILES = sorted(resolve.CONFIGS.rglob("*.yaml"))


def leaves(described, path=()):
    for name, value in described.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name), value


def at(settings, path):
    for name in path:
        settings = getattr(settings, name)
    return settings


@pytest.fixture
def write(tmp_path):
    def write(text, name="mine.yaml"):
        file = tmp_path / name
        file.write_text(text)
        return file

    return write


def refusal(*args, **kwargs):
    with pytest.raises(errors.RequestError) as raised:
        resolve.resolve(*args, **kwargs)
    message = str(raised.value)
    assert "\n" not in message
    return message


# Who wins.


def test_without_anything_the_defaults_hold():
    settings = resolve.resolve()
    assert settings.seed == 0
    assert settings.search.epochs == 300
    assert settings.data.name == "digits"


def test_the_later_wins(write):
    one = write("search: {epochs: 11, candidates: 12}\nseed: 13", "1.yaml")
    two = write("search: {candidates: 22}\nseed: 23", "2.yaml")
    found = resolve.resolve("digits", [one, two], "seed=33")

    assert found.train.epochs == 20  # The data set's file beats 600.
    assert found.search.epochs == 11  # 1.yaml beats the data set's 30.
    assert found.search.candidates == 22  # 2.yaml beats 1.yaml.
    assert found.seed == 33  # The override beats 2.yaml.
    turned = resolve.resolve("digits", [two, one])
    assert (turned.search.candidates, turned.seed) == (12, 13)


def test_of_two_overrides_the_later_wins():
    assert resolve.resolve(overrides="seed=1,seed=2").seed == 2


def test_a_section_keeps_what_is_not_mentioned(write):
    file = write("search: {optimizer: {momentum: 0.5}}")
    optimizer = resolve.resolve("cifar10", [file]).search.optimizer
    assert (optimizer.momentum, optimizer.learning_rate) == (0.5, 0.05)


# What is read.


@pytest.mark.parametrize(
    "text, expected",
    [("1e-3", 0.001), ("1", 1.0), ("2.5E2", 250.0), ("'0.5'", 0.5)],
)
def test_numbers_that_yaml_reads_as_texts_or_integers(write, text, expected):
    file = write(f"policy: {{learning_rate: {text}}}")
    for found in (
        resolve.resolve(config_files=[file]),
        resolve.resolve(overrides=f"policy.learning_rate={text}"),
    ):
        assert found.policy.learning_rate == expected
        assert type(found.policy.learning_rate) is float


def test_overrides_with_lists_spaces_and_a_comma_at_the_end():
    found = resolve.resolve(
        overrides="search.space.ops=[skip_connect, max_pool_3x3],"
        " search.space.nodes = 2 ,train.optimizer.nesterov=true,"
    )
    assert found.search.space.ops == ("skip_connect", "max_pool_3x3")
    assert found.search.space.nodes == 2
    assert found.train.optimizer.nesterov is True


@pytest.mark.parametrize("text", ["", "# nothing", "---\n"])
def test_an_empty_file_changes_nothing(write, text):
    found = resolve.resolve(config_files=[write(text)])
    assert found.as_dict() == resolve.resolve().as_dict()


# What is refused.


#: What is expected of a section: the first of its settings.
OF_SEARCH = (
    "a mapping of settings (searcher, searcher_settings, space, network, "
    "language_model, optimizer, hours, epochs, batch_size, child_steps and 6 "
    "more)"
)
VALUES = {
    "search: {epoch: 3}": (
        "unknown setting 'search.epoch', did you mean 'search.epochs'? "
        "(one of: "
        "batch_size, candidates, child_steps, epochs, evidence, hours, "
        "language_model, network, optimizer, policy_steps, "
        "rescored_candidates, searcher, searcher_settings, short, space, ties)"
    ),
    "sear: {}": (
        "unknown setting 'sear', did you mean 'search'? (one of: data, "
        "policy, runtime, search, seed, table, "
        "task, train)"
    ),
    "1: 2": (
        "unknown setting '1' (one of: data, policy, runtime, search, seed, "
        "table, task, train)"
    ),
    "search: {network: {cells: 8.0}}": (
        "search.network.cells: expected an integer, found 8.0"
    ),
    "seed: true": "seed: expected an integer, found True",
    "seed: '3'": "seed: expected an integer, found '3'",
    "seed:": "seed: expected an integer, found None",
    "policy: {beta_1: half}": (
        "policy.beta_1: expected a number, found 'half'"
    ),
    "policy: {beta_1: true}": "policy.beta_1: expected a number, found True",
    "policy: {beta_1: [0.5]}": "policy.beta_1: expected a number, found [0.5]",
    "policy: {beta_1: .nan}": (
        "policy.beta_1: expected a finite number, found nan"
    ),
    "policy: {beta_1: 'nan'}": (
        "policy.beta_1: expected a finite number, found nan"
    ),
    "search: {optimizer: {clip_norm: .inf}}": (
        "search.optimizer.clip_norm: expected a finite number, found inf"
    ),
    "runtime: {download: 1}": (
        "runtime.download: expected true or false, found 1"
    ),
    "data: {name: 10}": "data.name: expected a string, found 10",
    "seed: -1": "seed: expected at least 0, found -1",
    "seed: 2147483648": (
        "seed: expected less than 2147483648, found 2147483648"
    ),
    "search: {epochs: 0}": "search.epochs: expected at least 1, found 0",
    "policy: {learning_rate: -1}": (
        "policy.learning_rate: expected more than 0, found -1.0"
    ),
    "train: {optimizer: {momentum: 1}}": (
        "train.optimizer.momentum: expected less than 1, found 1.0"
    ),
    "runtime: {distribution_strategy: miror}": (
        "runtime.distribution_strategy: unknown value 'miror', did you mean "
        "'mirrored'? (one of: mirrored, "
        "multi_worker_mirrored, one_device, tpu)"
    ),
    "search: {space: {ops: [a, b, a]}}": (
        "search.space.ops: expected a list of distinct names, found "
        "['a', 'b', 'a']"
    ),
    "search: {space: {ops: []}}": (
        "search.space.ops: expected a list of distinct names, found []"
    ),
    "search: {space: {ops: a}}": (
        "search.space.ops: expected a list of distinct names, found 'a'"
    ),
    "search: {space: {ops: [1]}}": (
        "search.space.ops: expected a list of distinct names, found [1]"
    ),
    "search: {epochs: 1000001}": (
        "search.epochs: expected at most 1000000, found 1000001"
    ),
    "search: {space: {nodes: 17}}": (
        "search.space.nodes: expected at most 16, found 17"
    ),
    "search: {network: {channels: 2048}}": (
        "search.network.channels: expected at most 1024, found 2048"
    ),
    "policy: {learning_rate: 1e300}": (
        "policy.learning_rate: expected at most 1e+30, found 1e+300"
    ),
    'runtime: {data_dir: "\\0"}': (
        "runtime.data_dir: expected a string of at most 4095 bytes in UTF-8 "
        "without null bytes, found '\\x00'"
    ),
    "search: 3": f"search: expected {OF_SEARCH}, found 3",
    "search:": f"search: expected {OF_SEARCH}, found None",
    "search: {space: x}": (
        "search.space: expected a mapping of settings (name, nodes, ops), "
        "found 'x'"
    ),
    "[search]": (
        "top level: expected a mapping of settings (seed, task, data, search, "
        "policy, train, table, runtime), found ['search']"
    ),
}


@pytest.mark.parametrize("text, expected", VALUES.items(), ids=VALUES)
def test_a_file_with_a_wrong_setting(write, text, expected):
    file = write(text)
    assert refusal(config_files=[file]) == f"{file}: {expected}"


def test_an_integer_beyond_all_floats(write):
    file = write(f"seed: 1{'0' * 400}")
    assert refusal(config_files=[file]).startswith(
        f"{file}: seed: expected less than 2147483648, found 10000"
    )


@pytest.mark.parametrize(
    "text", ["a: [", "a: 'b", "\t- a", "? [a]: b", "a: b: c", "a: 2020-13-45"]
)
def test_a_file_that_is_not_yaml(write, text):
    file = write(text)
    assert refusal(config_files=[file]).startswith(f"{file}: not YAML: ")


def test_a_setting_that_stands_twice_in_a_file(write):
    file = write("search: {epochs: 3}\nseed: 1\nsearch: {candidates: 4}")
    assert refusal(config_files=[file]).startswith(
        f"{file}: not YAML: line 3, column 1: expected each name only once, "
        "found 'search' twice"
    )


@pytest.mark.parametrize(
    "text, expected",
    {
        "seed: !!python/object/apply:os.system [ls]": (
            "column 7: expected plain values, found the tag "
            "tag:yaml.org,2002:python/object/apply:os.system"
        ),
        "seed: &a 1": "column 7: expected plain values, found the anchor &a",
        "seed: *a": "column 7: expected plain values, found the alias *a",
        "<<: {seed: 1}": (
            "column 1: expected plain values, found the merge key <<"
        ),
        f"seed: {'[' * 21}": (
            "column 27: expected at most 20 nested brackets, found more"
        ),
        f"seed: {'1' * 5000}": (
            f"column 7: expected a number or a date, found '{'1' * 47}..."
            f"{'1' * 48}'"
        ),
    }.items(),
)
def test_yaml_that_says_more_than_values(write, text, expected):
    file = write(text)
    message = f"{file}: not YAML: line 1, {expected}"
    assert refusal(config_files=[file]) == message


def test_a_number_of_more_digits_than_python_writes(write):
    file = write("seed: 0x" + "f" * 8000)
    assert refusal(config_files=[file]) == (
        f"{file}: seed: expected less than 2147483648, found an integer of "
        "32000 bits"
    )


def test_files_that_cannot_be_read(tmp_path, write):
    advice = "; give a YAML file of settings"
    missing = tmp_path / "missing.yaml"
    assert refusal(config_files=[missing]) == (
        f"{missing}: cannot be read: No such file or directory{advice}"
    )
    assert refusal(config_files=[tmp_path]) == (
        f"{tmp_path}: cannot be read: Is a directory{advice}"
    )
    binary = write("")
    binary.write_bytes(b"\xff\xfe\xfa")
    assert refusal(config_files=[binary]) == (
        f"{binary}: cannot be read: not UTF-8 text{advice}"
    )


def test_of_several_files_the_wrong_one_is_named(write):
    good, bad = write("seed: 1", "good.yaml"), write("sed: 1", "bad.yaml")
    assert refusal(config_files=[good, bad]).startswith(
        f"{bad}: unknown setting 'sed', did you mean 'seed'?"
    )


def test_an_unknown_data_set():
    assert refusal("cifar100").startswith(
        "--dataset: unknown data set 'cifar100', did you mean 'cifar10'? "
        "(one of: arrays, cifar10, cluttered_digits, digits"
    )
    assert refusal("small/cifar10").startswith("--dataset: unknown data set")


OVERRIDES = {
    "seed": "expected name=value[,name=value...], found 'seed'",
    "seed=1,2": "expected name=value[,name=value...], found '2'",
    "search.epoch=3": (
        "unknown setting 'search.epoch', did you mean 'search.epochs'? "
        "(one of: "
        "batch_size, candidates, child_steps, epochs, evidence, hours, "
        "language_model, network, optimizer, policy_steps, "
        "rescored_candidates, searcher, searcher_settings, short, space, ties)"
    ),
    "seed.x=3": "seed: expected an integer, found {'x': 3}",
    "search=3": f"search: expected {OF_SEARCH}, found 3",
    "policy.beta_1=1e0": "policy.beta_1: expected less than 1, found 1.0",
    "data.name='a": (
        'data.name: cannot read the value "\'a": line 1, column 3: while '
        "scanning a quoted scalar found unexpected end of stream"
    ),
    "data.name=2020-13-45": (
        "data.name: cannot read the value '2020-13-45': line 1, column 1: "
        "expected a number or a date, found '2020-13-45'"
    ),
    "seed=1," * 600: (
        "expected at most 4000 characters, found 4200; give a --config_file "
        "instead"
    ),
    "=3": (
        "unknown setting '' (one of: data, policy, runtime, search, seed, "
        "table, task, train)"
    ),
}


@pytest.mark.parametrize("text, expected", OVERRIDES.items(), ids=OVERRIDES)
def test_a_wrong_override(text, expected):
    assert refusal(overrides=text) == f"--params_override: {expected}"


def test_a_name_with_a_colon_has_the_file_of_what_is_before_it(write):
    found = resolve.resolve("tfds:beans")
    expected = resolve.resolve("tfds").as_dict()
    assert found.data.name == "tfds:beans"
    assert found.as_dict() | {"data": {}} == expected | {"data": {}}
    again = resolve.resolve("tfds:beans", [write("seed: 3")])
    assert (again.data.name, again.seed) == ("tfds:beans", 3)
    assert refusal("tdfs:beans").startswith("--dataset: unknown data set")


@pytest.mark.parametrize(
    "known, file", [("IMAGES", "images"), ("TEXTS", "text")]
)
def test_a_plugins_data_set_has_the_settings_of_own_data(
    monkeypatch, known, file
):
    datasets = registry.Registry("dataset")
    datasets.register("mine")(lambda: None)
    monkeypatch.setattr(registry, known, datasets)
    found = resolve.resolve("mine")
    expected = resolve.resolve(file).as_dict()
    assert found.data.name == "mine"
    assert found.as_dict() | {"data": {}} == expected | {"data": {}}
    assert found.train.batch_size == 0
    assert refusal("mien").startswith(
        "--dataset: unknown data set 'mien', did you mean 'mine'? (one of: "
    )


# The files of the repository.


def test_the_papers_numbers():
    found = resolve.resolve("cifar10")
    search, policy, train = found.search, found.policy, found.train

    assert (found.data.name, found.data.validation_images) == ("cifar10", 10000)
    assert (search.network.cells, search.network.channels) == (8, 16)
    assert (search.epochs, search.batch_size) == (300, 128)
    assert (search.child_steps, search.policy_steps) == (0, 0)
    assert (search.candidates, search.rescored_candidates) == (100, 0)
    assert (search.searcher, search.space.nodes) == ("ednas", 4)
    assert search.space.ops == (
        "max_pool_3x3",
        "avg_pool_3x3",
        "skip_connect",
        "sep_conv_3x3",
        "sep_conv_5x5",
        "dil_conv_3x3",
        "dil_conv_5x5",
    )
    assert search.optimizer.as_dict() == {
        "learning_rate": 0.05,
        "schedule": "cosine",
        "final_learning_rate": 0.001,
        "decay_epochs": 10,
        "warmup_epochs": 0,
        "momentum": 0.9,
        "nesterov": True,
        "weight_decay": 3e-4,
        "clip_norm": 5.0,
    }
    assert policy.as_dict() == {
        "batch_size": 128,
        "reward": "accuracy",
        "learning_rate": 3.5e-4,
        "architectures": 1,
        "beta_1": 0.5,
        "beta_2": 0.999,
        "weight_decay": 1e-3,
        "initial_stddev": 1e-3,
        "baseline_decay": 0.99,
        "context": 0,
        "perplexity_reward": 80.0,
        "entropy_coefficient": 0.0,
    }
    assert (train.network.cells, train.network.channels) == (20, 36)
    assert (train.epochs, train.batch_size) == (600, 128)
    assert train.optimizer.learning_rate == 0.025
    assert train.optimizer.final_learning_rate == 0.0
    assert (train.drop_path, train.auxiliary_weight) == (0.2, 0.4)
    assert train.augmentation.cutout == 16


def test_the_papers_numbers_for_imagenet():
    found = resolve.resolve("imagenet2012")
    search, train = found.search, found.train

    assert (search.network.stem, train.network.stem) == ("imagenet", "imagenet")
    assert (search.network.cells, search.network.channels) == (8, 48)
    assert (train.network.cells, train.network.channels) == (14, 48)
    assert (search.epochs, search.batch_size) == (50, 200)
    assert found.policy.batch_size == 50
    assert search.optimizer.learning_rate == 0.05
    assert search.optimizer.schedule == "step"
    assert (train.epochs, train.batch_size) == (250, 200)
    assert train.optimizer.decay_epochs == 50
    assert train.optimizer.weight_decay == 3e-5
    assert (train.label_smoothing, train.auxiliary_weight) == (0.1, 0.4)


def test_the_files_are_found():
    names = {str(file.relative_to(resolve.CONFIGS)) for file in FILES}
    assert {"cifar10.yaml", "digits.yaml", "small/cifar10.yaml"} <= names


@pytest.mark.parametrize(
    "file", FILES, ids=[str(f.relative_to(resolve.CONFIGS)) for f in FILES]
)
def test_every_file_says_what_holds(file):
    settings = resolve.resolve(config_files=[file])
    described = dict(leaves(yaml.safe_load(file.read_text())))

    assert described
    for path, value in described.items():
        found = at(settings, path)
        assert found == (tuple(value) if isinstance(found, tuple) else value)
    name, kind = settings.data.name, tasks.kind(settings.task)
    if settings.task == "image_classification":
        assert name in image_data.names() or image_data.form(name)
    elif settings.task == "language_modelling":
        assert name in text_data.names()
    else:
        kind.check_dataset(name)
    assert set(settings.search.space.ops) <= set(ops.names(kind.family))
    if file.parent == resolve.CONFIGS:
        assert resolve.resolve(file.stem).as_dict() == settings.as_dict()
        assert settings.data.name == pathlib.Path(file).stem


def test_a_tilde_in_a_data_dir_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ann")
    file = tmp_path / "mine.yaml"
    file.write_text("runtime: {data_dir: ~/photos}")
    found = resolve.resolve("images", [file]).runtime.data_dir
    assert found == "/home/ann/photos"
    override = "runtime.data_dir=~/other"
    found = resolve.resolve("images", [file], override).runtime.data_dir
    assert found == "/home/ann/other"


def test_a_task_of_ones_own_can_be_chosen(monkeypatch):
    known = registry.TASKS
    monkeypatch.setattr(known, "_known", {**known._known})
    known.register("counting_sheep")(object)

    found = resolve.resolve("digits", [], "task=counting_sheep")
    assert found.task == "counting_sheep"
    with pytest.raises(errors.RequestError) as caught:
        resolve.resolve("digits", [], "task=counting_ship")
    assert str(caught.value) == (
        "--params_override: task: unknown value 'counting_ship', did you mean "
        "'counting_sheep'? (one of: counting_sheep, image_classification, "
        "language_modelling, table)"
    )
