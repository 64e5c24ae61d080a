"""The flag --more_epochs, of commands that can go on from a finished run."""

from absl import flags

from ednas_tf import errors

FLAG = flags.DEFINE_integer(
    "more_epochs",
    None,
    "Number of epochs by which a finished run is lengthened, in a folder of "
    "its own.",
    lower_bound=1,
)


def check() -> None:
    """Checks the flag against others.

    Raises:
      RequestError: --hours is given, too.
    """
    if FLAG.value is not None and flags.FLAGS["hours"].present:
        raise errors.RequestError(
            "--hours: expected no such flag with --more_epochs, which says how "
            "long the run is; omit one of them"
        )
