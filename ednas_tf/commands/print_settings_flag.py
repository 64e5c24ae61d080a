"""The flag --print_settings, of commands that begin a run."""

from absl import flags

from ednas_tf.runs import run_directory
from ednas_tf.settings import schema

FLAG = flags.DEFINE_boolean(
    "print_settings",
    False,
    "Print all settings of the run as YAML, and end without a run. Sizes that "
    "are 0 are chosen once the data are read.",
)


def has_printed(settings: schema.Settings) -> bool:
    """Prints the settings if the flag asks for them; whether it does."""
    if FLAG.value:
        print(run_directory.text(settings), end="")
    return FLAG.value
