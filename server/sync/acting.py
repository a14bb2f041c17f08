"""Claims and edits of devices: what is not stock, carried out by the feature it belongs to."""

from server.sync import wire
from server.sync.verdict import Doing, Ruling

ACTS = (wire.Bind, wire.Print, wire.EditItem, wire.EditCustomer, wire.Note)


def acts(doing: Doing) -> bool:
    """Whether this operation is carried out here rather than posted into the book."""
    return isinstance(doing.args, ACTS)


async def act(doing: Doing) -> Ruling:
    """Carry it out, or say why not."""
    raise NotImplementedError(doing.kind)
