"""Names of the files and folders in a run directory."""

#: The settings of a run, which are all that is needed to repeat it.
SETTINGS_FILE = "params.yaml"
#: A record of every start of the run: time, host, versions, data.
STARTS_FILE = "starts.json"
#: The lock that a process holds while it writes to the directory.
LOCK_FILE = ".lock"
#: The most recent checkpoints.
CHECKPOINTS_FOLDER = "checkpoints"
#: The weights of a training that are tested and exported.
BEST_FOLDER = "best"
#: The files for TensorBoard.
SUMMARIES_FOLDER = "summaries"

#: The architectures and rewards of every epoch of a search.
HISTORY_FILE = "policy.npz"
#: The candidates from which a search chose its result.
CANDIDATES_FILE = "candidates.csv"
#: The architecture that a search found or that a training uses.
GENOTYPE_FILE = "genotype.json"

#: The short trainings of a search, a line of JSON for each.
TRAININGS_FILE = "trainings.jsonl"
#: The weights of short trainings that may be trained on.
WEIGHTS_FOLDER = "short"
#: How sure it is that a search found something better than chance.
VERDICT_FILE = "verdict.json"

#: Where the weights are from that a training began with.
INITIAL_WEIGHTS_FILE = "initial_weights.json"
#: The result of a training.
RESULT_FILE = "result.json"
#: The results of the trainings of several candidates.
COMPARED_FILE = "compared.json"
#: The result of the linear model that a training is compared with.
LINEAR_FILE = "linear.json"
#: The results of all stages of a whole run.
SUMMARY_FILE = "summary.json"

#: What a run writes to beside its settings and its lock.
FOLDERS = CHECKPOINTS_FOLDER, BEST_FOLDER, SUMMARIES_FOLDER, WEIGHTS_FOLDER
FILES = (
    *(STARTS_FILE, HISTORY_FILE, CANDIDATES_FILE, GENOTYPE_FILE),
    *(TRAININGS_FILE, VERDICT_FILE, RESULT_FILE, SUMMARY_FILE),
)

#: The record of an exported version's origin, in the folder of the version.
PROVENANCE_FILE = "assets.extra/provenance.json"


def candidate_folder(number: int) -> str:
    """The folder in a search for the training of one of its candidates."""
    return f"candidate_{number}"


def more_epochs_folder(epochs: int) -> str:
    """The folder in a run for a run that goes on from it."""
    return f"more_{epochs}_epochs"
