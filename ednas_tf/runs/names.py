"""Names of what a run keeps in its directory."""

#: The settings of a run, which alone repeat it.
SETTINGS_FILE = "params.yaml"
#: Every start of a run: time, host, versions, data.
STARTS_FILE = "starts.json"
#: Held while a process writes to the directory.
LOCK_FILE = ".lock"
#: The last checkpoints.
CHECKPOINTS_FOLDER = "checkpoints"
#: What TensorBoard reads.
SUMMARIES_FOLDER = "summaries"

#: What a search proposed and earned in every epoch.
HISTORY_FILE = "policy.npz"
#: The architectures that the result of a search was chosen from.
CANDIDATES_FILE = "candidates.csv"
#: The architecture that a search found, or that a training is of.
GENOTYPE_FILE = "genotype.json"

#: What a training came to.
RESULT_FILE = "result.json"
#: What all stages of a whole run came to.
SUMMARY_FILE = "summary.json"
