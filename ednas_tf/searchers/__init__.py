"""Searchers: they propose architectures, and learn from their rewards.

Each searcher has a file of its own; a new file is found without being listed.
"""

from ednas_tf.searchers.registered import complete as complete
from ednas_tf.searchers.registered import make as make
from ednas_tf.searchers.registered import make_short as make_short
from ednas_tf.searchers.registered import names as names
from ednas_tf.searchers.registered import own_settings as own_settings
