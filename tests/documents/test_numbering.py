"""Numbers of documents: by kind and day, without gaps."""

import pytest

from server.db import writing
from server.documents import numbering


@pytest.mark.database
@pytest.mark.anyio
async def test_numbers_of_a_kind_follow_each_other_without_a_gap(database: None) -> None:
    async with writing():
        first = await numbering.next_number("so")
        second, third = await numbering.next_numbers("so", 2)
        other = await numbering.next_number("po")

    assert [number[-4:] for number in (first, second, third)] == ["0001", "0002", "0003"]
    assert first.startswith("SO-")
    assert other.startswith("PO-")
    assert other.endswith("-0001")


@pytest.mark.database
@pytest.mark.anyio
async def test_a_document_that_fails_takes_no_number(database: None) -> None:
    with pytest.raises(ZeroDivisionError):
        await fail_while_numbering()

    async with writing():
        assert (await numbering.next_number("so")).endswith("-0001")


async def fail_while_numbering() -> None:
    async with writing():
        await numbering.next_number("so")
        raise ZeroDivisionError
