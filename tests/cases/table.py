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
        found=("warning: .*test is ignored because its images have no labels",),
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
        found=("WebP", "GIF", "13 .*convert"),
        errors=3,
        command="bash $H/cmd.sh; " + _SUMMARY + " --dataset=images "
        "--data_dir=$H/data",
    ),
    *(
        Case(
            "fault-13-image-folder-with-a-pipe-or-a-device",
            status=None,
            found=("x.jpg.* is not a plain file", "status 0"),
            arguments=(kind,),
        )
        for kind in ("pipe", "device")
    ),
)
