"""The files that pages load: gathered, named by their content and compressed, once for every version of them."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def gather() -> bool:
    """Gather the files where one has changed since the last time; return whether that was so."""
    stamp = Path(settings.STATIC_ROOT) / ".stamp"
    mark = _mark()
    if stamp.is_file() and stamp.read_text(encoding="ascii") == mark:
        return False
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(mark, encoding="ascii")
    return True


def _mark() -> str:
    """Return a word that changes when a file is added, removed or written anew, or is to be stored in another way."""
    seen = [settings.STORAGES["staticfiles"]["BACKEND"]]
    for finder in get_finders():
        for name, storage in finder.list(None):
            file = Path(storage.path(name)).stat()
            seen.append(f"{name} {file.st_size} {file.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(seen)).encode()).hexdigest()
