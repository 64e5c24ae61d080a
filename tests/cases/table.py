"""What is right for each folder of inputs that once failed.

A folder holds `cmd.sh`, its inputs and `expected.txt`. An entry here says what
of `expected.txt` a program can check. To add a folder, add an entry.
"""

from typing import NamedTuple


class Case(NamedTuple):
    """What a folder's command must do.

    Attributes:
      folder: name of the folder.
      status: exit status of the command; None if it says nothing, as for a
        script whose last command only cleans up.
      found: regular expressions, each of which must match somewhere in what
        the command prints (both streams).
      absent: regular expressions of which none may match.
      errors: number of lines that begin with "error: ".
      command: shell command to run in place of `cmd.sh`; `$H` is the folder,
        `$O` an empty one. For scripts that name modules which have moved.
      arguments: arguments of `cmd.sh`.
      seconds: the time after which the command is killed, and the case failed.
    """

    folder: str
    status: int | None = 0
    found: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    errors: int = 0
    command: str | None = None
    arguments: tuple[str, ...] = ()
    seconds: int = 120


_SUMMARY = ".venv/bin/python -m ednas_tf.summary --genotype=darts_v2"

#: Modules that a script names -> where they are today.
_MOVED = {
    "tests.monitor import": "tests.analysis import",
    "ednas_tf.loops import starts, run_lock, train_loop": (
        "ednas_tf.runs import starts, run_lock; "
        "from ednas_tf.loops.train import results as train_loop"
    ),
    "train_loop.tested(": "train_loop.test_text(",
    "ednas_tf.monitor.policy_history": "ednas_tf.analysis.policy_history",
}


def _moved():
    """Runs `cmd.sh` with the names that its modules have today."""
    edits = " ".join(f"-e 's/{old}/{new}/'" for old, new in _MOVED.items())
    return f"bash <(sed {edits} $H/cmd.sh)"


