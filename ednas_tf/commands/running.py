"""Starts and ends a command: parses its flags, prints errors in one line."""

import errno
import os
import re
import sys
import time
from collections.abc import Callable, Sequence

from absl import app, flags, logging

import ednas_tf
from ednas_tf import errors, interruption, wording
from ednas_tf.commands import environment, settings_flags
from ednas_tf.runs import run_lock

#: For restarts of a process that has lost the other processes of its run: the
#: variable that counts them, their maximum number without a run of _LONG_RUN
#: seconds in between, and the seconds to wait before a restart.
_RESTARTS, _MOST_RESTARTS, _LONG_RUN, _PAUSE = "EDNAS_TF_RESTARTS", 20, 600, 2
_BEGIN = time.monotonic()

#: Numbers of errors that are not the program's fault.
_FAULTS = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS),
    *(errno.EACCES, errno.EPERM, errno.ESTALE, errno.EMFILE, errno.ENFILE),
    *(errno.ENOMEM, errno.EPIPE, errno.ENAMETOOLONG, errno.ELOOP),
)


def run(
    main: Callable[[], None],
    has_settings: bool = True,
    kept: Sequence[str] = (),
) -> None:
    """Parses the flags, calls `main` and ends the process.

    Args:
      main: the function that does the command's work.
      has_settings: whether the command has the flags of `settings_flags`.
      kept: names of the flags of `settings_flags` that it has nevertheless.

    Exit status: 0 on success; 1 if the run failed; 2 if the request was wrong;
    143 or 130 after SIGTERM or Ctrl-C. Except on success, a single line on
    stderr gives the reason. An error of the program itself keeps its traceback.

    `--version` prints the version of the package and ends with status 0.
    """

    environment.prepare()
    _describe(main.__module__)
    if not has_settings:
        for flag in flags.FLAGS.get_flags_for_module(settings_flags.__name__):
            if flag.name not in kept:
                delattr(flags.FLAGS, flag.name)

    def guarded(_):
        # Orbit also prints what it logs.
        logging.set_verbosity(logging.WARNING)
        try:
            interruption.install()
            if "plugin" in flags.FLAGS:
                settings_flags.load_plugins()
            main()
        except errors.RequestError as error:
            _stop(error, 2)
        except errors.LostProcess as error:
            _start_again(error)
        except errors.RunError as error:
            _stop(error, 1)
        except errors.Interrupted as interrupted:
            message = str(interrupted)
            # Before, the request might have been refused.
            if run_lock.was_held() and ";" not in message:
                message += "; the same command goes on"
            _stop(message, 128 + interrupted.signal, "")
        except Exception as error:
            message = _machine_failure(error)
            if message is None:
                raise
            _stop(message, 1)

    app.run(guarded, flags_parser=_parse)


def _describe(module):
    """Makes --help of the program show a command's docstring and flags.

    absl shows those of `__main__`, which is another module where a console
    script, or a file in the top-level folder `export`, calls the command.
    """
    sys.modules["__main__"].__doc__ = sys.modules[module].__doc__
    program = sys.argv[0]
    for flag in flags.FLAGS.get_key_flags_for_module(module):
        flags.FLAGS.register_key_flag_for_module(program, flag)


def _start_again(error):
    """Replaces this process by one with the same command."""
    number = interruption.received()
    if number:
        _stop(errors.Interrupted(number, str(error)), 128 + number, "")
    lasted = time.monotonic() - _BEGIN > _LONG_RUN
    count = 0 if lasted else int(os.environ.get(_RESTARTS, 0))
    if count == _MOST_RESTARTS:
        _stop(f"{error}; this process has restarted {count} times in vain", 1)
    errors.warn(f"{error}; this process restarts and waits for the others")
    os.environ[_RESTARTS] = str(count + 1)
    sys.stdout.flush()
    # Wait until the cause has passed that ended the other process.
    time.sleep(_PAUSE)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _machine_failure(error):
    """The message if a disk, memory, the network or the data failed, else None.

    TensorFlow reads the data, so their errors arrive as its errors.
    """
    first_line = errors.first_line(error)
    if _is_tensorflow_error(error, "UnknownError"):
        # A function that TensorFlow called has raised this error.
        raised = re.search(r"\bRunError: (.*)", str(error))
        return raised and raised[1]
    if isinstance(error, OSError):
        # The modules tempfile and Matplotlib say this in their own ways.
        if "temporary directory" in str(error):
            return (
                "expected a folder for temporary files that can be written, "
                "found none; set TMPDIR to one"
            )
        if error.errno not in _FAULTS:
            return None
        name = f"{error.filename}: " if error.filename else ""
        return f"{name}{error.strerror}; saved files are kept"
    # TensorFlow raises this error for a full disk, too.
    out_of_memory = _is_tensorflow_error(
        error, "ResourceExhaustedError"
    ) and re.search("OOM|alloc|memory", str(error))
    if isinstance(error, MemoryError) or out_of_memory:
        tensor = re.search(r"tensor with shape\[[^]]*\]", str(error))
        return (
            f"out of memory{tensor and f', for a {tensor[0]}' or ''}; "
            "checkpoints are kept; use smaller batches or networks"
        )
    if _is_tensorflow_error(
        error,
        *("ResourceExhaustedError", "DataLossError", "PermissionDeniedError"),
        "UnavailableError",
    ):
        return f"{first_line}; saved files are kept"
    return None


def _is_tensorflow_error(error, *names):
    """Whether it is such an error; does not import TensorFlow to check."""
    return type(error).__module__.startswith("tensorflow") and any(
        kind.__name__ in names for kind in type(error).__mro__
    )


def _parse(argv):
    if _asks_for_the_version(argv[1:]):
        print(f"ednas_tf {ednas_tf.__version__}")
        sys.exit(0)
    for name in (arg.partition("=")[0] for arg in argv[1:]):
        # absl would read any file, and search too deeply for a similar flag.
        if name.strip("-") == "flagfile":
            _stop(f"{name}: expected settings in a --config_file; omit it", 2)
        if name.startswith("-") and len(name) > 100:
            found = errors.shown(name)
            _stop(f"expected a flag, found {found}; see --help", 2)
    try:
        rest = flags.FLAGS(argv)
    except (flags.Error, ValueError) as error:
        _stop(f"{_flag_error(error)}; see --help", 2)
    if len(rest) > 1:
        found = errors.shown(rest[1])
        _stop(f"expected flags only, found {found}; see --help", 2)
    return rest


def _asks_for_the_version(arguments):
    """Whether `--version` asks for the version of the package.

    Exports and served models have versions, too: their commands take a number,
    as in `--version=3`, so that `--version` alone cannot be meant for them.
    """
    alone = len(arguments) == 1 or "version" not in flags.FLAGS
    return alone and "--version" in arguments


def _flag_error(error):
    """Replaces absl's "flag --seed=one: " and Python error by a message."""
    found = re.match("flag --([a-z_]+)=(.*?): ", str(error), re.DOTALL)
    if not found:
        return error
    name, value = found.groups()
    expected = flags.FLAGS[name].parser.syntactic_help or "true or false"
    return f"--{name}: expected {expected}, found {errors.shown(value)}"


def _stop(message, status, label="error: "):
    """Ends the process with a line; a signal is no error, and has no label."""
    message = errors.one_line(str(message))
    # A failed run names its architecture in full; a request is known.
    if status == 2:
        message = errors.shortened(message, 1000)
    line = f"{label}{message}"
    # A program may read the line from a file: it is broken for a person only.
    is_read = sys.stderr.isatty()
    print(wording.wrapped(line) if is_read else line, file=sys.stderr)
    sys.exit(status)
