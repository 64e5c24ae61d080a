"""Who proposes architectures and learns from their rewards.

One searcher a file; a new file is found by itself.
"""

from ednas_tf.searchers.searcher import check as check
from ednas_tf.searchers.searcher import make as make
from ednas_tf.searchers.searcher import names as names
from ednas_tf.searchers.searcher import searcher as searcher
