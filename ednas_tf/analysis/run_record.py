"""The files that a search has written to its directory, checked."""

import csv
import dataclasses
import pathlib
from collections.abc import Callable, Mapping

from ednas_tf import array_files, errors, plugins, whole_files
from ednas_tf.analysis import candidates as candidates_table
from ednas_tf.analysis import (
    history_names,
    policies,
    policy_checks,
    result_record,
    run_settings,
    short_record,
)
from ednas_tf.analysis.candidates import Candidate
from ednas_tf.analysis.run_settings import RESUME, SEARCH
from ednas_tf.analysis.trainings import Training
from ednas_tf.runs import starts
from ednas_tf.runs.names import (
    CANDIDATES_FILE,
    GENOTYPE_FILE,
    HISTORY_FILE,
    SETTINGS_FILE,
    STARTS_FILE,
    TRAININGS_FILE,
    VERDICT_FILE,
)
from ednas_tf.space import genotype
from ednas_tf.space.cell_space import CellSpace

_MOST_BYTES = 2**25


@dataclasses.dataclass(frozen=True)
class RunRecord:
    """One search, finished or under way.

    Attributes:
      directory: the directory of the search.
      settings: the settings in `params.yaml`, sections as dictionaries.
      space: the space that is searched.
      planned: the number of epochs of the whole search. A search in a table
        ends when its budget is spent, which can be earlier than planned.
      policies: the policies of the epochs that are done; None if the search
        decides by short trainings alone, which has no policies.
      candidates: the candidates, the best first; empty until the epochs of the
        search have ended, and if it has none.
      trainings: the short trainings that have ended; empty if there are none.
      verdict: whether the search beat chance, see `chance.verdict`; None until
        its last short training has ended, and if it has none.
      found: the derived architecture; None until the search has ended.
      starts: the time, host and versions of each start, the first one first.
      result: the result of training the derived architecture; None if there
        is none.
    """

    directory: pathlib.Path
    settings: Mapping[str, object]
    space: CellSpace
    planned: int
    policies: policies.Policies | None
    candidates: tuple[Candidate, ...]
    trainings: tuple[Training, ...]
    verdict: Mapping[str, object] | None
    found: genotype.Genotype | None
    starts: tuple[Mapping[str, object], ...]
    result: Mapping[str, object] | None

    @property
    def name(self) -> str:
        """The name of the directory, with the one above it if that helps."""
        resolved = self.directory.resolve()
        if resolved.name == "search" and resolved.parent.name:
            return f"{resolved.parent.name}/search"
        return resolved.name or str(resolved)

    @property
    def in_table(self) -> bool:
        """Whether it looked rewards up in a table, and trained nothing."""
        return self.setting("task") == "table"

    @property
    def reward_in_words(self) -> str:
        """What a reward is: "accuracy", for instance."""
        return run_settings.reward_in_words(self.settings, self.space)

    @property
    def decides_by_trainings(self) -> bool:
        """Whether short trainings choose the result of the search."""
        return self.setting("search.evidence") in ("short", "both")

    @property
    def searcher(self) -> object:
        """The name of the searcher whose proposals were judged first."""
        shared = self.policies is not None
        section = "search" if shared else "search.short"
        return self.setting(f"{section}.searcher", "unknown")

    def setting(self, name: str, default: object = None) -> object:
        """The value of a setting, "search.epochs" for instance."""
        return run_settings.setting(self.settings, name, default)


def read(directory: pathlib.Path, parse: Callable[[str], object]) -> RunRecord:
    """Reads the directory of a search, finished or under way.

    Args:
      directory: the directory of the search.
      parse: makes a value of a text in YAML.

    Raises:
      RequestError: the directory holds no search or only a part of one, or
        files are damaged.
    """
    if not directory.is_dir():
        raise errors.RequestError(
            f"{directory}: expected the directory of a search, found "
            f"{'a file' if directory.exists() else 'nothing'}; give {SEARCH}"
        )
    settings_file = directory / SETTINGS_FILE
    settings = run_settings.read(settings_file, parse)
    named = run_settings.setting(settings, "runtime.plugins")
    plugins.check(named, settings_file)
    planned = run_settings.epochs(settings, settings_file)
    space = run_settings.space(settings, settings_file)
    evidence = run_settings.setting(settings, "search.evidence")
    history = None
    if evidence != "short":
        history = _read_history(directory / HISTORY_FILE, space, planned)
    short = short_record.read_trainings(directory, space)
    if not short and history is None:
        raise _none_yet(directory, TRAININGS_FILE)
    candidates = _read_candidates(directory, space)
    verdict = short_record.read_verdict(directory)
    judged = CANDIDATES_FILE, candidates
    if evidence in ("short", "both"):
        judged = VERDICT_FILE, verdict
    derived = _read_genotype(directory, space, *judged)
    return RunRecord(
        directory=directory,
        settings=settings,
        space=space,
        planned=history.epochs if history and candidates else planned,
        policies=history,
        candidates=candidates,
        trainings=short,
        verdict=verdict,
        found=derived,
        starts=tuple(starts.read(directory / STARTS_FILE)),
        result=result_record.read(directory, derived),
    )


