import io
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook

Save = Callable[..., Path]


@pytest.fixture
def csv_file(tmp_path: Path) -> Save:
    """Saves a text, or bytes as they are, as 表.csv."""

    def save(content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / "表.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return save


@pytest.fixture
def xlsx_file(tmp_path: Path) -> Save:
    """Saves sheets, given as rows by name, as 表.xlsx, with merged areas of the first; ``xml`` edits its XML."""

    def save(
        *sheets: tuple[str, Sequence[Sequence[object]]],
        merged: Sequence[str] = (),
        xml: Callable[[str], str] = lambda text: text,
    ) -> Path:
        workbook = Workbook()
        workbook.remove(workbook.worksheets[0])
        for name, rows in sheets:
            sheet = workbook.create_sheet(name)
            for row in rows:
                sheet.append(list(row))
        for area in merged:
            workbook.worksheets[0].merge_cells(area)
        buffer = io.BytesIO()
        workbook.save(buffer)
        path = tmp_path / "表.xlsx"
        with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
            for part in old.namelist():
                content = old.read(part)
                if part == "xl/worksheets/sheet1.xml":
                    content = xml(content.decode()).encode()
                new.writestr(part, content)
        return path

    return save


@pytest.fixture
def formula_result() -> Callable[[str, str], Callable[[str], str]]:
    """Gives the formula in a cell the XML of a result, as a spreadsheet program stores it."""

    def edit(place: str, result: str) -> Callable[[str], str]:
        kind = ' t="str"' if result == "" else ""

        def apply(xml: str) -> str:
            changed = re.sub(
                rf'<c r="{place}"[^>]*>(<f>.*?</f>)<v ?/>', rf'<c r="{place}"{kind}>\1<v>{result}</v>', xml
            )
            assert changed != xml
            return changed

        return apply

    return edit
