"""What a scan means: one answer on the server and on the device."""

import json
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from biip.gs1_messages import GS1Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.catalog import gs1
from server.catalog.barcode import (
    Item,
    Location,
    Scan,
    code_key,
    item_label,
    location_label,
    normalise,
    resolve,
)
from tests.catalog.worlds import VECTORS, VECTORS_FILE, told, world

WORLD = world()
CUP = "06923450657713"
TWIN = Path(__file__).parent.parent / "pwa" / "session" / "barcode_twin.js"


@pytest.mark.parametrize("vector", VECTORS["scans"], ids=lambda vector: vector["name"])
def test_a_scan_means_what_the_vectors_say(vector: dict[str, Any]) -> None:
    scan = Scan(vector["text"], vector.get("aim", ""), vector.get("source", "wedge"))

    assert told(resolve(scan, WORLD)) == vector["expect"]


@pytest.mark.parametrize("vector", VECTORS["labels"], ids=lambda vector: vector["name"])
def test_a_label_carries_the_text_of_the_vectors(vector: dict[str, Any]) -> None:
    about = {key: vector.get(key) for key in ("gtin", "lot", "expiry", "serial")}
    text = (
        location_label(vector["code"])
        if vector["kind"] == "location"
        else item_label(vector["code"], **about)
    )

    assert text == vector["text"]


@pytest.mark.parametrize(("code", "key"), VECTORS["keys"])
def test_a_code_has_one_key(code: str, key: str) -> None:
    assert normalise(code) == key


ANY_TEXT = st.text(st.characters(), max_size=60)
DIGITS = st.text("0123456789", min_size=1, max_size=22)
PREFIXES = st.sampled_from(
    ["", "LOC-", "ITM-", "CMD:QTY=", "DOC:", "]C1", "]Q1", "01" + CUP, "(01)" + CUP, "https://a/01/"]
)
HOSTILE = st.builds(lambda prefix, rest: prefix + rest, PREFIXES, ANY_TEXT | DIGITS)


@given(HOSTILE, st.text(max_size=4), st.sampled_from(["wedge", "camera", "manual", ""]))
def test_no_text_makes_the_resolver_fail(text: str, aim: str, source: str) -> None:
    told(resolve(Scan(text, aim, source), WORLD))


@given(ANY_TEXT)
def test_normalising_twice_changes_nothing(code: str) -> None:
    assert normalise(normalise(code)) == normalise(code)
    assert code_key(code_key(code)) == code_key(code)


CHARACTERS_OF_GS1 = "".join(sign for sign in map(chr, range(0x21, 0x7B)) if gs1.can_carry("10", sign))
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "17": st.dates(date(2000, 1, 1), date(2076, 12, 31)).map(lambda day: day.strftime("%y%m%d")),
        "37": st.integers(0, 99_999_999).map(str),
        "10": st.text(CHARACTERS_OF_GS1, min_size=1, max_size=20),
        "21": st.text(CHARACTERS_OF_GS1, min_size=1, max_size=20),
        "240": st.text(CHARACTERS_OF_GS1, min_size=1, max_size=30),
    },
)


@given(FIELDS, st.randoms(use_true_random=False))
def test_element_strings_read_back_as_they_were_written(fields: dict[str, str], random: Any) -> None:
    order = list(fields.items())
    random.shuffle(order)
    text = gs1.written([("01", CUP), *order])

    label = gs1.read(text)

    assert label is not None
    assert label.gtin == CUP
    assert (label.lot, label.serial) == (fields.get("10"), fields.get("21"))
    assert label.count == (int(fields["37"]) if "37" in fields else None)
    assert label.attributes.get("240") == fields.get("240")
    assert label.expiry == (gs1.iso_day(fields["17"]) if "17" in fields else None)
    assert not label.suspect


