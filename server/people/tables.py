"""People, and where they are signed in."""

from piccolo.columns import Boolean, Integer, Text
from piccolo.table import Table

from server.columns import code, fk, moment


class User(Table, tablename="user_account"):
    """Somebody who works here. `name` signs in on the desk, badge and PIN on a device."""

    name = code(unique=True)
    display_name = Text(default="")
    role = Text(default="storekeeper")
    password_hash = Text(default="", secret=True)
    badge_digest = Text(default="", secret=True, index=True)
    pin_hash = Text(default="", secret=True)
    language = Text(default="zh")
    is_active = Boolean(default=True)
    sees_all_warehouses = Boolean(default=False)
    failed_sign_ins = Integer(default=0)
    locked_until_at = moment()
    created_at = moment()
    version = Integer(default=1)


class Session(Table, tablename="session"):
    """One signed-in browser on the desk; only the digest of its token is kept."""

    digest = code(unique=True)
    person = fk(User)
    form_token = Text(default="", secret=True)
    created_at = moment()
    seen_at = moment()
    expires_at = moment(index=True)
