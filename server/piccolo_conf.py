"""Where Piccolo finds its engine and its app; the engine follows whichever database is open."""

from piccolo.conf.apps import AppRegistry

from server.db import ENGINE

DB = ENGINE
APP_REGISTRY = AppRegistry(apps=["server.piccolo_app"])
