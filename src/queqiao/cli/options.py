"""Options of a command, with help and errors in the reader's language.

``argparse`` does the reading; its own sentences are English only, so help and errors are written here.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _

Options = argparse.Namespace


@dataclass(frozen=True, slots=True)
class Option:
    """One option as help and documentation show it; ``value`` is "" for a switch."""

    name: str
    value: str
    help: str
    required: bool


class OptionParser:
    """Declares options one by one, reads a call and writes the help."""

    def __init__(self, program: str, summary: str):
        self.program, self.summary = program, summary
        self.options: list[Option] = []
        self._files: list[str] = []
        self._outputs: list[str] = []
        self._words = ""
        self._parser = _Quiet(prog=program, add_help=False, allow_abbrev=False)

    def add_path(self, name: str, help: str, *, required: bool = False) -> None:  # noqa: A002 -- argparse's own word
        """Declare an option that names a file."""
        self._files.append(name)
        self._add(Option(name, _("文件"), help, required), type=Path)

    def add_output(self, name: str, help: str, *, required: bool = False) -> None:  # noqa: A002 -- argparse's own word
        """Declare an option that names what is written, which may be nothing that the same call reads."""
        self._outputs.append(name)
        self.add_path(name, help, required=required)

    def add_text(self, name: str, help: str) -> None:  # noqa: A002 -- argparse's own word
        """Declare an option that takes a word."""
        self._add(Option(name, _("文字"), help, required=False), default="")

    def add_count(self, name: str, help: str, *, default: int | None) -> None:  # noqa: A002 -- argparse's own word
        """Declare an option that takes a whole number of at least 1; with no default it must be given."""
        self._add(Option(name, _("数"), help, required=default is None), type=_count, default=default)

    def add_words(self, name: str, shown: str, help: str) -> None:  # noqa: A002 -- argparse's own word
        """Declare words that stand without an option's name, any number of them; help shows them as ``shown``."""
        self.options.append(Option(shown, "…", help, required=False))
        self._words = name
        self._parser.add_argument(name, nargs="*")

    def add_switch(self, name: str, help: str) -> None:  # noqa: A002 -- argparse's own word
        """Declare an option that is there or not."""
        self.options.append(Option(name, "", help, required=False))
        self._parser.add_argument(name, action="store_true")

    def read(self, words: Sequence[str]) -> Options:
        """Read a call; raises QueqiaoError with one sentence where it is wrong."""
        try:
            options, unknown = self._parser.parse_known_args(words)
        except argparse.ArgumentError as error:
            detail = _("选项 {name} 后面缺少值或值不对：{detail}").format(
                name=error.argument_name, detail=_argparse_words(error.message)
            )
            raise QueqiaoError(self._with_hint(detail)) from error
        if self._words:
            spoken = [word for word in unknown if not self._is_like_an_option(word)]
            unknown = [word for word in unknown if word not in spoken]
            setattr(options, self._words, [*getattr(options, self._words), *spoken])
        if unknown:
            raise QueqiaoError(self._with_hint(_("不认识 {words}").format(words=" ".join(unknown))))
        missing = [o.name for o in self.options if o.required and getattr(options, _attribute(o.name)) is None]
        if missing:
            raise QueqiaoError(self._with_hint(_("缺少选项 {names}").format(names=_("、").join(missing))))
        self._keep_what_is_read(options)
        return options

    def _keep_what_is_read(self, options: Options) -> None:
        """Raise QueqiaoError where a result would take the place of a table that it is made from, or of another."""
        files = {name: path for name in self._files if (path := getattr(options, _attribute(name))) is not None}
        for name in [name for name in self._outputs if name in files]:
            for other, path in files.items():
                if other != name and _is_same(files[name], path):
                    sentence = _("{name} 和 {other} 是同一个文件 {path}；什么也没有写，请给结果另起一个名字。")
                    raise QueqiaoError(sentence.format(name=name, other=other, path=path))

    def format_help(self) -> str:
        """Return the text of ``--help``."""
        usage = " ".join(
            self._usage(option) if option.required else f"[{self._usage(option)}]" for option in self.options
        )
        width = max((len(self._usage(option)) for option in self.options), default=0) + 6
        lines = [self.summary, "", _("用法：{call}").format(call=f"{self.program} {usage}"), ""]
        lines += [f"  {self._usage(option):<{width}}{option.help}" for option in self.options]
        return "\n".join(lines)

    def _is_like_an_option(self, word: str) -> bool:
        """Whether a word is a mistaken option rather than a word behind a minus."""
        return word.startswith("--") or f"-{word}" in [option.name for option in self.options]

    def _add(self, option: Option, **reading: object) -> None:
        self.options.append(option)
        self._parser.add_argument(option.name, **reading)  # type: ignore[arg-type]  # argparse takes them by name

    def _usage(self, option: Option) -> str:
        return f"{option.name} {option.value}".rstrip()

    def _with_hint(self, problem: str) -> str:
        return _("{problem}；用 {program} --help 查看写法。").format(problem=problem, program=self.program)


class _Quiet(argparse.ArgumentParser):
    """An argparse parser that raises instead of printing English and leaving."""

    def __init__(self, **settings: object):
        super().__init__(exit_on_error=False, **settings)  # type: ignore[arg-type]  # passed through as given

    def error(self, message: str) -> NoReturn:
        raise argparse.ArgumentError(None, message)


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there yet
        return one.absolute() == other.absolute()


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(_("“{text}”不是 1 或更大的整数").format(text=text))
    return int(text)


def _argparse_words(message: str) -> str:
    return _("需要一个值") if message == "expected one argument" else message


def _attribute(name: str) -> str:
    return name.removeprefix("--").replace("-", "_")
