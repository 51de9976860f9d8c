"""Files that people send: looked into before they are kept, and kept whole or not at all. No models here."""

from queqiao.core.files.intake import InspectedFile, inspect
from queqiao.core.files.keeping import open_stored, store, sweep
from queqiao.core.files.kinds import EXTENSIONS, PICTURES, FileKind, FileLimits, NoPictureError, RefusedFileError
from queqiao.core.files.names import clean_name

__all__ = [
    "EXTENSIONS",
    "PICTURES",
    "FileKind",
    "FileLimits",
    "InspectedFile",
    "NoPictureError",
    "RefusedFileError",
    "clean_name",
    "inspect",
    "open_stored",
    "store",
    "sweep",
]
