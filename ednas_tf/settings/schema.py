"""All settings, with their defaults.

    data               `Data`, in this file
    search, policy     `Search` and `Policy`, in search_settings.py
    train              `Train`, in train_settings.py
    table              `Table`, in table_settings.py
    runtime            `Runtime`, in this file

The sections that search and training share (space, network, optimizer) are in
network_settings.py. Defaults are the paper's settings for CIFAR-10 (section
4.1.1), except for `Data`; what another data set needs is in its file in
`configs/`. Where the documentation of a setting names no value of the paper,
the paper states none: the default is that of the authors' code, or a choice of
this project. docs/paper.md lists where settings depart from the paper's text.
"""

import dataclasses
import hashlib
import json

from ednas_tf import registry
from ednas_tf.settings.fields import (
    Section,
    choice,
    number,
    registered,
    section,
)
from ednas_tf.settings.network_settings import LanguageModel as LanguageModel
from ednas_tf.settings.network_settings import Network as Network
from ednas_tf.settings.network_settings import Optimizer as Optimizer
from ednas_tf.settings.network_settings import Space as Space
from ednas_tf.settings.search_settings import Policy as Policy
from ednas_tf.settings.search_settings import Search as Search
from ednas_tf.settings.table_settings import Table as Table
from ednas_tf.settings.train_settings import Augmentation as Augmentation
from ednas_tf.settings.train_settings import Train as Train


@dataclasses.dataclass
class Data(Section):
    """The data set.

    Attributes:
      name: name of a data set in `ednas_tf/data/datasets/`, such as "cifar10",
        or "tfds:NAME" for one of TensorFlow Datasets.
      validation_images: number of training images that a search keeps for its
        policy steps; a shuffle chooses them, by the seed. Paper: 10,000 on
        CIFAR-10, 200,000 on ImageNet. 0: chosen to suit the images. With fewer
        than 1,000, short trainings with other seeds have others of them.
      image_size: height and width in pixels that images in files are resized
        to. 0: the size that most of the images have if they are small (at most
        64 pixels), and if none prevails their median; else 224.
      test_share: share of the images of each class that are drawn for the test,
        where the data have no test images of their own.
      unknown_words: what to do with a word of the validation or test text that
        the training text lacks: "error" refuses the text, "unk" reads the word
        as <unk>.
    """

    name: str = "digits"
    validation_images: int = number(287, at_least=1, or_zero=True)
    image_size: int = number(0, at_least=0, at_most=2048)
    test_share: float = number(0.2, above=0, below=1)
    unknown_words: str = choice("error", "unk")

    def plain_name(self) -> str:
        """The name without characters that have a meaning in paths and URLs."""
        return self.name.replace(":", "_").replace("/", "_")


@dataclasses.dataclass
class Runtime(Section):
    """Where and how a run is computed. These settings may change on a resume.

    They change results only by rounding, with two exceptions: sizes of 0 are
    chosen to suit the hardware, and a search of recurrent cells depends on the
    number of devices.

    Attributes:
      data_dir: folder with the data. Empty: the data set's usual folder.
      download: whether missing data may be downloaded.
      broken_images_allowed: number of images that may turn out to be impossible
        to decode; they are left out. One more, and the run fails.
      distribution_strategy: "one_device"; "mirrored": all devices of this host;
        "multi_worker_mirrored": all devices of all processes in TF_CONFIG;
        "tpu": the TPU that TPU_NAME names, or the one of this host.
      deterministic: whether repeating the run gives the same result bit for
        bit, at the cost of some speed.
      xla: whether XLA compiles the training of a derived network.
      steps_per_log: number of steps between two points in TensorBoard: the
        steps of one call of the compiled loop.
      checkpoint_steps: number of steps after which a checkpoint is saved within
        an epoch, rounded up to the end of a call of the compiled loop. 0: only
        at the end of an epoch, where one is always saved.
      checkpoints_kept: number of checkpoints that are kept: the last ones.
      processes: number of processes for short trainings, one training in each
        at a time. 0: one for each CPU core; on a GPU one.
      plugins: the plugins that the run was started with: name -> digest of its
        source. Set by --plugin only; settings files that name other plugins
        are refused.
      figures_every: number of epochs between two pictures of the policies in
        TensorBoard; the last epoch has one, too. 0: no pictures. Pictures that
        would take more than 2 % of the time are left out.
      baseline: whether a whole run trains simple models, too, which the network
        that was found must beat.
    """

    data_dir: str = ""
    download: bool = False
    broken_images_allowed: int = number(10, at_least=0)
    distribution_strategy: str = choice(
        "one_device", "mirrored", "multi_worker_mirrored", "tpu"
    )
    deterministic: bool = False
    xla: bool = False
    steps_per_log: int = number(20, at_least=1)
    checkpoint_steps: int = number(0, at_least=0)
    checkpoints_kept: int = number(3, at_least=1)
    processes: int = number(0, at_least=0, at_most=256)
    plugins: dict[str, object] = section(dict)
    figures_every: int = number(10, at_least=0)
    baseline: bool = False


