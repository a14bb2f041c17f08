"""Write server/catalog/initials.txt from pypinyin: `python scripts/pinyin_initials.py`.

First line: the initial of every Chinese character from U+4E00 to U+9FFF, a point where there is none.
Then one phrase a line in which a character is read otherwise than alone (`重庆 cq`). The server reads this
file instead of pypinyin, which takes 0.3 s and 50 MB to load.
"""

from pathlib import Path

from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PHRASES_DICT
from pypinyin.style import convert

FIRST, LAST = 0x4E00, 0x9FFF
TARGET = Path(__file__).resolve().parent.parent / "server" / "catalog" / "initials.txt"


def alone(character: str) -> str:
    """How a character begins when it stands alone."""
    letters = lazy_pinyin(character, style=Style.FIRST_LETTER, errors="ignore")
    return letters[0] if letters and letters[0].isascii() else "."


def otherwise(singles: str) -> dict[str, str]:
    """The phrases that are read otherwise than their characters one by one."""
    found: dict[str, str] = {}
    for phrase, readings in PHRASES_DICT.items():
        if len(readings) != len(phrase) or not all(FIRST <= ord(character) <= LAST for character in phrase):
            continue
        together = "".join(convert(reading[0], Style.FIRST_LETTER, strict=True) for reading in readings)
        one_by_one = "".join(singles[ord(character) - FIRST] for character in phrase)
        if together.isascii() and together != one_by_one:
            found[phrase] = together
    return found


if __name__ == "__main__":
    table = "".join(alone(chr(point)) for point in range(FIRST, LAST + 1))
    lines = [table, *(f"{phrase} {letters}" for phrase, letters in sorted(otherwise(table).items()))]
    TARGET.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{TARGET}: {len(table)} characters, {len(lines) - 1} phrases")
