"""The tables of the database: made, renewed, and checked before the site starts."""

from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import OperationalError

from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _


def waiting_migrations() -> int:
    """Return how many steps the tables are behind; QueqiaoError where the database cannot be used."""
    try:
        executor = MigrationExecutor(connection)
        return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except OperationalError as error:
        raise _trouble(error) from error


def migrate() -> int:
    """Bring the tables up to date and return how many steps that took; QueqiaoError where it cannot be done."""
    steps = waiting_migrations()
    if steps:
        try:
            call_command("migrate", verbosity=0, interactive=False)
        except OperationalError as error:
            raise _trouble(error) from error
    return steps


def check_up_to_date() -> None:
    """Raise QueqiaoError where the tables are not those of this version."""
    if waiting_migrations():
        raise QueqiaoError(_("数据库还没有建好，或者是旧版本的；先运行 queqiao migrate，再启动。"))


def data_dir() -> Path:
    """Return the folder of the site's data."""
    return Path(settings.DATA_DIR)


def _trouble(error: OperationalError) -> QueqiaoError:
    detail = " ".join(str(error).split()).rstrip(".?")
    return QueqiaoError(
        _("数据库用不了：{detail}。请检查 QUEQIAO_DATABASE_URL，以及数据文件夹能否写入。").format(detail=detail)
    )
