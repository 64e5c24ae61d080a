"""Searches, trains the result and exports it; resumes each stage if stopped.

python -m ednas_tf.run --dataset=cifar10 --model_dir=runs/mine
"""

from absl import flags

from ednas_tf import tasks
from ednas_tf.commands import (
    export_flags,
    running,
    search_flags,
    settings_flags,
)

flags.adopt_module_key_flags(settings_flags)
flags.adopt_module_key_flags(search_flags)
flags.adopt_module_key_flags(export_flags)


def main() -> None:
    settings = search_flags.settings(search_flags.WHOLE_RUN)
    directory = settings_flags.model_dir(
        "run", settings.data.plain_name()
    ).absolute()
    # Imports TensorFlow, so wrong flags must have been reported before.
    import tensorflow as tf

    from ednas_tf.loops import distribution, whole_run

    formats = export_flags.formats()
    if formats:
        from ednas_tf.export import exporter

        exporter.check_formats(settings.task, formats)
    # Leave the GPUs to the stages, which are other processes.
    tf.config.set_visible_devices([], "GPU")
    writes = distribution.is_writer(settings.runtime)
    whole_run.check(settings, directory, writes)
    if tasks.kind(settings.task).reads_table:
        whole_run.run_in_table(settings, directory, writes)
        return
    whole_run.run(
        directory,
        [
            *settings_flags.share_of_hours(search_flags.WHOLE_RUN),
            *settings_flags.given(),
        ],
        search_flags.given(),
        settings_flags.given(only=("data_dir", "download")),
        writes,
        lambda: whole_run.check_data(settings, directory),
        formats,
    )


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main)


if __name__ == "__main__":
    command()