@dataclasses.dataclass
class Settings(Section):
    """All settings of a run.

    Attributes:
      seed: random seed. Runs with the same settings and seed draw the same
        numbers.
      task: name of a task in `ednas_tf/tasks/`: what the network is for.
      data: the data set.
      search: the search.
      policy: rewards, and how the policy vectors learn.
      train: the training of a derived network.
      table: the table that a search in a table looks rewards up in.
      runtime: where and how the run is computed.
    """

    seed: int = number(0, at_least=0, below=2**31)
    task: str = registered(registry.TASKS, "image_classification")
    data: Data = section(Data)
    search: Search = section(Search)
    policy: Policy = section(Policy)
    train: Train = section(Train)
    table: Table = section(Table)
    runtime: Runtime = section(Runtime)

    def fingerprint(self) -> str:
        """A digest of all settings but `runtime`: 12 hexadecimal digits."""
        decisive = self.as_dict()
        del decisive["runtime"]
        text = json.dumps(decisive, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def leaves_sizes(settings: Section) -> bool:
    """Whether a size in the settings is 0, which leaves it to be chosen."""
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if dataclasses.is_dataclass(value):
            if leaves_sizes(value):
                return True
        elif value == 0 and field.metadata.get("or_zero"):
            return True
    return False


#: The settings that `search.hours` chooses, some of them in `search.short`; and
#: those that `train.hours` chooses.
_SEARCH_LENGTHS = "epochs", "child_steps", "policy_steps"
_SHORT_LENGTHS = (
    *("trainings", "rungs", "steps"),
    *("repeats", "controls", "confirmations"),
)
_TRAIN_LENGTHS = "epochs", "steps"


def adopt_lengths(settings: "Settings", chosen: "Settings") -> None:
    """Takes over the lengths that were chosen for the same number of hours.

    Args:
      settings: the settings to change.
      chosen: settings whose lengths were chosen.
    """
    search, train = settings.search, settings.train
    if search.hours and search.hours == chosen.search.hours:
        _copy(_SEARCH_LENGTHS, search, chosen.search)
        _copy(_SHORT_LENGTHS, search.short, chosen.search.short)
    if train.hours and train.hours == chosen.train.hours:
        _copy(_TRAIN_LENGTHS, train, chosen.train)


def _copy(names, to, source):
    for name in names:
        setattr(to, name, getattr(source, name))


def adopt_sizes(settings: Section, chosen: Section) -> None:
    """Replaces sizes of 0 by those of other settings.

    Args:
      settings: the settings to change.
      chosen: settings of the same class, whose sizes were chosen.
    """
    for field in dataclasses.fields(settings):
        mine, other = (getattr(x, field.name) for x in (settings, chosen))
        if dataclasses.is_dataclass(mine):
            adopt_sizes(mine, other)
        elif mine == 0 and field.metadata.get("or_zero"):
            setattr(settings, field.name, other)
