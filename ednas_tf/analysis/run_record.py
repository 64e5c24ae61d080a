"""All that a search has left in its directory, checked."""

import dataclasses
import json
import pathlib
import zipfile
import zlib
from collections.abc import Callable, Mapping

import numpy as np

from ednas_tf import errors, plugins, whole_files
from ednas_tf.analysis import candidates as candidates_table
from ednas_tf.analysis import policies
from ednas_tf.analysis.candidates import Candidate
from ednas_tf.runs.names import (
    CANDIDATES_FILE,
    GENOTYPE_FILE,
    HISTORY_FILE,
    SETTINGS_FILE,
    STARTS_FILE,
)
from ednas_tf.space import cell_space, genotype, spaces

#: Of a training whose directory lies in that of its search, as the search
#: itself proposes, or beside it, as `ednas_tf.run` does.
_RESULTS = ("train/result.json", "../train/result.json")
_MOST_BYTES = 2**25
_SEARCH = "the --model_dir of a search"


@dataclasses.dataclass(frozen=True)
class RunRecord:
    """What one search has left.

    Attributes:
      directory: of the search.
      settings: those in `params.yaml`, sections as dictionaries.
      planned: epochs of the whole search.
      policies: over the epochs done.
      candidates: the best first; empty until the search has ended.
      found: the architecture it derived; None until then.
      starts: times, hosts and versions, the first start first.
      result: of the training of what was found, if there is one.
      updated: when the history was last written, in seconds since 1970.
    """

    directory: pathlib.Path
    settings: Mapping[str, object]
    planned: int
    policies: policies.Policies
    candidates: tuple[Candidate, ...]
    found: genotype.Genotype | None
    starts: tuple[Mapping[str, object], ...]
    result: Mapping[str, object] | None
    updated: float

    @property
    def name(self) -> str:
        """The directory's, as a person calls it."""
        resolved = self.directory.resolve()
        if resolved.name == "search" and resolved.parent.name:
            return f"{resolved.parent.name}/search"
        return resolved.name or str(resolved)

    def setting(self, name: str, default: object = None) -> object:
        """The setting "search.epochs" for instance."""
        return _setting(self.settings, name, default)


def read(directory: pathlib.Path, parse: Callable[[str], object]) -> RunRecord:
    """Reads the directory of a search, finished or under way.

    Args:
      directory: of the search.
      parse: text -> value, of YAML.

    Raises:
      RequestError: it holds no search, not all of one, or damaged files.
    """
    if not directory.is_dir():
        raise errors.RequestError(
            f"{directory}: expected the directory of a search, found "
            f"{'a file' if directory.exists() else 'nothing'}; give {_SEARCH}"
        )
    settings = _read_settings(directory, parse)
    named = _setting(settings, "runtime.plugins", None)
    plugins.check(named, directory / SETTINGS_FILE)
    file = directory / HISTORY_FILE
    planned = _expect(settings, directory, "search.epochs", int)
    space = _space(settings, directory)
    arrays, updated = _read_history(file)
    found = policies.checked(arrays, space, file)
    if not 1 <= found.epochs <= planned:
        raise errors.RequestError(
            f"{file}: expected 1 to {planned} epochs, as params.yaml plans, "
            f"found {found.epochs}"
            + ("" if found.epochs else "; wait for the first one to end")
        )
    candidates = _read_candidates(directory, found.space)
    derived = _read_genotype(directory, found.space, candidates)
    return RunRecord(
        directory=directory,
        settings=settings,
        planned=planned,
        policies=found,
        candidates=candidates,
        found=derived,
        starts=_read_starts(directory / STARTS_FILE),
        result=_read_result(directory, derived),
        updated=updated,
    )


def read_all(
    directories: list[pathlib.Path], parse: Callable[[str], object]
) -> list[RunRecord]:
    """Reads searches of one space, as `read` does.

    Raises:
      RequestError: also if one searches another space than the first, or if
        one is named twice.
    """
    records = [read(directory, parse) for directory in directories]
    seen = set()
    for record in records:
        one, other = records[0].policies.space, record.policies.space
        if one != other:
            raise errors.RequestError(
                "--compare: expected searches of one space, found "
                f"{directories[0]} of {_described(one)} and "
                f"{record.directory} of {_described(other)}"
            )
        place = record.directory.resolve()
        if place in seen:
            raise errors.RequestError(
                f"--compare: expected each search once, found "
                f"{record.directory} twice"
            )
        seen.add(place)
    return records


