"""The command line: ``queqiao COMMAND``. Works without Django and without a database.

Each command is a module with ``SUMMARY``, ``add_options`` and ``run``; it is imported only when it is asked for,
so that one command never pays for what another needs.
"""

import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol

from queqiao import __version__
from queqiao.cli.options import OptionParser, Options
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import LANGUAGES, UnknownLanguageError, _, use_language

COMMANDS = (
    "match", "bulk", "evaluate", "learn", "indicators", "gaps", "classify", "assign", "start", "serve", "worker",
    "tick", "indexer", "migrate", "found", "demo", "load", "index", "login", "logout", "search", "doctor",
)  # fmt: skip
EXIT_OK, EXIT_INTERNAL, EXIT_INPUT = 0, 1, 2


class Command(Protocol):
    """What each command's module offers."""

    def summary(self) -> str:
        """Say in one line what the command does."""

    def add_options(self, parser: OptionParser) -> None:
        """Declare the command's options."""

    def run(self, options: Options) -> int:
        """Do the work and return the exit code."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 2 the input or the call is wrong, 1 our own mistake."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        words = _take_language(words)
        return _dispatch(words)
    except (QueqiaoError, UnknownLanguageError) as error:
        _complain(str(error))
        return EXIT_INPUT
    except KeyboardInterrupt:
        _complain(_("已按 Ctrl-C 中断；没有写出任何结果文件，重新运行同一命令即可。"))
        return EXIT_INPUT
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    except Exception:  # the last line of defence: a person never sees a stack trace
        _complain(_("程序内部出错，没有写出结果；请把这个文件交给维护人员：{path}").format(path=_keep_trace()))
        return EXIT_INTERNAL


def load_command(name: str) -> Command:
    """Import the module of a command; KeyError for an unknown name."""
    if name not in COMMANDS:
        raise KeyError(name)
    command: Command = import_module(f"queqiao.cli.{name}")
    return command


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        _write(overview())
        return EXIT_OK if words else EXIT_INPUT
    if words[0] == "--version":
        _write(f"queqiao {__version__}")
        return EXIT_OK
    name = words[0]
    if name not in COMMANDS:
        raise QueqiaoError(
            _("没有“{name}”这个命令；可用的命令：{names}。").format(name=name, names=_("、").join(COMMANDS))
        )
    command = load_command(name)
    parser = command_parser(name)
    if any(word in ("-h", "--help") for word in words[1:]):
        _write(parser.format_help())
        return EXIT_OK
    return command.run(parser.read(words[1:]))


def command_parser(name: str) -> OptionParser:
    """Build the parser of one command, in the language in use."""
    command = load_command(name)
    parser = OptionParser(f"queqiao {name}", command.summary())
    command.add_options(parser)
    return parser


def overview() -> str:
    """Return the text of ``queqiao --help``."""
    lines = [_("用法：queqiao 命令 [选项]"), "", _("命令：")]
    lines += [f"  {name:<12}{load_command(name).summary()}" for name in COMMANDS]
    lines += ["", _("queqiao 命令 --help 列出该命令的选项；--lang zh|en 选择语言，也可设环境变量 QUEQIAO_LANG。")]
    return "\n".join(lines)


def _take_language(words: list[str]) -> list[str]:
    """Set the language from ``--lang`` or QUEQIAO_LANG and return the other words."""
    language = os.environ.get("QUEQIAO_LANG") or "zh"
    rest: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if word == "--lang":
            language = next(waiting, "")
        elif word.startswith("--lang="):
            language = word.removeprefix("--lang=")
        else:
            rest.append(word)
    if language not in LANGUAGES:
        raise UnknownLanguageError(f"--lang / QUEQIAO_LANG: {language!r}；可用 / available: {', '.join(LANGUAGES)}。")
    use_language(language)
    return rest


def _write(text: str) -> None:
    sys.stdout.write(text.rstrip("\n") + "\n")


def _complain(text: str) -> None:
    sys.stderr.write(f"\r{text}\n")


def _keep_trace() -> Path:
    with tempfile.NamedTemporaryFile("w", prefix="queqiao-", suffix=".log", encoding="utf-8", delete=False) as file:
        traceback.print_exc(file=file)
    return Path(file.name)
