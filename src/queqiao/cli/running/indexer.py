"""The indexer as a process, and the rebuilding of the index by hand."""

import logging
import time
from typing import NoReturn

from django.db import DatabaseError, close_old_connections

from queqiao.cli.progress import Progress
from queqiao.cli.running.goodbye import end_at_once
from queqiao.core.i18n import _
from queqiao.core.models import Outbox
from queqiao.engine.retrieval import IndexDamagedError, IndexUnreachableError
from queqiao.search import index
from queqiao.search.actions.indexing import rebuild
from queqiao.search.entries import analyser
from queqiao.search.indexer import Indexer

PAUSE, LONG_PAUSE = 0.25, 5.0  # seconds: between two looks at the outbox, and after trouble

_log = logging.getLogger("queqiao.search")


def keep_indexing() -> NoReturn:
    """Take changes into the index until the process is asked to end.

    It then ends at once, wherever it is: what was not taken in still waits in the outbox, and a writing that is cut
    off leaves the index as it was. Waiting for the batch at work could take longer than the site has to end.
    """
    end_at_once()
    analyser().terms("桥")  # loads the dictionary now, and not while the first change waits to be found
    indexer = Indexer()
    while True:
        time.sleep(_step(indexer))


def rebuild_now() -> str:
    """Rebuild the index, waiting for whoever writes it now; return what was done, in one line."""
    while True:
        with index.turn() as engine:
            if engine is not None:
                with Progress(_("重建索引")) as progress:
                    written = rebuild(engine, progress.show)
                return _("索引已重建，共 {n} 条。").format(n=written)
        time.sleep(PAUSE)


def state() -> str:
    """Return how the index is, in one line."""
    waiting = Outbox.objects.count()
    try:
        engine = index.open_to_read()
    except IndexUnreachableError:
        return _("搜索服务器没有应答；恢复后会自动接着更新，不必重建索引。")
    except IndexDamagedError:
        return _("索引不可用；网站运行时会自动重建，也可运行 queqiao index --rebuild。")
    entries = engine.count(None) - 1  # less the stamp
    return _("索引正常：{n} 条，待更新 {waiting} 项。").format(n=entries, waiting=waiting)


def _step(indexer: Indexer) -> float:
    """Do one step; return for how many seconds to pause after it. Whatever goes wrong is tried again."""
    close_old_connections()
    try:
        return 0.0 if indexer.step() else PAUSE
    except IndexUnreachableError as error:
        _log.warning("%s; trying again in %s seconds", error, LONG_PAUSE)
    except DatabaseError:
        _log.warning("the database cannot be used; trying again in %s seconds", LONG_PAUSE, exc_info=True)
    except Exception:  # such as a full disk; what waits is in the outbox
        _log.exception("nothing was indexed; trying again in %s seconds", LONG_PAUSE)
    return LONG_PAUSE
