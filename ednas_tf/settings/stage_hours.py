"""What parts of `--hours` the stages of a whole run get.

The rest is for the export, and for starting their processes.
"""

#: Most hours: a run of a hundred days is no run.
MOST = 2400

WHOLE_RUN = {"search": 0.6, "train": 0.34}
#: The same, if baselines are trained, too, which take as long as the training.
WITH_BASELINE = {"search": 0.48, "train": 0.23}
