"""``python -m queqiao.cli`` is the same as ``queqiao``."""

import sys

from queqiao.cli import main

sys.exit(main())
