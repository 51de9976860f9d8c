"""An address is understood however it was typed, and shown without its middle."""

import pytest

from queqiao.accounts.channels import Address, AddressKind, mask_mobile, parse_address
from queqiao.core.errors import QueqiaoError


@pytest.mark.parametrize(
    "typed",
    [
        "13800000000", " 138 0000 0000 ", "+86 138-0000-0000", "8613800000000", "008613800000000",
        "１３８００００００００", "＋86（138）0000 0000", "138\u30000000\u30000000",
    ],
)  # fmt: skip
def test_a_mobile_number_has_one_form_however_it_was_typed(typed: str) -> None:
    assert parse_address(typed) == Address(AddressKind.MOBILE, "13800000000")


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Wang.Fang@Example.CN", "wang.fang@example.cn"),
        (" ｗａｎｇ＠example.cn ", "wang@example.cn"),
        ("wang@例子.中国", "wang@xn--fsqu00a.xn--fiqs8s"),
        ("a+b@mail.example.edu.cn", "a+b@mail.example.edu.cn"),
    ],
)
def test_an_email_address_is_put_in_lower_case_and_its_domain_in_ascii(typed: str, stored: str) -> None:
    assert parse_address(typed) == Address(AddressKind.EMAIL, stored)


@pytest.mark.parametrize("typed", ["12800000000", "1380000000", "138000000001", "02885412345", "+85291234567"])
def test_a_number_that_is_no_mainland_mobile_number_is_refused(typed: str) -> None:
    with pytest.raises(QueqiaoError, match=r"^手机号应为 11 位数字"):
        parse_address(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "a@b", "@example.cn", "a@@example.cn", "a..b@example.cn", "王芳@example.cn", "a@example..cn", "a@-example.cn",
        "a@example.cn\nBcc: x@example.cn", "a@exam ple.cn", "a,b@example.cn", "<a@example.cn>", "a@1.2.3.4",
        "a" * 65 + "@example.cn", "a@" + "b." * 70 + "cn",
    ],
)  # fmt: skip
def test_a_malformed_email_address_is_refused(typed: str) -> None:
    with pytest.raises(QueqiaoError, match=r"^电子邮箱的格式不正确"):
        parse_address(typed)


def test_nothing_and_other_words_are_refused_with_what_to_write() -> None:
    with pytest.raises(QueqiaoError, match=r"^请填写手机号或电子邮箱。$"):
        parse_address("  ")
    with pytest.raises(QueqiaoError, match=r"^这既不是手机号，也不是电子邮箱"):
        parse_address("王芳")


def test_the_middle_of_an_address_is_hidden() -> None:
    assert parse_address("13812340000").masked == "138****0000"
    assert parse_address("wangfang@example.cn").masked == "wa***@example.cn"
    assert parse_address("a@example.cn").masked == "***@example.cn"
    assert [mask_mobile(text) for text in ("13812340000", "028-85412345", "110", "")] == [
        "138****0000", "**********45", "***", "",
    ]  # fmt: skip
