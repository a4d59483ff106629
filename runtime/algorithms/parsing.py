"""What all readers of examples share."""

from __future__ import annotations

import numpy as np

# The containers compute in float32: what that cannot hold is refused.
LARGEST = float(np.finfo(np.float32).max)


class ParseError(Exception):
    """The text or record is not of the promised form; the message says where."""
