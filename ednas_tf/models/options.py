"""The options of an image classifier, checked before anything is built."""

import dataclasses
import json
import math
import operator
from collections.abc import Mapping, Sequence

from ednas_tf import errors, genotypes
from ednas_tf.nets import plan
from ednas_tf.nets import stem as stems
from ednas_tf.settings import resolve, schema
from ednas_tf.settings.fields import choice, number
from ednas_tf.space import spaces
from ednas_tf.space.genotype import Genotype

#: The most classes, and the largest height or width of an image in pixels.
_MOST_CLASSES, _MOST_PIXELS = 10**6, 10**4


@dataclasses.dataclass(frozen=True)
class Options:
    """Everything that decides what an `ImageClassifier` computes.

    Attributes:
      genotype: the cells.
      input_shape: height, width and number of channels of an image.
      classes: the names of the classes, or their number; None without top.
      cells: number of cells in the stack.
      channels: number of channels of a node of the first cells.
      stem: the layers before the first cell; never "auto".
      mean, stddev: mean and standard deviation of each channel, for pixels that
        are scaled to [0, 1].
      value_range: the pixel values of black and white.
      drop_path: probability that the output of an edge is dropped in training.
      auxiliary_weight: weight of the auxiliary head's loss.
      include_top: whether there is a classifier.
      frozen: names of the layers that are not trained.
    """

    genotype: Genotype
    input_shape: tuple[int, int, int]
    classes: int | tuple[str, ...] | None = None
    cells: int = number(20, at_least=3, at_most=100)
    channels: int = number(36, at_least=2, at_most=1024)
    stem: str = choice("auto", "cifar", "imagenet")
    mean: tuple[float, ...] = (0.5,)
    stddev: tuple[float, ...] = (0.25,)
    value_range: tuple[float, float] = (0.0, 255.0)
    drop_path: float = number(0.0, at_least=0, below=1)
    auxiliary_weight: float = number(0.0, at_least=0)
    include_top: bool = True
    frozen: tuple[str, ...] = ()

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes: "0" and so on if none were given."""
        if isinstance(self.classes, int):
            return tuple(map(str, range(self.classes)))
        return self.classes or ()

    @property
    def network(self) -> schema.Network:
        """Depth, width and stem."""
        return schema.Network(self.cells, self.channels, self.stem)

    def config(self) -> dict[str, object]:
        """The options as values of JSON, which `checked` takes, too."""
        values = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
        }
        values["genotype"] = json.loads(self.genotype.to_json())
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
        }


def checked(**given) -> Options:
    """Checks options, and converts them to the types of `Options`.

    Args:
      **given: the options that are not to have their defaults. A genotype may
        also be a name, a path, or the dictionary of its JSON text; `mean` and
        `stddev` may be numbers for all channels.

    Raises:
      RequestError: a `ValueError`; an option is unknown or wrong. The message
        says which, what was expected and what was found.
    """
    fields = dataclasses.fields(Options)
    simple = {
        field.name: given.pop(field.name)
        for field in fields
        if field.metadata and field.name in given
    }
    unknown = given.keys() - {field.name for field in fields}
    if unknown:
        names = (field.name for field in fields)
        raise errors.RequestError(
            f"build: unknown argument {errors.shown(min(unknown))}"
            f"{errors.nearest(min(unknown), names)}"
        )
    values = resolve.checked(Options, simple, "build")
    values["genotype"] = _genotype(given["genotype"])
    shape = values["input_shape"] = _input_shape(given["input_shape"])
    values["include_top"] = bool(given.get("include_top", True))
    values["classes"] = _classes(given.get("classes"), values["include_top"])
    for name, default in (("mean", 0.5), ("stddev", 0.25)):
        values[name] = _per_channel(name, given.get(name, default), shape[2])
    values["value_range"] = _value_range(given.get("value_range", (0, 255)))
    values["frozen"] = tuple(given.get("frozen", ()))
    values["stem"] = stems.fitting(values.get("stem", "auto"), shape)
    options = Options(**values)
    _check_together(options)
    return options


def _wrong(name, expected, found, advice=""):
    return errors.RequestError(
        f"build: {name}: expected {expected}, found {errors.shown(found)}"
        f"{advice and '; '}{advice}"
    )


def _genotype(given):
    if isinstance(given, Mapping):
        given = Genotype.from_parsed(_plain(given))
    return genotypes.convolutional(given)


def _plain(value):
    """Dictionaries and lists of Keras as plain ones."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list) else value


def _input_shape(given):
    expected = f"three whole numbers, height and width up to {_MOST_PIXELS}"
    try:
        shape = tuple(operator.index(size) for size in given)
        fits = len(shape) == 3 and all(1 <= s <= _MOST_PIXELS for s in shape)
    except TypeError:
        fits = False
    if not fits:
        raise _wrong(
            "input_shape",
            f"{expected}, and the number of channels",
            given,
            "give the shape of one image, such as (32, 32, 3)",
        )
    return shape


def _classes(given, include_top):
    if given is None and not include_top:
        return None
    advice = "give their number, or the list of their names"
    expected = f"2 to {_MOST_CLASSES} classes"
    if isinstance(given, str) or not isinstance(given, Sequence):
        try:
            count = operator.index(given)
        except TypeError:
            raise _wrong("classes", expected, given, advice) from None
        if isinstance(given, bool) or not 2 <= count <= _MOST_CLASSES:
            raise _wrong("classes", expected, given, advice)
        return count
    names = tuple(given)
    distinct = all(isinstance(n, str) for n in names)
    if not distinct or len(set(names)) < len(names) or len(names) < 2:
        raise _wrong("classes", "at least 2 different names", given, advice)
    return names


def _per_channel(name, given, channels):
    many = isinstance(given, Sequence) or hasattr(given, "__len__")
    try:
        values = tuple(map(float, given)) if many else (float(given),)
        values = values * channels if len(values) == 1 else values
        fits = len(values) == channels
    except (TypeError, ValueError):
        fits = False
    fits = fits and all(0 <= value <= 1 for value in values)
    if not fits or (name == "stddev" and min(values) == 0):
        above = "above 0, at most" if name == "stddev" else "from 0 to"
        raise _wrong(
            name,
            f"a number {above} 1, or one for each of {channels} channels, of "
            "pixels scaled to [0, 1]",
            given,
        )
    return values


def _value_range(given):
    try:
        low, high = map(float, given)
        fits = math.isfinite(low) and math.isfinite(high) and low < high
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise _wrong(
            "value_range",
            "the pixel values of black and white",
            given,
            "give two numbers, the first below the second, such as (0, 255)",
        )
    return low, high


def _check_together(options):
    """Raises `RequestError` if options that are right alone do not fit."""
    auxiliary = options.auxiliary_weight > 0
    if auxiliary and not options.include_top:
        raise _wrong(
            "auxiliary_weight",
            "0, because there is no auxiliary head without top",
            options.auxiliary_weight,
            "omit it, or omit include_top",
        )
    space = spaces.default(options.genotype.space)
    try:
        plan.check_size(
            "build", space, options.network, options.input_shape, auxiliary
        )
    except errors.RequestError as error:
        text = str(error).removeprefix("build.").removeprefix("network.")
        raise errors.RequestError(f"build: {text}") from None