CASES = (
    Case(
        "user-01-brackets-in-path",
        status=2,
        found=(r"--model_dir: .*/lr=\[0\.1\]: expected a path without the ",),
        errors=1,
    ),
    Case("user-02-notebook-mplbackend", found=('"parameters": ',)),
    Case(
        "user-03-keras-global-config",
        found=('(?s)"parameters": .*"parameters": .*best of 2 candidates',),
        seconds=300,
    ),
    Case(
        "user-04-tilde",
        status=2,
        found=("/h1_tilde/genotype.json", "/pictures: expected a folder of"),
        absent=("(?m)^.*/~/h1_tilde$",),
        errors=1,
    ),
    Case(
        "user-05-test-folder-becomes-a-class",
        status=2,
        found=("'test'.*beside .*NG, OK",),
        errors=1,
    ),
    Case(
        "user-07-tfds-float-images",
        status=2,
        found=("float32",),
        errors=1,
        command=f"{_SUMMARY} --dataset=tfds:dim_bright --data_dir=$H/data",
    ),
    Case(
        "user-08-genotype-dialects",
        found=tuple(
            f'== {name}\n *"parameters": '
            for name in (
                *("logline.txt", "nested.txt", "npint.txt", "triple.txt"),
                *("nni1_mask.json", "my_genotypes.py"),
            )
        ),
    ),
    Case(
        "user-09-alpha-only-png",
        found=("values of all pixels: 0 to 255",),
        command=".venv/bin/python -c 'import sys;"
        "from ednas_tf.data.images import image_data;"
        'data = image_data.load("images", sys.argv[1]);'
        "images = data.train.first(64).images;"
        'print("values of all pixels:", images.min(), "to", images.max())\''
        " $H/data",
    ),
    Case(
        "user-11-unlabelled-test-folder",
        found=(r"warning: .*test\s+is\s+ignored\s+because",),
    ),
    Case(
        "user-12-tfds-other-types",
        status=None,
        found=("ClassLabel", "uint16", "float32", "'?training"),
        absent=("delete",),
        errors=4,
    ),
    Case(
        "user-13-webp-and-gif-named-jpg",
        status=2,
        found=("found WebP", "found GIF", "15 of 39 .* are not read.*convert"),
        errors=3,
        command="bash $H/cmd.sh; " + _SUMMARY + " --dataset=images "
        "--data_dir=$H/data",
    ),
    Case(
        # The chief waits for its worker, which is not started.
        "user-14-tf_config-chief",
        status=137,
        found=("process 1 of 2, .* localhost:2222",),
        command="timeout -s KILL 40 bash $H/cmd.sh; exit",
    ),
    *(
        Case(
            "fault-13-image-folder-with-a-pipe-or-a-device",
            # The script stops its search of 300 epochs after 40 seconds, which
            # a busy machine needs to read the images.
            status=None,
            command="bash <(sed 's/timeout 40/timeout 90/' $H/cmd.sh) \"$@\"",
            found=("x.jpg is not a plain file, and is left out",),
            arguments=(kind,),
        )
        for kind in ("pipe", "device")
    ),
    Case(
        "fault-01-killed-while-summary-is-written",
        found=("status 0",),
        absent=("found something else",),
        seconds=900,
    ),
    Case(
        "fault-02-stale-export-told-as-this-runs",
        found=(
            "export/1: is not an export of the",
            '(?s)"seed": 7.*exported network:.*"seed": 0.*"seed": 7',
        ),
        # The script looks at the first version only; the second is served.
        command="TMPDIR=$O bash $H/cmd.sh; "
        "grep '\"seed\"' $O/*/run/export/2/assets.extra/provenance.json",
        seconds=900,
    ),
    Case(
        "fault-03-directory-moved-while-running",
        found=("moved, removed or replaced", "same command: status 0"),
        absent=("the same command goes on",),
        errors=1,
        seconds=600,
    ),
    Case(
        "fault-04-directory-removed-while-running-and-begun-again",
        found=(
            "seed 2 again: status 0, epochs run: [123]",
            "moved, removed or replaced",
        ),
        # The first process ends when its directory is no longer its own. The
        # last one may warn of its policies, but not of its checkpoint.
        absent=("expected a checkpoint of this run",),
        errors=1,
        command="TMPDIR=$O bash $H/cmd.sh; tail -n 1 $O/*/a.out; "
        "cat $O/*/c.err",
        seconds=900,
    ),
    Case(
        "fault-05-report-of-a-directory-with-dollars",
        found=("status 0",),
        command=_moved(),
    ),
    Case(
        "fault-06-report-hangs-on-nodes",
        found=("nodes: expected a number from 1 to 16", "status 2"),
        errors=1,
        command=_moved(),
    ),
    Case(
        "fault-07-report-tracebacks-of-files",
        found=("(?s)(: status 2, 1 lines, last: error: .*){14}",),
        absent=("status [01]",),
        command=_moved(),
        seconds=300,
    ),
    Case(
        "fault-09-client-long-number",
        found=("is not that of an exported model: prob", "status 1"),
        errors=1,
    ),
    Case(
        "fault-10-client-time-limit",
        found=("no response within 3 s", "status 1", "real.*0m[345]"),
        errors=1,
    ),
    Case(
        "fault-15-client-grpc",
        found=tuple(
            f"{name} rc 1 [0-9.]*s b.. 1 err lines: .error: .* is not that of"
            for name in ("resource", "variant", "garbage", "hugedims")
        ),
        seconds=300,
    ),
    Case(
        "fault-11-lock-that-is-a-link-empties-another-file",
        found=("status 2", "precious"),
        errors=1,
        command="mkdir $O/run; echo precious >$O/notes; ln -s $O/notes "
        "$O/run/.lock; .venv/bin/python -m ednas_tf.search --dataset=digits "
        "--model_dir=$O/run; echo status $?; cat $O/notes",
    ),
    Case(
        "fault-12-files-of-a-run-that-end-in-a-traceback-or-never",
        found=("(?s)( one line: .*){8}",),
        absent=(r"\*\*\*",),
        command=_moved(),
    ),
)
