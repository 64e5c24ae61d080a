"""Malformed flags, and files and directories that cannot be used."""

from hypothesis import strategies as st

from tests.fuzz.genotype_cases import NO_GENOTYPES
from tests.fuzz.harness import FIFO, FOLDER, Case, Link
from tests.fuzz.parts import (
    DIGITS,
    DRAW,
    EXPORT,
    GENOTYPE,
    LOOPS,
    RESULT,
    SEARCH,
    TEXTS,
    TRAIN,
    misspelt,
    mutated,
)
from tests.fuzz.settings_cases import DOCUMENTS

#: Paths that are no file to read.
NO_FILES = (
    *("{dir}", "{dir}/missing", "{dir}/fifo", "{dir}/mine.yaml/below", "/"),
    *("{dir}/" + "n" * 300, "n" * 5000, "a\0b", "", "/dev/zero", "/dev/null"),
    *("\udcff", "/proc/self/mem", "{dir}/loop/" * 100, "~", "a\nb", "\x1b[1m"),
    *("file://x", "gs://x/y", "*", "{dir}/\u2028", "/dev/full", "."),
)


@st.composite
def no_files(draw):
    """What should be read cannot be."""
    path = draw(
        st.sampled_from(NO_FILES) | TEXTS.map(lambda name: "{dir}/" + name)
    )
    command = draw(st.sampled_from([SEARCH, TRAIN, DRAW]))
    flag = "config_file" if command == SEARCH else "genotype"
    typed = (f"--{flag}={path}",)
    if command == DRAW:
        typed += ("--output={dir}/cell.svg",)
    files = {"fifo": FIFO, "mine.yaml": DIGITS}
    return Case(command, typed, files)


@st.composite
def outputs(draw):
    """--output is no picture's name."""
    name = draw(
        st.sampled_from(
            ["a.gif", "a", ".svg", "a.svg.", "a.SVG", "a.", "", "/"]
        )
        | st.sampled_from(["a.svgz", "a.pdf/..", "n" * 5000 + ".svg", "a.png "])
        | TEXTS
    )
    flags = ["--genotype={dir}/mine.json", "--output=" + name]
    return Case(
        DRAW, tuple(draw(st.permutations(flags))), {"mine.json": GENOTYPE}
    )


#: Flags that no command takes so.
FLAGS = (
    *("--seed=one", "--seed=", "--seed=1.5", "--seed=-1", "--seed=2147483648"),
    *("--seed=" + "9" * 5000, "--seed=0x" + "f" * 9000, "--seed", "-seed=x"),
    *("--noseed", "--nodownload=1", "--download=maybe", "--download="),
    *("--deterministic=2", "--nodeterministic=", "--unknown", "--unknown=1"),
    *("--" + "x" * 9999, "---", "--=", "--=x", "-", "x", "--\n", "--seed=\n"),
    *("--distribution_strategy=mirror", "--distribution_strategy="),
    *("--distribution_strategy=multi_worker_mirrored", "--dataset=digit"),
    *("--dataset=", "--dataset=../configs/digits", "--dataset=small/cifar10"),
    *("--dataset=" + "d" * 9999, "--dataset=cifar10\n", "--dataset=\udcff"),
    *("--data_dir=", "--data_dir=\udcff", "--model_dir=", "--model_dir=\udcff"),
    *("--config_file=", "--model_dir", "--config_file", "--params_override"),
    *("--flagfile=x", "--flagfile=/dev/zero", "-flagfile", "--flagfile"),
    *("--stderrthreshold=x", "--verbosity=x", "--searcher=edna", "--genotype"),
    *("--searcher=", "--searcher=" + "s" * 9999, "--version=0", "--output=x"),
)


@st.composite
def flags(draw):
    """A flag is unknown, lacks its value, has a wrong one or contradicts."""
    command = draw(st.sampled_from([SEARCH, TRAIN, DRAW, EXPORT]))
    good = {
        SEARCH: ["--dataset=digits", "--seed=3", "--searcher=random"],
        TRAIN: ["--genotype={dir}/genotype.json", "--dataset=digits"],
        DRAW: ["--genotype={dir}/genotype.json", "--output={dir}/cell.svg"],
        EXPORT: ["--model_dir={dir}/run"],
    }[command]
    wrong = st.one_of(
        st.sampled_from(FLAGS),
        st.sampled_from(["seed", "dataset", "genotype", "download"]).flatmap(
            lambda name: misspelt(name).map(lambda other: f"--{other}=1")
        ),
        st.integers()
        .filter(lambda n: n < 0 or n >= 2**31)
        .map("--seed={}".format),
        TEXTS.map(lambda text: "--seed=" + text),
        TEXTS.map(lambda text: "--searcher=" + text),
    )
    typed = list(good)
    kept = draw(st.integers(0, len(good)))
    typed[kept:kept] = [draw(wrong).replace("\0", "\x01")]
    if draw(st.booleans()) and command in (SEARCH, TRAIN):
        typed.append("--params_override=data.name=cifar10")
    return Case(command, tuple(typed), {"genotype.json": GENOTYPE})


