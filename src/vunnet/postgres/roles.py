"""The two roles of a Vunnet database: one owns its tables, one serves and is bound by row-level security."""

from __future__ import annotations

import psycopg
from psycopg import sql

OWNER = "vunnet_owner"
APP = "vunnet_app"

LOCK = 8_241_777
"""Any number nobody else uses: two processes that start at once must not both make the roles."""


class RolesMissing(Exception):
    """The roles are not there and this login may not make them; the message holds the SQL to run."""


def prepare_roles(url: str) -> None:
    """Make vunnet_owner and vunnet_app and give them their rights in the database at `url`, where that is not done.

    vunnet_owner may create in the database; vunnet_app may read and write rows of what vunnet_owner creates, owns
    nothing, and is neither superuser nor exempt from row-level security. The login may become either (`SET ROLE`).
    Raises RolesMissing if the login may not do so, psycopg.OperationalError if the server cannot be reached.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        _demand_version(connection)
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            if not _is_prepared(connection):
                _prepare(connection)
        _demand_bound(connection)


def _demand_version(connection: psycopg.Connection) -> None:
    if connection.info.server_version < 150000:
        raise RolesMissing(f"This is PostgreSQL {connection.info.server_version // 10000}; Vunnet needs 15 or newer.")


def _prepare(connection: psycopg.Connection) -> None:
    statements = _statements(connection)
    try:
        with connection.transaction():
            for statement in statements:
                connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege as refused:
        script = ";\n".join(statement.as_string(connection) for statement in statements)
        raise RolesMissing(
            f"The login {connection.info.user} may not prepare the database {connection.info.dbname} "
            f"({refused.diag.message_primary}). An administrator has to run this once, in that database:\n\n{script};\n"
        ) from refused


def _statements(connection: psycopg.Connection) -> list[sql.Composed]:
    names = {
        "owner": sql.Identifier(OWNER),
        "app": sql.Identifier(APP),
        "login": sql.Identifier(connection.info.user),
        "database": sql.Identifier(connection.info.dbname),
    }
    later = "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT"
    grants = [
        "GRANT {owner}, {app} TO {login}",
        "GRANT CONNECT, CREATE ON DATABASE {database} TO {owner}",
        "GRANT CONNECT ON DATABASE {database} TO {app}",
        "GRANT USAGE, CREATE ON SCHEMA public TO {owner}",
        "GRANT USAGE ON SCHEMA public TO {app}",
        f"{later} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {{app}}",
        f"{later} USAGE, SELECT ON SEQUENCES TO {{app}}",
    ]
    present = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'vunnet_%'")}
    made = [f"CREATE ROLE {{{key}}} NOLOGIN" for key, name in (("owner", OWNER), ("app", APP)) if name not in present]
    return [sql.SQL(text).format(**names) for text in (*made, *grants)]


def _is_prepared(connection: psycopg.Connection) -> bool:
    present = connection.execute("SELECT count(*) FROM pg_roles WHERE rolname IN (%s, %s)", [OWNER, APP]).fetchone()
    return present == (2,) and connection.execute(_PREPARED, {"owner": OWNER, "app": APP}).fetchone() == (True,)


# The last condition: both kinds of rights on what the owner will create, tables and sequences.
_PREPARED = """
    SELECT pg_has_role(current_user, %(owner)s, 'MEMBER')
       AND pg_has_role(current_user, %(app)s, 'MEMBER')
       AND has_database_privilege(%(owner)s, current_database(), 'CREATE')
       AND has_schema_privilege(%(owner)s, 'public', 'CREATE')
       AND has_schema_privilege(%(app)s, 'public', 'USAGE')
       AND (SELECT count(*) FROM pg_default_acl
             WHERE defaclrole = %(owner)s::regrole AND defaclnamespace = 'public'::regnamespace
               AND defaclobjtype IN ('r', 'S') AND defaclacl::text LIKE '%%' || %(app)s || '=%%') = 2
"""


def _demand_bound(connection: psycopg.Connection) -> None:
    query = "SELECT rolsuper OR rolbypassrls, pg_has_role(oid, %s::regrole, 'MEMBER') FROM pg_roles WHERE rolname = %s"
    free, owns = connection.execute(query, [OWNER, APP]).fetchone() or (True, True)
    if free or owns:
        raise RolesMissing(
            f"The role {APP} must be bound by row-level security, and it is a superuser, has BYPASSRLS or is a member "
            f"of {OWNER}. Run: ALTER ROLE {APP} NOSUPERUSER NOBYPASSRLS; REVOKE {OWNER} FROM {APP};"
        )
