"""The channel of a site that has none yet: a developer reads the letters where the server runs."""

import sys

from queqiao.accounts.channels.letters import Letter
from queqiao.core.i18n import _


class ConsoleChannel:
    """Writes every letter to standard error, in a frame."""

    def send(self, letter: Letter) -> None:
        """Write the letter; signs that would steer a terminal become dots."""
        lines = [
            _("收件人：{to}").format(to=letter.to),
            *([_("主题：{subject}").format(subject=letter.subject)] if letter.subject else []),
            "",
            *letter.text.splitlines(),
            *(["", letter.link] if letter.link else []),
        ]
        head = _("消息（未发出，仅在此显示）")
        title = f"{head} · {letter.kind}" if letter.kind else head
        body = "".join(f"│ {_visible(line)}".rstrip() + "\n" for line in lines)
        sys.stderr.write(f"┌─ {_visible(title)}\n{body}└─\n")
        sys.stderr.flush()


def _visible(line: str) -> str:
    return "".join(sign if sign.isprintable() else "·" for sign in line)