def _described(space):
    return (
        f"{space.name} cells of {space.num_nodes} nodes and the operations "
        f"{errors.shown(', '.join(space.ops))}"
    )


def _read_settings(directory, parse):
    file = directory / SETTINGS_FILE
    if not file.exists():
        raise errors.RequestError(
            f"{directory}: expected the directory of a search, found none of "
            f"its {SETTINGS_FILE}; give {_SEARCH}"
        )
    text = whole_files.read(file, _SEARCH, 2**16)
    try:
        settings = parse(text)
    except ValueError as error:
        raise errors.RequestError(f"{file}: not YAML: {error}") from None
    if not isinstance(settings, dict):
        raise errors.RequestError(
            f"{file}: expected settings, found {errors.shown(settings)}"
        )
    return settings


def _setting(settings, name, default):
    for part in name.split("."):
        if not isinstance(settings, Mapping) or part not in settings:
            return default
        settings = settings[part]
    return settings


def _expect(settings, directory, name, kind):
    value = _setting(settings, name, None)
    if not isinstance(value, kind) or isinstance(value, bool) or not value:
        raise errors.RequestError(
            f"{directory / SETTINGS_FILE}: {name}: expected a search's, found "
            f"{errors.shown(value)}; give {_SEARCH}"
        )
    return value


def _space(settings, directory):
    name = _expect(settings, directory, "search.space.name", str)
    nodes = _expect(settings, directory, "search.space.nodes", int)
    ops = _expect(settings, directory, "search.space.ops", list)
    if nodes > cell_space.MOST_NODES:
        raise errors.RequestError(
            f"{directory / SETTINGS_FILE}: search.space.nodes: expected at "
            f"most {cell_space.MOST_NODES}, found {errors.shown(nodes)}"
        )
    try:
        return spaces.make(name, nodes, tuple(map(str, ops)))
    except ValueError as error:
        raise errors.RequestError(
            f"{directory / SETTINGS_FILE}: search.space: {error}"
        ) from None


def _read_history(file):
    if not file.exists():
        holds = (file.parent / GENOTYPE_FILE).exists()
        raise errors.RequestError(
            f"{file.parent}: expected the directory of a search, found "
            + ("a training, or " if holds else "")
            + f"a search without its {HISTORY_FILE}; give {_SEARCH}"
        )
    try:
        with np.load(file) as arrays:
            return {name: arrays[name] for name in arrays}, (
                file.stat().st_mtime
            )
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error):
        raise errors.RequestError(
            f"{file}: expected the policies of a search, found a damaged "
            "file; start the search once more, or again elsewhere"
        ) from None


def _read_candidates(directory, space):
    file = directory / CANDIDATES_FILE
    if not file.exists():
        return ()
    text = whole_files.read(file, _SEARCH, _MOST_BYTES)
    try:
        return candidates_table.from_csv(text, space)
    except (KeyError, TypeError, ValueError) as error:
        reason = errors.first_line(error)
        raise errors.RequestError(
            f"{file}: expected a row a candidate, found another table "
            f"({errors.shown(reason)}); start the search once more"
        ) from None


def _read_genotype(directory, space, candidates):
    file = directory / GENOTYPE_FILE
    if not file.exists():
        return None
    if not candidates:
        raise errors.RequestError(
            f"{directory}: expected {CANDIDATES_FILE} beside {GENOTYPE_FILE}, "
            "found none; start the search once more, which scores them again"
        )
    text = whole_files.read(file, _SEARCH)
    described = genotype.Genotype.from_json(text, str(file))
    try:
        described.validate(space)
    except genotype.GenotypeError as error:
        raise genotype.GenotypeError(f"{file}: {error}") from None
    return described


def _read_starts(file):
    """A search of an older version has no such file."""
    if not file.exists():
        return ()
    try:
        starts = json.loads(whole_files.read(file, _SEARCH, _MOST_BYTES))
        for start in starts:
            start["versions"].items()
        return tuple(starts)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise errors.RequestError(
            f"{file}: expected the starts of a run, found something else; "
            "remove the file"
        ) from None


def _read_result(directory, derived):
    """Of the training of what was derived; one of another does not count."""
    for name in _RESULTS:
        try:
            result = json.loads(whole_files.read(directory / name, "a result"))
        except ValueError:
            continue
        if derived is not None and isinstance(result, dict):
            if result.get("genotype_fingerprint") == derived.fingerprint():
                return result
    return None
