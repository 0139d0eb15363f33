"""The embedded PostgreSQL and the roles every PostgreSQL needs. Never: Django, a table of ours."""

from vunnet.postgres.binaries import PostgresFailed
from vunnet.postgres.roles import APP, OWNER, RolesMissing, prepare_roles
from vunnet.postgres.server import Postgres, start

__all__ = ["APP", "OWNER", "Postgres", "PostgresFailed", "RolesMissing", "prepare_roles", "start"]
