"""The closed lists of this room."""

from django.db import models

from queqiao.core.i18n import lazy


class OrganisationKind(models.TextChoices):
    """What an organisation is."""

    UNIVERSITY = "university", lazy("高校")
    INSTITUTE = "institute", lazy("科研院所")
    ENTERPRISE = "enterprise", lazy("企业")
    PARK = "park", lazy("园区")
    ASSOCIATION = "association", lazy("协会")
    GOVERNMENT = "government", lazy("政府部门")
    INVESTOR = "investor", lazy("投资机构")
    INTERMEDIARY = "intermediary", lazy("服务机构")


class OrganisationState(models.TextChoices):
    """Where an organisation stands."""

    PENDING = "pending", lazy("待审核")
    ACTIVE = "active", lazy("正常")
    REFUSED = "refused", lazy("未通过")
    MERGED = "merged", lazy("已合并")
    ARCHIVED = "archived", lazy("已归档")


class OrganisationSize(models.TextChoices):
    """How large an enterprise is, by the usual four classes."""

    LARGE = "large", lazy("大型")
    MEDIUM = "medium", lazy("中型")
    SMALL = "small", lazy("小型")
    MICRO = "micro", lazy("微型")


class ScopeKind(models.TextChoices):
    """Under whose name things are run and counted."""

    CITY = "city", lazy("城市")
    DISTRICT = "district", lazy("区县")
    ZONE = "zone", lazy("功能区")
    ASSOCIATION = "association", lazy("协会")
    ALLIANCE = "alliance", lazy("联盟")
    PROGRAMME = "programme", lazy("计划")
    UNIVERSITY = "university", lazy("高校")


class RoleKind(models.TextChoices):
    """What a person may do, for an organisation or for the whole site."""

    MEMBER = "member", lazy("成员")
    EDITOR = "editor", lazy("编辑")
    ORGANISATION_ADMIN = "organisation_admin", lazy("机构管理员")
    RESEARCHER = "researcher", lazy("科研人员")
    STAFF = "staff", lazy("运营人员")
    BROKER = "broker", lazy("技术经理人")
    OPERATOR_ADMIN = "operator_admin", lazy("运营管理员")
    SYSTEM_ADMIN = "system_admin", lazy("系统管理员")
    SECURITY_ADMIN = "security_admin", lazy("安全管理员")
    AUDIT_ADMIN = "audit_admin", lazy("审计管理员")


class TokenScope(models.TextChoices):
    """What a token may be used for; it never opens more than its person may do."""

    SEARCH = "search", lazy("搜索")
    READ_RECORDS = "records:read", lazy("读取成果、需求、专家和实验室")
    READ_MATCHES = "matches:read", lazy("读取匹配结果")
    DECIDE_MATCHES = "matches:decide", lazy("对匹配结果作出决定")


# Roles that an organisation's own administrator may give; the others are given by operators, the last three by
# nobody who holds another of the three.
GIVEN_BY_ORGANISATION = frozenset({RoleKind.MEMBER, RoleKind.EDITOR, RoleKind.ORGANISATION_ADMIN, RoleKind.RESEARCHER})
SITE_ROLES = frozenset({RoleKind.SYSTEM_ADMIN, RoleKind.SECURITY_ADMIN, RoleKind.AUDIT_ADMIN})
WITH_SECOND_FACTOR = frozenset({RoleKind.STAFF, RoleKind.BROKER, RoleKind.OPERATOR_ADMIN}) | SITE_ROLES
