"""Encoders of texts, an optional part: a model in a folder, or a server on the operator's own network.

Whatever is wrong with one is an ``EncoderFailedError`` with one sentence; ranking then goes on without it. Works
without Django and without a database, for the command line too.
"""

from queqiao.matching.encoders.opening import open_encoder
from queqiao.matching.encoders.trouble import EncoderFailedError

__all__ = ["EncoderFailedError", "open_encoder"]
