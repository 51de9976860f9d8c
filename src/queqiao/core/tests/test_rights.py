"""Intellectual property is read as people write it, and kept with kind, number and status."""

import pytest

from queqiao.core.i18n import language
from queqiao.core.rights import Right, RightKind, RightStatus, StumpError, parse_rights, write_rights


@pytest.mark.parametrize(
    ("text", "rights"),
    [
        (
            "发明专利 ZL202310123456.7（已授权）",
            [Right(RightKind.INVENTION, "ZL202310123456.7", 0, RightStatus.GRANTED)],
        ),
        (
            "发明专利1件（已授权），2件（实审）",
            [
                Right(RightKind.INVENTION, "", 1, RightStatus.GRANTED),
                Right(RightKind.INVENTION, "", 2, RightStatus.PENDING),
            ],
        ),
        ("软件著作权 4 项；技术秘密", [Right(RightKind.SOFTWARE, "", 4), Right(RightKind.KNOW_HOW)]),
        ("实用新型，ZL 2022 20123456.X 已失效".replace(" 2022 ", "2022"), [
            Right(RightKind.UTILITY_MODEL), Right(RightKind.UTILITY_MODEL, "ZL202220123456.X", 0, RightStatus.LAPSED),
        ]),
        ("Utility model 2 件, granted", None),
        (
            "PCT申请 1 件（审查中）；地方标准1项",
            [Right(RightKind.INTERNATIONAL, "", 1, RightStatus.PENDING), Right(RightKind.STANDARD, "", 1)],
        ),
        ("外观设计专利 3 项", [Right(RightKind.DESIGN, "", 3)]),
        ("", []),
    ],
)  # fmt: skip
def test_rights_are_read_as_people_write_them(text: str, rights: list[Right] | None):
    if rights is None:  # a status alone belongs to nothing that could be told apart
        rights = [Right(RightKind.UTILITY_MODEL, "", 2), Right(RightKind.UTILITY_MODEL, "", 0, RightStatus.GRANTED)]
    assert parse_rights(text) == rights


@pytest.mark.parametrize("text", ["很多", "2 件", "发明专利若干正在准备", "<b>专利</b>"])
def test_what_cannot_be_read_is_named(text: str):
    with pytest.raises(ValueError, match=r".") as caught:
        parse_rights(text)
    assert str(caught.value) == text


@pytest.mark.parametrize("text", ["发明专利ZL2023（申请中）", "实用新型 ZL2022", "发明专利 CN1234"])
def test_a_number_that_was_cut_short_is_told_from_what_cannot_be_read(text: str):
    with pytest.raises(StumpError) as caught:
        parse_rights(text)
    assert str(caught.value) == text


def test_what_is_written_is_read_again_and_has_english_words():
    kept = [
        right.stored()
        for right in parse_rights("发明专利 ZL202310123456.7（已授权）；植物新品种权 1 项（已受理）；技术秘密")
    ]
    written = write_rights(kept)
    assert written == ["发明专利 ZL202310123456.7（已授权）", "植物新品种权 1 项（申请中）", "技术秘密"]
    assert [right.stored() for right in parse_rights("\n".join(written))] == kept
    with language("en"):
        assert write_rights(kept)[0] == "Invention patent ZL202310123456.7 (granted)"
