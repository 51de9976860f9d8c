"""The first rows of a site, as the command line writes them."""

from django.db import transaction

from queqiao.accounts.actions.organisations import create_organisation, create_scope, join_scope
from queqiao.accounts.actions.people import add_affiliation, create_person, give_role, open_account
from queqiao.accounts.actors import system
from queqiao.accounts.channels import AddressKind, parse_address
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Organisation
from queqiao.cli.running import database
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _
from queqiao.taxonomy.actions import load_own_fields

FOUNDER = system("founding")


@transaction.atomic
def found(*, operator: str, scope: str, admin: str, address: str) -> str:
    """Write the first operator, scope and administrator down and return what to do next.

    QueqiaoError where the site holds organisations already, or the address cannot be used.
    """
    database.check_up_to_date()
    if Organisation.objects.exists():
        raise QueqiaoError(_("网站里已有机构；新的运营方请在“机构管理”和“范围管理”里登记。"))
    where = parse_address(address)
    column = "mobile" if where.kind is AddressKind.MOBILE else "email"
    load_own_fields()
    organisation = create_organisation(values={"name": operator, "kind": "association"}, by=FOUNDER)
    made = create_scope(values={"code": "first", "name": scope, "kind": "city", "operator": organisation}, by=FOUNDER)
    join_scope(organisation=organisation, scope=made, by=FOUNDER)
    person = create_person(values={"name": admin, column: where.value}, by=FOUNDER)
    add_affiliation(person=person, organisation=organisation, by=FOUNDER)
    give_role(person=person, kind=RoleKind.OPERATOR_ADMIN, organisation=organisation, by=FOUNDER)
    give_role(person=person, kind=RoleKind.SYSTEM_ADMIN, by=FOUNDER)
    open_account(person=person, by=FOUNDER)
    return _("已登记“{operator}”和范围“{scope}”。{admin}可以用 {address} 收验证码登录。").format(
        operator=operator, scope=scope, admin=admin, address=where.masked
    )
