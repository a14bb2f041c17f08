"""A catalogue of a hundred thousand items with barcodes, made by the product's own activities.

`python -m benchmarks.catalogue 100000` adds them to the database that the environment names, and
`--rename 3000` gives so many of them, spread over all, another name.
"""

import argparse
import asyncio
import random
from collections.abc import Iterator

import msgspec

from server.catalog import queries
from server.catalog.item import BarcodeDraft, ItemDraft, UnitDraft
from server.catalog.maintaining import Added, Edited, add_items, edit_items
from server.commands import opened

BATCH = 5000
NOUNS = (
    "陶瓷杯",
    "不锈钢勺",
    "玻璃碗",
    "保温壶",
    "收纳盒",
    "竹筷",
    "毛巾",
    "电钻",
    "螺丝",
    "胶带",
    "手套",
    "台灯",
)
KINDS = ("经典款", "加厚", "便携", "家用", "工业级", "儿童", "商务", "户外", "礼盒装", "促销装")
COLOURS = ("白", "黑", "红", "蓝", "绿", "黄", "灰", "银")


def drafts(count: int, seed: int = 7) -> Iterator[ItemDraft]:
    """Items as a trading house has them: every second with a carton, every fifth with lots."""
    chance = random.Random(seed)
    for number in range(count):
        has_carton = chance.random() < 0.2
        codes = [BarcodeDraft(_ean13(690_000_000_000 + number * 7 + chance.randrange(7)))]
        if has_carton:
            codes.append(BarcodeDraft(_ean14(1_690_000_000_000 + number * 7), "箱"))
        noun, kind, colour = chance.choice(NOUNS), chance.choice(KINDS), chance.choice(COLOURS)
        yield ItemDraft(
            code=f"SH{number:06d}",
            name=f"{kind}{noun} {colour}色 {chance.randrange(5, 95)}cm",
            has_lots=chance.random() < 0.2,
            units=(UnitDraft("箱", chance.choice((6, 12, 24, 48))),) if has_carton else (),
            barcodes=tuple(codes),
        )


def _ean13(digits: int) -> str:
    return _checked(f"{digits:012d}")


def _ean14(digits: int) -> str:
    return _checked(f"{digits:013d}")


def _checked(digits: str) -> str:
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return f"{digits}{-weighted % 10}"


async def fill(count: int) -> None:
    """Add the items in batches; any refusal is a bug of this file."""
    async with opened():
        wanted = list(drafts(count))
        for start in range(0, count, BATCH):
            added = await add_items(wanted[start : start + BATCH], by=1)
            assert isinstance(added, Added), added


async def rename(count: int) -> None:
    """Give items all over the catalogue another name, as a spreadsheet from the office does."""
    async with opened():
        total = (await queries.counts()).items
        ids = range(1, total + 1, max(1, total // count))[:count]
        known = await queries.item_drafts(ids)
        edited = await edit_items(
            {key: msgspec.structs.replace(draft, name=f"{draft.name} 新") for key, draft in known.items()},
            by=1,
        )
        assert isinstance(edited, Edited), edited


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("items", type=int, nargs="?", default=0)
    parser.add_argument("--rename", type=int, default=0)
    asked = parser.parse_args()
    asyncio.run(rename(asked.rename) if asked.rename else fill(asked.items))
