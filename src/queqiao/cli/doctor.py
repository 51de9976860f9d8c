"""``queqiao doctor``: what this machine lacks, and what does not work without it."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec

from queqiao.cli.options import OptionParser, Options
from queqiao.core.i18n import DOMAIN, LOCALE_DIR, _
from queqiao.engine.retrieval import IndexUnreachableError, MilvusEngine
from queqiao.env import read_cluster, read_search
from queqiao.matching.bulk.cluster import knock
from queqiao.matching.encoders.opening import open_uncached
from queqiao.matching.encoders.trouble import EncoderFailedError

_OLDEST_PYTHON = (3, 11)
_TRIED = ("薄壁压铸件气孔控制", "含氟废水深度处理")  # texts on which an encoder is tried


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked for: whether it is there, and what is lost and to be done where it is not."""

    name: str
    present: bool
    detail: str  # version where present, the consequence and the remedy where not
    needed: bool


def summary() -> str:
    """Say in one line what the command does."""
    return _("检查本机缺什么，以及缺了会怎样")


def add_options(parser: OptionParser) -> None:
    """Declare no options."""


def run(options: Options) -> int:
    """Look and report; returns 0 where everything needed is there, else 2."""
    findings = list(examine())
    for finding in findings:
        mark = _("有  ") if finding.present else (_("缺  ") if finding.needed else _("可选"))
        sys.stdout.write(f"{mark} {finding.name:<14}{finding.detail}\n")
    missing = [finding.name for finding in findings if finding.needed and not finding.present]
    if missing:
        sys.stdout.write(_("缺少 {names}；请按上面的提示补齐后重试。").format(names=_("、").join(missing)) + "\n")
        return 2
    sys.stdout.write(_("必需的都有。") + "\n")
    return 0


def examine(find: Callable[[str], object] = find_spec) -> Iterator[Finding]:
    """Yield what was looked for; ``find`` says whether a Python module is there."""
    version = ".".join(str(number) for number in sys.version_info[:3])
    new_enough = sys.version_info >= _OLDEST_PYTHON
    yield Finding("Python", new_enough, version if new_enough else _("需要 3.11 或更新的版本"), needed=True)
    for module, consequence in _modules():
        present = find(module) is not None
        remedy = _("{consequence}；运行 make setup 安装").format(consequence=consequence)
        yield Finding(module, present, metadata.version(module) if present else remedy, needed=True)
    yield from _search_server(find)
    yield from _encoder()
    yield from _cluster(find)
    compiled = (LOCALE_DIR / "en" / "LC_MESSAGES" / f"{DOMAIN}.mo").is_file()
    yield Finding(
        "English", compiled, _("英文文本已编译") if compiled else _("没有英文界面；运行 make setup 编译"), needed=False
    )
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    yield Finding("Chromium", bool(browser), browser or _("只影响浏览器测试；在 Debian 上安装 chromium"), needed=False)


def _search_server(find: Callable[[str], object]) -> Iterator[Finding]:
    """Look for the search server where one is set; without, the index lies in the data folder and there is nothing."""
    address, token = read_search("QUEQIAO_SEARCH_URL", "QUEQIAO_SEARCH_TOKEN")
    if not address:
        return
    if find("pymilvus") is None:
        yield Finding(
            "pymilvus", False, _("连不上搜索服务器，只能搜索标题；运行 pip install pymilvus 安装"), needed=True
        )
        return
    engine = MilvusEngine(address, token)
    try:
        engine.exists("records")
    except IndexUnreachableError:
        lost = _("{address} 没有应答，在恢复之前只能搜索标题").format(address=address)
        yield Finding("Milvus", False, lost, needed=True)
    else:
        yield Finding("Milvus", True, address, needed=True)
    finally:
        engine.close()


def _encoder() -> Iterator[Finding]:
    """Ask the encoder of texts where one is set; nothing stands still without it."""
    try:
        encoder = open_uncached()
        if encoder is None:
            return
        began = time.perf_counter()
        width = encoder.encode(_TRIED).shape[1]
        each = (time.perf_counter() - began) * 500  # milliseconds, of two texts
    except EncoderFailedError as error:
        told = _("{reason}；在恢复之前按没有编码器时的方法排序").format(reason=error)
        yield Finding("encoder", False, told, needed=False)
    else:
        told = _("{version}：{width} 维，每条文本 {each:.0f} 毫秒")
        yield Finding("encoder", True, told.format(version=encoder.version, width=width, each=each), needed=False)


def _cluster(find: Callable[[str], object]) -> Iterator[Finding]:
    """Knock at the cluster where one is set; only the bulk command needs it, and says so when it is run."""
    address = read_cluster("QUEQIAO_RAY_ADDRESS")
    if not address:
        return
    lost = _("大批量比较会中止；去掉 QUEQIAO_RAY_ADDRESS 就在本机计算")
    if find("ray") is None:
        yield Finding("Ray", False, _("没有安装，{lost}").format(lost=lost), needed=False)
        return
    try:
        knock(address)
    except (OSError, ValueError):
        told = _("{address} 没有应答，{lost}").format(address=address, lost=lost)
        yield Finding("Ray", False, told, needed=False)
    else:
        yield Finding("Ray", True, address, needed=False)


def _modules() -> tuple[tuple[str, str], ...]:
    return (
        ("numpy", _("无法匹配")),
        ("scipy", _("无法匹配")),
        ("rjieba", _("无法切分中文词语")),
        ("opencc", _("无法识别繁体字")),
        ("pint", _("无法换算指标单位")),
        ("openpyxl", _("无法读写 XLSX")),
        ("defusedxml", _("读取 XLSX 时不能防范恶意文件")),
        ("jinja2", _("无法生成报告")),
        ("lancedb", _("无法建立磁盘索引")),
    )
