"""Who proposes architectures and learns from how they are judged.

One searcher a file; a new file is found by itself.
"""

from ednas_tf.searchers.registered import complete as complete
from ednas_tf.searchers.registered import make as make
from ednas_tf.searchers.registered import names as names
from ednas_tf.searchers.registered import own_settings as own_settings
