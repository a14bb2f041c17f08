"""What holds for the whole company, as people write it down, and what is wrong with it."""

from typing import Final

import msgspec

from server.catalog.item import Fault

PREFIX_DIGITS: Final = range(7, 11)
"""How long a GS1 company prefix may be: what is left of 16 figures numbers our cartons."""

TEXTS: Final = ("name", "address", "phone")
"""What is written as it comes."""

MAX_TEXT: Final = 200
IN_HOUSE: Final = "0000000"
"""In place of a registered prefix: the codes of our cartons are good inside the house only."""


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """Name, address and phone stand on papers; without a GS1 prefix our cartons' codes mean nothing outside."""

    name: str = ""
    address: str = ""
    phone: str = ""
    gs1_prefix: str = ""

    @property
    def carton_prefix(self) -> str:
        """What the codes of our cartons begin with."""
        return self.gs1_prefix or IN_HOUSE


def tidy(company: Company) -> Company:
    """As it is stored: prefixes are often written with spaces or hyphens."""
    figures = company.gs1_prefix.replace(" ", "").replace("-", "")
    texts = {name: getattr(company, name).strip() for name in TEXTS}
    return msgspec.structs.replace(company, gs1_prefix=figures, **texts)


def faults(company: Company) -> list[Fault]:
    """Everything that is wrong with a tidy one."""
    prefix = company.gs1_prefix
    is_prefix = prefix.isascii() and prefix.isdigit() and len(prefix) in PREFIX_DIGITS
    # All zeros is what stands in place of a prefix, and nobody is given that.
    wrong = [Fault(0, name, "catalog.fault.long") for name in TEXTS if len(getattr(company, name)) > MAX_TEXT]
    if prefix and not (is_prefix and prefix.strip("0")):
        wrong.append(Fault(0, "gs1_prefix", "catalog.fault.gs1_prefix"))
    return wrong
