"""Settings, read once from the environment and one TOML file; `stockhand config` lists them."""

import os
import socket
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

ROOT = Path(__file__).resolve().parent.parent


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Each field is set by STOCKHAND_<NAME>, or by `name = …` in stockhand.toml, or stands as here."""

    data: str = "var"
    database: str = ""
    redis: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    certificate: str = ""
    certificate_key: str = ""
    timezone: str = "Asia/Shanghai"
    language: str = "zh"
    session_hours: int = 12
    processes: int = 1
    jobs: str = "embedded"
    costing: Literal["average", "fifo"] = "average"
    log_level: str = "info"

    @property
    def data_folder(self) -> Path:
        return Path(self.data).resolve()

    @property
    def database_url(self) -> str:
        """A `postgresql://` address, or the path of the SQLite file."""
        return self.database or str(self.data_folder / "stockhand.sqlite")

    @property
    def origin(self) -> str:
        """Where devices and people reach this server, without a trailing slash."""
        scheme = "https" if self.certificate else "http"
        host = address_of_this_machine() if self.host in EVERYWHERE else self.host
        return (self.public_url or f"{scheme}://{host}:{self.port}").rstrip("/")


EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104  # compared with, not bound to


def address_of_this_machine() -> str:
    """The address by which others in the local network reach this machine; no packet is sent to learn it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


MEANINGS = {
    "data": "folder for the database, pictures, label output and queues",
    "database": "SQLite file, or postgresql://user:password@host/name (default: DATA/stockhand.sqlite)",
    "redis": "redis://host:port/0 for the job queue of several processes (default: a SQLite file)",
    "host": "address to listen on; 0.0.0.0 for the whole network",
    "port": "port to listen on",
    "public_url": "address that devices use, when it differs from host and port",
    "certificate": "TLS certificate file (see `stockhand certs`)",
    "certificate_key": "its private key",
    "timezone": "the firm's time zone, for days on pages and reports",
    "language": "first language of new people: zh or en",
    "session_hours": "a desk session ends after so many hours without use",
    "processes": "server processes (PostgreSQL only)",
    "jobs": "embedded: background jobs run inside the server; worker: `stockhand worker` runs them",
    "costing": "how stock is valued: average (moving weighted average) or fifo (first in, first out)",
    "log_level": "debug, info, warning or error",
}


@cache
def settings() -> Settings:
    """The settings in force; raises ValueError naming the setting that is wrong."""
    return load(os.environ)


def load(environment: "os._Environ[str] | dict[str, str]") -> Settings:
    """Settings from a TOML file named by STOCKHAND_CONFIG (default stockhand.toml), then the environment."""
    file = Path(environment.get("STOCKHAND_CONFIG", "stockhand.toml"))
    values: dict[str, object] = tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
    if unknown := values.keys() - MEANINGS.keys():
        raise ValueError(f"{file}: unknown setting {', '.join(sorted(unknown))}")
    values |= {
        name: environment[key] for name in MEANINGS if (key := f"STOCKHAND_{name.upper()}") in environment
    }
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"setting {error}") from error