@given(FIELDS)
def test_biip_reads_what_we_write(fields: dict[str, str]) -> None:
    text = gs1.written([("01", CUP), *fields.items()])

    theirs = {element.ai.ai: element.value for element in GS1Message.parse(text).element_strings}

    assert theirs == {"01": CUP, **fields}


CODES = st.text(st.characters(exclude_categories=["Cs", "Cn"]), min_size=1, max_size=20).filter(
    lambda code: code_key(code) == code
)


@given(CODES)
def test_a_location_label_leads_back_to_its_location(code: str) -> None:
    lookup = type(WORLD)({}, {}, {code: ["l-77"]})

    label = location_label(code)

    assert label.isascii()
    assert resolve(Scan(label), lookup) == Location(location="l-77", code=code)


LOTS = st.none() | st.text(st.characters(exclude_categories=["Cs", "Cn"]), min_size=1, max_size=20)
DAYS = st.none() | st.dates().map(lambda day: day.isoformat())


@given(st.sampled_from([None, CUP]), LOTS, DAYS, LOTS)
def test_an_item_label_leads_back_to_item_lot_expiry_and_serial(
    gtin: str | None, lot: str | None, expiry: str | None, serial: str | None
) -> None:
    label = item_label("85123A" if gtin is None else "茶杯", gtin, lot, expiry, serial)

    found = resolve(Scan(label, source="camera"), WORLD)

    assert label.isascii()
    assert isinstance(found, Item)
    assert found.item == ("i-lamp" if gtin is None else "i-cup")
    assert (found.lot, found.expiry, found.serial) == (lot, expiry, serial)


@pytest.fixture(scope="module")
def twin() -> Iterator[subprocess.Popen[str]]:
    """The device's resolver in one node process: a line of JSON in, a line of JSON out."""
    node = shutil.which("node")
    assert node, "node is needed to compare the two resolvers"
    with subprocess.Popen(
        [node, str(TWIN), str(VECTORS_FILE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()
        process.wait(timeout=10)


def _is_settled(sign: str) -> bool:
    """Later Unicode versions give some lonely small letters a capital; that is no difference of ours."""
    return unicodedata.category(sign) != "Ll" or sign.upper() != sign


SHARED_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cn"]).filter(_is_settled), max_size=40)
NEARLY_GS1 = st.lists(
    st.sampled_from(
        [
            "01" + CUP,
            "17",
            "270131",
            "270230",
            "10",
            "21",
            "37",
            "3103",
            "\x1d",
            "|",
            "(",
            ")",
            "0",
            "A",
            "/",
            "%2F",
            "?",
        ]
    )
    | SHARED_TEXT.map(lambda text: text[:3]),
    max_size=9,
).map("".join)
SCANS = st.builds(
    lambda prefix, rest, aim, source: {"text": prefix + rest, "aim": aim, "source": source},
    PREFIXES
    | st.sampled_from(
        ["01", "00", "02", "https://x/p/01/" + CUP + "/10/", "https://x/01/" + CUP + "?17=", "USR:", "LPN-"]
    ),
    NEARLY_GS1 | SHARED_TEXT | DIGITS,
    st.sampled_from(["", "]C1", "]d2", "]E0", "C0", "]Q1"]),
    st.sampled_from(["wedge", "camera", "manual"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400, deadline=None)
@given(st.lists(SCANS, min_size=1, max_size=12))
def test_the_device_and_the_server_understand_every_scan_alike(
    twin: subprocess.Popen[str], scans: list[dict[str, str]]
) -> None:
    assert twin.stdin
    assert twin.stdout
    twin.stdin.write(json.dumps(scans) + "\n")
    twin.stdin.flush()

    theirs = json.loads(twin.stdout.readline())

    assert theirs == [
        {**told(resolve(Scan(**scan), WORLD)), "key": normalise(scan["text"])} for scan in scans
    ]


def test_both_tables_of_identifiers_are_the_same() -> None:
    from scripts import gs1_table

    assert gs1_table.TARGET.read_text(encoding="utf-8") == gs1_table.table()
