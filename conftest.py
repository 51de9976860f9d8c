"""For every test: chance is steady where nobody watches, and free where a developer does."""

import os

from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("free", deadline=None)
settings.load_profile("steady" if os.environ.get("CI") else "free")
