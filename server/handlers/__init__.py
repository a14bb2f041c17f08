"""HTTP and websockets: decode, ask for permission, call one activity or query, render."""

from importlib import import_module
from pathlib import Path
from typing import Any


def routes() -> list[Any]:
    """The routes of every module here, which each list their own as `routes`."""
    modules = sorted(file.stem for file in Path(__file__).parent.glob("*.py") if file.stem != "__init__")
    return [route for name in modules for route in import_module(f"server.handlers.{name}").routes]