@st.composite
def unmet(draw):
    """Settings are well-formed, and cannot be met together or by the data."""
    command = draw(LOOPS)
    common = [
        *("data.validation_images=1437", "data.validation_images=1000000"),
        *("data.name=digit", "data.name='../digits'", "data.name=''"),
        *("data.name=cifar10,runtime.data_dir=" + "d" * 300,),
        *("data.name=cifar10,runtime.data_dir=/dev/null",),
        *("data.name=cifar10,runtime.data_dir=data:none",),
        "runtime.distribution_strategy=multi_worker_mirrored",
    ]
    own = {
        SEARCH: [
            *("search.batch_size=1151", "policy.batch_size=288"),
            *("search.searcher=edna", "search.searcher=''"),
            *("search.space.ops=[none]", "search.space.ops=['']"),
            "search.batch_size=3,runtime.distribution_strategy=mirrored",
            "search.space.ops=[skip_connect,sep_conv_3x]",
        ],
        TRAIN: [
            *("train.batch_size=1438", "train.batch_size=1000000"),
            "train.batch_size=1,runtime.distribution_strategy=mirrored",
        ],
    }[command]
    typed = ["--params_override=" + draw(st.sampled_from(common + own))]
    more = [
        *("--seed=3", "--deterministic", "--data_dir={dir}", "--nodownload"),
        *("--params_override=runtime.steps_per_log=7", "--model_dir={dir}/run"),
        "--params_override=policy.beta_1=0.3,train.optimizer.nesterov=true",
    ]
    typed += draw(st.lists(st.sampled_from(more), unique=True))
    if command == TRAIN:
        typed.append("--genotype={dir}/genotype.json")
    files = {"genotype.json": GENOTYPE}
    return Case(command, tuple(draw(st.permutations(typed))), files)


@st.composite
def run_directories(draw):
    """--model_dir cannot be used, or holds something else."""
    command = draw(LOOPS)
    where, files = draw(
        st.sampled_from(
            [
                ("file", {"file": b""}),
                ("file/below", {"file": b""}),
                ("file/far/below", {"file": b""}),
                ("params.yaml/x", {"params.yaml": DIGITS}),
                ("run", {"run/thesis.tex": b"mine"}),
                ("run", {"run/genotype.json": GENOTYPE}),
                ("run", {"run/params.yaml": FOLDER}),
                ("run", {"run/params.yaml": FIFO}),
                ("run", {"run/params.yaml": b"search: {epochs: 31}"}),
                ("run", {"run/params.yaml": b"seed: 5", "run/policy.npz": b""}),
                ("run", {"run/.lock": FOLDER, "run/params.yaml": DIGITS}),
                ("run", {"run/.lock": FIFO, "run/params.yaml": DIGITS}),
                ("run", {"run/.lock": b"mine", "run/params.yaml": DIGITS}),
                ("run", {"run/params.yaml": DIGITS, "run/genotype.json": b"x"}),
                (
                    "run",
                    {"run/params.yaml": DIGITS, "run/genotype.json": FOLDER},
                ),
                ("n" * 300, {}),
                ("n/" * 2500, {}),
                ("\udcff", {}),
                ("run", {"run": FIFO}),
                ("lr=[0.1]", {}),
                ("a*/b?", {}),
                ("back\\slash", {}),
                *(
                    ("run", {"run/params.yaml": DIGITS, f"run/{name}": other})
                    for name in ("checkpoints", "summaries", "short", "best")
                    for other in (Link(".."), Link("none"), FIFO, b"mine")
                ),
                ("run", {"run/params.yaml": DIGITS, "run/policy.npz": FOLDER}),
                ("run", {"run/params.yaml": DIGITS, "run/.lock": Link("..")}),
            ]
        )
        | (st.sampled_from(DOCUMENTS) | mutated(DIGITS)).map(
            lambda content: ("run", {"run/params.yaml": content})
        )
    )
    typed = ("--dataset=digits", "--model_dir={dir}/" + where)
    if command == TRAIN:
        typed += ("--genotype={dir}/mine.json",)
    return Case(command, typed, files | {"mine.json": GENOTYPE})


@st.composite
def exports(draw):
    """--model_dir holds no finished training, or not a whole one."""
    good = {
        "run/params.yaml": DIGITS,
        "run/result.json": RESULT,
        "run/genotype.json": GENOTYPE,
    }
    files = dict(good)
    name = draw(st.sampled_from(sorted(files)))
    files[name] = draw(
        st.sampled_from([b"", b"[]", b"{", b"\xff", FOLDER, FIFO, b"[" * 60000])
        | mutated(good[name])
        | st.sampled_from([b"{}", b'{"test_accuracy": "x"}', b"x" * 10**6])
        | st.sampled_from(DOCUMENTS + NO_GENOTYPES)
    )
    typed = ["--model_dir={dir}/run"]
    extra = draw(
        st.sampled_from(
            ["--version=0", "--version=x", "--version=" + "9" * 400, "--seed=1"]
            + ["--export_dir=", "--export_dir={dir}/run/params.yaml"]
            + ["--export_dir={dir}/run/params.yaml/x", "--config_file=x"]
            + ["--params_override=seed=1", "--version=-1", "--dataset=digits"]
        )
    )
    if draw(st.booleans()):
        files = good
        typed.append(extra)
    elif draw(st.booleans()):
        del files[name]
    return Case(EXPORT, tuple(typed), files)
