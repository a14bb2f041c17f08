"""Texts in both languages: `t("catalog.items", "zh")`, from pwa/words/<feature>.toml."""

import tomllib
from functools import cache
from typing import Final

from server.config import ROOT

LANGUAGES: Final = ("zh", "en")
FOLDER: Final = ROOT / "pwa" / "words"


@cache
def texts() -> dict[str, tuple[str, str]]:
    """Every text by its key; raises ValueError naming the file where one is not a pair."""
    found: dict[str, tuple[str, str]] = {}
    for file in sorted(FOLDER.glob("*.toml")):
        _collect(tomllib.loads(file.read_text("utf-8")), "", found, file.name)
    return found


def _collect(node: object, path: str, found: dict[str, tuple[str, str]], file: str) -> None:
    match node:
        case dict():
            for key, inner in node.items():
                _collect(inner, f"{path}.{key}" if path else key, found, file)
        case [str(zh), str(en)]:
            found[path] = (zh, en)
        case _:
            raise ValueError(f'{file}: {path} needs ["中文", "English"]')


def t(key: str, language: str, **values: object) -> str:
    """The text of `key` with its {holes} filled. An unknown key is shown as it is, and a test finds it."""
    pair = texts().get(key)
    if pair is None:
        return key
    text = pair[LANGUAGES.index(language) if language in LANGUAGES else 0]
    return text.format(**values) if values else text


def has(key: str) -> bool:
    """Whether there is a text for `key`."""
    return key in texts()
