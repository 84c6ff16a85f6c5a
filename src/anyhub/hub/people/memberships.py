"""Who is in which organisation, and as what."""

from __future__ import annotations

from anyhub.errors import ConflictError, NotFoundError, ValidationError
from anyhub.hub.people.account_table import Account
from anyhub.hub.sql.database import Database
from anyhub.people import ROLES, Membership, Role

_SELECT = (
    "SELECT o.name, u.name, role FROM memberships JOIN accounts o ON o.id = organization JOIN accounts u ON u.id = user"
)


class Memberships:
    """Reads and writes the table of memberships; what changes it is to be called inside a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_organization(self, organization: Account) -> list[Membership]:
        """List the members of an organisation by name."""
        rows = self._database.query(f"{_SELECT} WHERE organization = ? ORDER BY u.key", organization.pk)
        return [Membership(*row) for row in rows]

    def of_user(self, user: Account) -> list[Membership]:
        """List the organisations that a user is in, by name."""
        rows = self._database.query(f"{_SELECT} WHERE user = ? ORDER BY o.key", user.pk)
        return [Membership(*row) for row in rows]

    def set(self, organization: Account, user: Account, role: Role) -> Membership:
        """Make a user a member, or give a member another role.

        Raises:
            ConflictError: When that would leave the organisation without an admin.
            ValidationError: When there is no such role.
        """
        if role not in ROLES:
            raise ValidationError(f"{role!r} is not a role; use one of {', '.join(map(repr, ROLES))}.")
        if role != "admin":
            self._check_not_last_admin(organization, user)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO memberships (organization, user, role) VALUES (?, ?, ?)"
                " ON CONFLICT (organization, user) DO UPDATE SET role = excluded.role",
                (organization.pk, user.pk, role),
            )
        return Membership(organization.name, user.name, role)

    def remove(self, organization: Account, user: Account) -> None:
        """Take a user out of an organisation.

        Raises:
            NotFoundError: When they are not in it.
            ConflictError: When that would leave the organisation without an admin.
        """
        self._check_not_last_admin(organization, user)
        with self._database.transaction() as connection:
            gone = connection.execute(
                "DELETE FROM memberships WHERE organization = ? AND user = ?", (organization.pk, user.pk)
            )
            if not gone.rowcount:
                raise NotFoundError(f"{user.name!r} is not a member of {organization.name!r}. Look at its members.")

    def _check_not_last_admin(self, organization: Account, user: Account) -> None:
        admins = "SELECT user FROM memberships WHERE organization = ? AND role = 'admin'"
        if self._database.query(admins, organization.pk) == [(user.pk,)]:
            raise ConflictError(
                f"{user.name!r} is the only admin of {organization.name!r}. Make somebody else an admin first."
            )