def read_all(
    directories: list[pathlib.Path], parse: Callable[[str], object]
) -> list[RunRecord]:
    """Reads searches of one space, as `read` does.

    Raises:
      RequestError: also if one searches another space than the first does,
        or if one is named twice.
    """
    records = [read(directory, parse) for directory in directories]
    seen = set()
    for record in records:
        one, other = records[0].space, record.space
        if one != other:
            raise errors.RequestError(
                "--compare: expected searches of one space, found "
                f"{directories[0]} of {_in_words(one)} and "
                f"{record.directory} of {_in_words(other)}; give those of one "
                "space only"
            )
        place = record.directory.resolve()
        if place in seen:
            raise errors.RequestError(
                "--compare: expected each search once, found "
                f"{record.directory} twice; name it once"
            )
        seen.add(place)
    return records


def _in_words(space):
    return (
        f"{space.name} cells of {space.num_nodes} nodes and the operations "
        f"{errors.shown(', '.join(space.ops))}"
    )


def _none_yet(directory, name):
    """The error for a directory without the evidence of a search."""
    if (directory / GENOTYPE_FILE).exists():
        return errors.RequestError(
            f"{directory}: expected the directory of a search, found that of a "
            f"training, or of a search that has lost its {name}; give {SEARCH}"
        )
    return errors.RequestError(
        f"{directory}: expected a search that has finished an epoch or a "
        f"short training, found one that has no {name} yet; {RESUME}"
    )


def _read_history(file, space, planned):
    if not file.exists():
        raise _none_yet(file.parent, HISTORY_FILE)

    def check(headers):
        """Refuses a wrong file before memory is taken for its arrays."""
        policy_checks.check_version(headers, file)
        epochs, names = policy_checks.check_form(headers, space, file)
        if not 1 <= epochs <= planned:
            advice = f"; {RESUME}" if epochs == 0 else ""
            raise errors.RequestError(
                f"{file}: expected 1 to {planned} epochs, as "
                f"params.yaml plans, found {epochs}{advice}"
            )
        return [history_names.VERSION, *names]

    try:
        arrays = array_files.read(file, check)
    except errors.RequestError:
        raise
    except (OSError, ValueError):
        raise errors.RequestError(
            f"{file}: expected the history of a search, found a damaged file; "
            "search again in a new --model_dir"
        ) from None
    policy_checks.check_version(arrays, file)
    del arrays[history_names.VERSION]
    return policy_checks.checked(arrays, space, file)


def _read_candidates(directory, space):
    file = directory / CANDIDATES_FILE
    if not file.exists():
        return ()
    text = whole_files.read(file, SEARCH, _MOST_BYTES)
    try:
        return candidates_table.from_csv(text, space)
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        reason = errors.first_line(error)
        raise errors.RequestError(
            f"{file}: expected a row for each candidate, found another table "
            f"({errors.shown(reason)}); run the search again with the same "
            "--model_dir, which writes it anew"
        ) from None


def _read_genotype(directory, space, evidence_file, evidence):
    """The result; the evidence that it was chosen by must be there, too."""
    file = directory / GENOTYPE_FILE
    if not file.exists():
        return None
    if not evidence:
        raise errors.RequestError(
            f"{directory}: expected {evidence_file} beside {GENOTYPE_FILE}, "
            "found none; run the search again with the same --model_dir, "
            "which writes it again"
        )
    text = whole_files.read(file, SEARCH)
    found = genotype.Genotype.from_json(text, str(file))
    try:
        found.validate(space)
    except genotype.GenotypeError as error:
        raise genotype.GenotypeError(f"{file}: {error}") from None
    return found
