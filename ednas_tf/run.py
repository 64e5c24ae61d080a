"""Searches, trains the result and exports it; resumes each stage if stopped.

python -m ednas_tf.run --dataset=cifar10 --model_dir=runs/mine
"""

from absl import flags

from ednas_tf import errors, tasks, wording
from ednas_tf.commands import (
    export_flags,
    print_settings_flag,
    running,
    search_flags,
    settings_flags,
)
from ednas_tf.runs import names, run_directory
from ednas_tf.settings import stage_hours

flags.adopt_module_key_flags(settings_flags)
flags.adopt_module_key_flags(search_flags)
flags.adopt_module_key_flags(export_flags)
flags.adopt_module_key_flags(print_settings_flag)
_BASELINE = flags.DEFINE_boolean(
    "baseline",
    None,
    "Train simple models, too, which the network must beat; by default for "
    "your own images.",
)


def main() -> None:
    settings = _settings(stage_hours.WHOLE_RUN)
    directory = settings_flags.model_dir(
        "run", settings.data.plain_name()
    ).absolute()
    shares = _shares(settings, directory)
    settings = _settings(shares)
    if print_settings_flag.has_printed(settings):
        return
    # Imports TensorFlow, so wrong flags must have been reported before.
    import tensorflow as tf

    from ednas_tf.loops import distribution, whole_run
    from ednas_tf.loops.baselines import compare

    formats = export_flags.formats()
    if formats:
        from ednas_tf.export import exporter

        exporter.check_formats(settings.task, formats)
    # Leave the GPUs to the stages, which are other processes.
    tf.config.set_visible_devices([], "GPU")
    writes = distribution.is_writer(settings.runtime)
    whole_run.check(settings, directory, writes)
    against = settings.runtime.baseline and compare.reason_against(settings)
    if against:
        print(wording.wrapped(f"no baselines, because {against}"))
        settings.runtime.baseline = False
    baseline = settings.runtime.baseline
    if tasks.kind(settings.task).reads_table:
        whole_run.run_in_table(settings, directory, writes)
        return
    whole_run.run(
        directory,
        [
            *settings_flags.share_of_hours(shares),
            *settings_flags.given(),
            f"--params_override=runtime.baseline={baseline}".lower(),
        ],
        search_flags.given(),
        settings_flags.given(only=("data_dir", "download")),
        writes,
        lambda: whole_run.check_data(settings, directory),
        formats,
        baseline,
    )


def _shares(settings, directory):
    """The share of the time in --hours that search and training get.

    A begun run keeps its shares, so that baselines can be added or left out.
    """
    both = stage_hours.WHOLE_RUN, stage_hours.WITH_BASELINE
    file = directory / "search" / names.SETTINGS_FILE
    if file.is_file():
        hours = run_directory.load(file).search.hours
        for shares in both:
            if _settings(shares).search.hours == hours:
                return shares
    return both[bool(settings.runtime.baseline)]


def _settings(shares):
    """The settings, with --baseline in the section `runtime`.

    Args:
      shares: the share of the time in --hours that search and training get.

    Raises:
      RequestError: see `search_flags.settings`; or there are no baselines.
    """
    settings = search_flags.settings(shares)
    if _BASELINE.value is not None:
        settings.runtime.baseline = _BASELINE.value
    if _BASELINE.value and not tasks.kind(settings.task).has_baselines:
        raise errors.RequestError(
            "--baseline: expected images, as there are no baselines for other "
            f"data, found the task {settings.task}; omit it"
        )
    return settings


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main)


if __name__ == "__main__":
    command()
