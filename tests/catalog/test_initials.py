"""Pinyin initials, as people type them."""

import pytest

from server.catalog.initials import MAX_LENGTH, initials


@pytest.mark.parametrize(
    ("name", "letters"),
    [("不锈钢垫片", "bxgdp"), ("重庆火锅底料", "cqhgdl"), ("加重杠铃", "jzgl"), ("M6 螺丝", "m6ls"),
     ("Ａ４纸", "a4z"), ("绿茶（500ml）", "lc500ml"), ("CERAMIC CUP", ""), ("", ""), ("㐀", "")],
)  # fmt: skip
def test_a_name_is_found_by_its_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_long_names_stay_short() -> None:
    assert len(initials("杯" * 200)) == MAX_LENGTH
