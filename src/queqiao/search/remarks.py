"""What a reader must know of an answer before he reads it, in whole sentences."""

from queqiao.core.i18n import _
from queqiao.search.finding import Answer, How

_SHOWN = 30  # characters of what was typed


def remarks(answer: Answer) -> list[str]:
    """Return the sentences, in the reader's language: what of the question was not used, what was found instead."""
    wording, told = answer.wording, []
    if wording.is_cut:
        sentence = _("查找的文字太长，只用了开头的 {n} 个字，到“…{end}”为止。")
        told.append(sentence.format(n=len(wording.used), end=wording.used.strip()[-10:]))
    if wording.used.strip() and wording.is_empty:
        sentence = _("“{text}”里没有可以查找的词，下面列出的和不写搜索词时一样。")
        told.append(sentence.format(text=_short(wording.used)))
    if answer.how is How.TITLES:
        told.append(_("检索索引正在更新，这几分钟只按标题查找，筛选只有领域和地区有效。"))
    if answer.rows and answer.typed != wording.plain:
        sentence = _("没有找到“{typed}”，以下按“{meant}”查找。")
        told.append(sentence.format(typed=_short(answer.typed), meant=_short(wording.plain)))
    if answer.rows and answer.how is How.SOME:
        told.append(_("没有一条同时含有全部词语，以下含有其中一部分，相近的排在前面。"))
    return told


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
