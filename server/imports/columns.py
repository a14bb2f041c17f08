"""Which columns a spreadsheet of items or locations may have, and how its headers are recognised."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from server.imports.sheet import Note, Table, as_text, folded_title

Kind = Literal["items", "locations"]
CellKind = Literal["text", "codes", "flag", "whole", "factor", "choice"]


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column: its titles in Chinese and English, and the other names that people give it."""

    key: str
    titles: tuple[str, str]
    also: str = ""
    kind: CellKind = "text"
    required: bool = False
    choices: Mapping[str, str] = {}
    example: str = ""

    @property
    def names(self) -> frozenset[str]:
        """Every header that means this column, folded."""
        return frozenset(folded_title(name) for name in (*self.titles, *self.also.split(), self.key))


class Spec(msgspec.Struct, frozen=True):
    """A kind of spreadsheet. `template` is the hidden mark of the template we hand out."""

    kind: Kind
    template: str
    columns: tuple[Column, ...]

    def column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)


_KIND_WORDS = {
    "bin": "库位 货位 储位 仓位 location shelf",
    "dock": "月台 收货区 发货区 收发货区",
    "tote": "周转箱",
    "carton": "箱 纸箱",
}
_KINDS = {word: kind for kind, words in _KIND_WORDS.items() for word in (kind, *words.split())}

ITEMS = Spec(
    "items",
    "stockhand-items-1",
    (
        Column(
            key="code",
            titles=("商品编码", "Item code"),
            also=(
                "编码 编号 货号 商品编号 物料编码 物料编号 存货编码 产品编码 料号 款号 sku code "
                "item itemno itemnumber stockcode productcode partnumber partno material article "
                "articlenumber"
            ),
            required=True,
            example="CUP-01",
        ),
        Column(
            key="name",
            titles=("商品名称", "Name"),
            also=(
                "名称 品名 物料名称 存货名称 产品名称 描述 商品描述 itemname description "
                "itemdescription productname product title"
            ),
            required=True,
            example="陶瓷茶杯 Ceramic cup",
        ),
        Column(
            key="unit",
            titles=("单位", "Unit"),
            also="基本单位 计量单位 主单位 库存单位 uom baseunit unitofmeasure",
            example="件",
        ),
        Column(
            key="scale",
            titles=("小数位数", "Decimals"),
            also="小数位 数量小数位 scale decimalplaces precision",
            kind="whole",
            example="0",
        ),
        Column(
            key="barcode",
            titles=("条码", "Barcode"),
            also="商品条码 条形码 国际条码 单品条码 69码 ean ean13 gtin upc barcodes",
            kind="codes",
            example="6923450657713",
        ),
        Column(
            key="carton_unit",
            titles=("箱单位", "Carton unit"),
            also="辅助单位 包装单位 大单位 packunit caseunit",
            example="箱",
        ),
        Column(
            key="carton_quantity",
            titles=("箱规", "Carton quantity"),
            also=(
                "装箱数 每箱数量 箱入数 入数 换算率 包装数量 packsize casesize unitspercarton "
                "packquantity casequantity"
            ),
            kind="factor",
            example="12",
        ),
        Column(
            key="carton_barcode",
            titles=("箱码", "Carton barcode"),
            also="外箱条码 箱条码 包装条码 itf14 casebarcode packbarcode cartongtin",
            kind="codes",
            example="16923450657710",
        ),
        Column(
            key="lots",
            titles=("批次管理", "Lot-tracked"),
            also="批次 批号管理 是否批次管理 启用批次 lots lottracked lot batchtracked batch",
            kind="flag",
            example="是",
        ),
        Column(
            key="expiry",
            titles=("有效期管理", "Expires"),
            also="有效期 保质期管理 是否有效期管理 启用有效期 expiry expirytracked hasexpiry",
            kind="flag",
            example="否",
        ),
        Column(
            key="serials",
            titles=("序列号管理", "Serial-tracked"),
            also="序列号 是否序列号管理 启用序列号 serials serialtracked serial",
            kind="flag",
            example="否",
        ),
        Column(
            key="active",
            titles=("启用", "Active"),
            also="是否启用 enabled isactive",
            kind="flag",
            example="是",
        ),
    ),
)

