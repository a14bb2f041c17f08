"""Where goods are to be brought; the device answers the same vectors."""

import json
from pathlib import Path
from typing import Any

import pytest

from server.inbound import putaway
from server.inbound.putaway import Heap, Spot

VECTORS = json.loads((Path(__file__).parent.parent / "vectors/putaway.json").read_text("utf-8"))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
def test_a_suggestion_and_its_reason(vector: dict[str, Any]) -> None:
    spots = [
        Spot(**(one | {"location": int(one["location"][2:]), "lots": tuple(one["lots"])}))
        for one in vector["spots"]
    ]

    found = putaway.suggest(spots, vector["lot"])

    wanted = vector["suggestion"]
    told = found and {"location": f"l-{found.location}", "code": found.code, "reason": found.reason}
    assert told == wanted


def test_goods_are_gathered_in_order_and_no_more_than_there_are() -> None:
    heaps = [Heap(1, "", 3), Heap(2, "", 5)]

    assert putaway.gather(heaps, 4) == [Heap(1, "", 3), Heap(2, "", 1)]
    assert putaway.gather(heaps, 99) == heaps
    assert putaway.gather(heaps, 0) == []
