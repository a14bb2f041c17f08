"""What pages show of counts: each place with what was found, and to whom the book's figures are not shown."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from server.catalog.item import ItemDraft
from server.counts import plan
from server.counts import round as rounds
from server.counts.difference import Finding
from server.counts.sheet import Counted, Sheet


class Line(msgspec.Struct, frozen=True):
    """A place of a plan. `pieces` (gains and losses alike) and `value` of the last count; None: not to be seen, or
    without a cost."""

    sheet: Sheet
    findings: Sequence[Finding]
    pieces: int | None
    value: int | None
    is_disputed: bool

    @property
    def is_hidden(self) -> bool:
        """Whether somebody is still to count without knowing what was found before."""
        return self.pieces is None


def is_hidden(sheet: Sheet, *, decides: bool) -> bool:
    """Whether figures of this place are kept from somebody who may go there and count it."""
    return sheet.is_blind and not decides and sheet.state in ("planned", *plan.TO_COUNT)


def lines(
    sheets: Iterable[Sheet],
    counted: Mapping[int, Sequence[Counted]],
    costs: Mapping[int, int],
    *,
    decides: bool,
) -> list[Line]:
    """The places of a plan: those that wait for a decision first and by value, the rest as one walks."""
    found = [_line(sheet, counted.get(sheet.id, ()), costs, decides=decides) for sheet in sheets]
    waiting = [line for line in found if line.sheet.state == "review"]
    # What has no known cost comes first: nobody can say that it is small.
    waiting.sort(key=lambda line: (line.value is not None, -(line.value or 0), -(line.pieces or 0)))
    return waiting + [line for line in found if line.sheet.state != "review"]


def _line(sheet: Sheet, counted: Sequence[Counted], costs: Mapping[int, int], *, decides: bool) -> Line:
    if is_hidden(sheet, decides=decides):
        return Line(sheet, (), None, None, is_disputed=False)
    last = counted[-1].findings if counted else ()
    return Line(
        sheet,
        last,
        sum(abs(finding.difference) for finding in last),
        plan.value_of(last, costs) if decides else None,
        rounds.is_disputed([one.round for one in counted], sheet.tolerance),
    )


class Row(msgspec.Struct, frozen=True):
    """A line of a plan as a spreadsheet: a place, and one cell of what its last count found, if that is to be seen."""

    place: str
    state: str
    rounds: int
    code: str = ""
    name: str = ""
    lot: str = ""
    counted: int | None = None
    book: int | None = None
    difference: int | None = None
    value: int | None = None


def rows(
    found: Iterable[Line], items: Mapping[int, ItemDraft], costs: Mapping[int, int], *, decides: bool
) -> list[Row]:
    """The places of a plan with what was found in each, one row a cell; a place without figures is one row."""
    told = []
    for line in found:
        sheet = line.sheet
        told += [
            Row(
                sheet.code,
                sheet.state,
                sheet.rounds,
                items[each.cell.item].code,
                items[each.cell.item].name,
                each.cell.lot or each.cell.serial,
                each.counted,
                each.book,
                each.difference,
                plan.value_of([each], costs) if decides else None,
            )
            for each in line.findings
        ] or [Row(sheet.code, sheet.state, sheet.rounds)]
    return told
