"""gunicorn's settings; the names are its own. Two processes of four threads answer requests."""

import threading
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]  # it carries no types
from gunicorn.http import message  # type: ignore[import-untyped]  # as above

from queqiao.cli.running.address import read_address
from queqiao.cli.running.goodbye import LONGEST, end_at_once
from queqiao.cli.running.logs import FORMAT, Discretion, log_to_stderr
from queqiao.cli.running.parent import follow_parent


class PlainLog(Logger):  # type: ignore[misc]  # as above
    """gunicorn's own lines and one for each request, discreet like all others."""

    error_fmt = FORMAT
    datefmt = None

    def setup(self, cfg: Any) -> None:
        """Prepare the handlers."""
        super().setup(cfg)
        for handler in (*self.error_log.handlers, *self.access_log.handlers):
            handler.addFilter(Discretion())


def post_fork(_server: object, _worker: object) -> None:
    """Let a request to end, end a process that is still loading: it would go into the queue of its parent."""
    end_at_once()


def post_worker_init(_worker: object) -> None:
    """Get ready for the first search, once the first page that somebody waits for has had its turn."""
    from queqiao.search.finding import warm_up  # noqa: PLC0415 -- needs the site, which is loaded by now

    later = threading.Timer(FIRST_PAGE, warm_up)
    later.daemon = True
    later.start()


FIRST_PAGE = 2.0  # seconds
follow_parent()
log_to_stderr()

wsgi_app = "queqiao.wsgi:application"
preload_app = True  # loaded once for all processes; what must not be shared is opened after the fork
bind = str(read_address())
worker_class = "gthread"
workers, threads = 2, 4
timeout = 60  # seconds; a process that is silent that long is replaced
graceful_timeout = LONGEST  # seconds for requests under way when the site ends
keepalive = 5
# Bytes of a request's first line: a question of 5,000 Chinese characters has 45,000. gunicorn takes no limit above its
# constant, save for none at all; each of the few processes that read requests holds one such line at a time a thread.
limit_request_line = message.MAX_REQUEST_LINE = 65_536
control_socket_disable = True
logger_class = PlainLog
accesslog = "-"
# The address as it was sent: nothing decoded, so that nobody writes lines of his own into the log.
access_log_format = "%(t)s %(h)s %(m)s %({raw_uri}e)s %(s)s %(B)s B %(M)s ms"