LOCATIONS = Spec(
    "locations",
    "stockhand-locations-1",
    (
        Column(
            key="warehouse",
            titles=("仓库", "Warehouse"),
            also="仓库编码 仓库代码 仓库编号 warehousecode wh site",
            required=True,
            example="MAIN",
        ),
        Column(
            key="code",
            titles=("库位编码", "Location code"),
            also=(
                "库位 货位 库位号 货位号 货位编码 储位 仓位 编码 location bin bincode code locationcode shelf"
            ),
            required=True,
            example="A-01-1",
        ),
        Column(
            key="zone",
            titles=("库区", "Zone"),
            also="库区编码 区域 area zonecode",
            example="A",
        ),
        Column(
            key="kind",
            titles=("类型", "Kind"),
            also="库位类型 货位类型 type locationtype bintype",
            kind="choice",
            choices=_KINDS,
            example="库位",
        ),
        Column(
            key="aisle",
            titles=("通道", "Aisle"),
            also="巷道 排 row",
            example="A",
        ),
        Column(
            key="bay",
            titles=("列", "Bay"),
            also="货架 架 column rack position",
            kind="whole",
            example="1",
        ),
        Column(
            key="level",
            titles=("层", "Level"),
            also="层号 tier height",
            kind="whole",
            example="1",
        ),
        Column(
            key="active",
            titles=("启用", "Active"),
            also="是否启用 enabled isactive",
            kind="flag",
            example="是",
        ),
    ),
)

SPECS: dict[Kind, Spec] = {"items": ITEMS, "locations": LOCATIONS}


def titles(spec: Spec) -> frozenset[str]:
    """Every header that is recognised, folded; by them the header row is found."""
    return frozenset().union(*(column.names for column in spec.columns))


def mapping_of(
    spec: Spec, table: Table, chosen: Mapping[str, str] | None = None
) -> tuple[dict[str, int], list[Note]]:
    """Which column of the sheet is which of ours, and what was left aside. The first of two wins.

    `chosen` is what a person wants otherwise: our column → header, or empty for none. Titles and columns that
    do not exist are left out.
    """
    recognised, twice = _recognised(spec, table)
    wanted = _chosen(spec, table, chosen or {})
    mapping = {key: at for key, at in (recognised | wanted).items() if at is not None}
    used = set(mapping.values()) | {index for index, _ in twice}
    unused = [title for index, title in enumerate(table.header) if title and index not in used]
    notes = [Note("columns_unused", {"columns": ", ".join(unused)[:300]})] if unused else []
    notes += [Note("column_twice", {"column": title[:80]}) for _, title in twice]
    return mapping, notes


def _recognised(spec: Spec, table: Table) -> tuple[dict[str, int], list[tuple[int, str]]]:
    """Columns by their headers, and those whose header says the same as one before."""
    known = {name: column.key for column in spec.columns for name in column.names}
    mapping: dict[str, int] = {}
    twice: list[tuple[int, str]] = []
    for index, title in enumerate(table.header):
        key = known.get(folded_title(title))
        if key in mapping:
            twice.append((index, title))
        elif key is not None:
            mapping[key] = index
    return mapping, twice


def _chosen(spec: Spec, table: Table, chosen: Mapping[str, str]) -> dict[str, int | None]:
    places: dict[str, int | None] = {
        as_text(title): index for index, title in reversed(list(enumerate(table.header)))
    }
    places[""] = None
    keys = {column.key for column in spec.columns}
    return {key: places[title] for key, title in chosen.items() if key in keys and title in places}


def missing_columns(spec: Spec, mapping: Mapping[str, int]) -> list[Column]:
    """Required columns that nothing was mapped to."""
    return [column for column in spec.columns if column.required and column.key not in mapping]
