"""People: their data, what they do where and since when, who stands in for them, and how they leave."""

import datetime

import pytest
from django.apps import apps
from django.utils import timezone

from queqiao.accounts.actions import organisations, people, signing_in
from queqiao.accounts.actions.merging import merge_persons
from queqiao.accounts.actions.messages import write_letter
from queqiao.accounts.actors import actor_for, system
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import (
    Affiliation,
    Alias,
    Consent,
    Invitation,
    Message,
    Person,
    ScopeMembership,
    SignIn,
    User,
)
from queqiao.accounts.queries import find_user, mask_email, visible_people
from queqiao.accounts.tests.factories import give, make_organisation, make_person, make_scope, make_user
from queqiao.core.errors import ForbiddenError, QueqiaoError, StaleError
from queqiao.core.models import Activity, ExternalId
from queqiao.core.queries import first_broken_link, history

pytestmark = pytest.mark.django_db
US = system("test")
DAY = datetime.date(2026, 3, 1)


def counts() -> dict[str, int]:
    """Count the rows of every table that a report could be made of."""
    passing = {"OneTimeCode", "Session", "ExternalId", "Activity"}
    return {m.__name__: m._base_manager.count() for m in apps.get_models() if m.__name__ not in passing}


def stored_text() -> str:
    """Return everything that stands in the database."""
    return "\n".join(str(row) for m in apps.get_models() for row in m._base_manager.values())


def test_after_erasing_neither_name_nor_contact_stands_in_any_table_and_every_count_is_the_same():
    marks = ["欧阳修远", "欧阳小远", "Ouyang Xiuyuan", "13812345678", "ouyang@example.org", "0000-0002-1825-0097"]
    person = people.create_person(
        values={
            "name": "欧阳小远",
            "name_en": "Ouyang Xiuyuan",
            "mobile": "138 1234 5678",
            "email": "Ouyang@example.org",
            "orcid": "0000-0002-1825-0097",
            "birth_year": 1971,
        },
        by=US,
    )
    people.update_person(person=person, values={"name": "欧阳修远"}, base_revision=1, by=US)
    user = make_user(person, mobile="13812345678", email="ouyang@example.org")
    organisation = make_organisation(contact_name="欧阳修远", contact_mobile="13812345678")
    give(person, RoleKind.EDITOR, organisation)
    people.add_affiliation(person=person, organisation=organisation, title="教授", by=US)
    Consent.objects.create(person=person, document="terms", version="1")
    ExternalId.objects.create(kind="person", target_id=person.pk, source="orcid", value="0000-0002-1825-0097")
    now = timezone.now()
    SignIn.objects.create(user=user, session_key="k", began_at=now, seen_at=now, network="203.0.113.9", agent="Firefox")
    Invitation.objects.create(
        organisation=organisation, role="editor", address="13812345678", note="给欧阳修远",
        invited_by=make_person(), expires_at=now,
    )  # fmt: skip
    write_letter(key="a:1", address="ouyang@example.org", subject="致欧阳修远", text="欧阳修远，您好", person=person)
    signing_in.request_code(address="13812345678", purpose="sign-in", network="203.0.113.9")
    twin = make_person(name="欧阳小远", mobile="13812345678")
    merge_persons(source=twin, target=person, by=US)
    people.reveal_contact(person=person, by=US)
    before = counts()
    assert [mark for mark in marks if mark not in stored_text()] == []

    people.erase_person(person=person, by=actor_for(person))

    text = stored_text()
    assert [mark for mark in (*marks, "138****5678", "ou***@", "203.0.113.9", "欧阳") if mark in text] == []
    assert counts() == before
    assert first_broken_link() is None
    erased = Person.objects.get(pk=person.pk)
    assert (erased.name, erased.mobile, erased.birth_year) == ("已注销用户", "", None)
    assert (find_user("13812345678"), actor_for(erased).person_id) == (None, None)
    assert Affiliation.objects.current().filter(person=person, organisation=organisation).count() == 1
    assert list(Message.objects.values_list("state", flat=True)) == ["failed"] * Message.objects.count()


def test_whoever_has_left_can_come_back_with_the_same_number():
    person = make_person()
    make_user(person, mobile="13812345678")
    people.erase_person(person=person, by=actor_for(person))
    make_user(mobile="13812345678")
    assert User.objects.filter(is_active=True).count() == 1


def test_only_oneself_or_the_operator_around_may_erase():
    scope, organisation = make_scope(), make_organisation()
    ScopeMembership.objects.create(scope=scope, organisation=organisation, recorded_by="system:test")
    person, near, far, colleague = (make_person() for _ in range(4))
    give(person, RoleKind.MEMBER, organisation)
    give(colleague, RoleKind.ORGANISATION_ADMIN, organisation)
    give(near, RoleKind.OPERATOR_ADMIN, scope.operator)
    give(far, RoleKind.OPERATOR_ADMIN, make_scope().operator)
    for other in (far, colleague):
        with pytest.raises(ForbiddenError):
            people.erase_person(person=person, by=actor_for(other))
    people.erase_person(person=person, by=actor_for(near))


def test_two_who_change_one_person_do_not_overwrite_each_other():
    person = make_person(name="李红", email="old@example.org")
    by = actor_for(person)
    people.update_person(person=person, values={"email": "new@example.org"}, base_revision=1, by=by)
    with pytest.raises(StaleError) as caught:
        people.update_person(person=person, values={"email": "other@example.org"}, base_revision=1, by=by)
    assert (caught.value.theirs["email"], caught.value.revision) == ("new@example.org", 2)
    assert Person.objects.get(pk=person.pk).email == "new@example.org"


def test_a_new_name_keeps_the_old_one_as_an_alias_until_today():
    person = make_person(name="李红")
    people.update_person(person=person, values={"name": "李虹"}, base_revision=1, by=actor_for(person))
    assert list(Alias.objects.values_list("name", "ends_on")) == [("李红", timezone.localdate())]


@pytest.mark.parametrize(
    "values", [{"name": " "}, {"mobile": "a@example.org"}, {"email": "13812345678"}, {"mobile": "1"}]
)
def test_what_is_no_name_or_contact_is_refused_in_one_sentence(values: dict[str, str]):
    person = make_person()
    with pytest.raises(QueqiaoError):
        people.update_person(person=person, values=values, base_revision=1, by=actor_for(person))


def test_a_corrected_affiliation_keeps_what_was_known_before():
    person, organisation = make_person(), make_organisation()
    first = people.add_affiliation(person=person, organisation=organisation, title="讲师", begins_on=DAY, by=US)
    second = people.correct_affiliation(affiliation=first, values={"title": "副教授"}, by=US)
    known = [
        list(Affiliation.objects.known_at(moment).values_list("title", flat=True))
        for moment in (first.recorded_at, second.recorded_at)
    ]
    assert known == [["讲师"], ["副教授"]]
    with pytest.raises(QueqiaoError, match="刚被他人更正"):
        people.correct_affiliation(affiliation=first, values={"title": "教授"}, by=US)


def test_an_ended_affiliation_holds_until_its_last_day():
    person, organisation = make_person(), make_organisation()
    made = people.add_affiliation(person=person, organisation=organisation, begins_on=DAY, by=US)
    with pytest.raises(QueqiaoError, match="结束日期早于开始日期"):
        people.end_affiliation(affiliation=made, ends_on=datetime.date(2026, 2, 1), by=US)
    people.end_affiliation(affiliation=made, ends_on=datetime.date(2026, 6, 30), by=US)
    held = [Affiliation.objects.current(datetime.date(2026, month, 30)).count() for month in (5, 6, 7)]
    assert held == [1, 1, 0]


def test_a_shown_contact_is_noted_with_who_looked_but_not_what_he_saw():
    organisation = make_organisation()
    person, admin = make_person(mobile="13812345678", email="li@example.org"), make_person()
    give(person, RoleKind.MEMBER, organisation)
    give(admin, RoleKind.ORGANISATION_ADMIN, organisation)
    shown = people.reveal_contact(person=person, by=actor_for(admin))
    assert shown == {"mobile": "13812345678", "email": "li@example.org"}
    noted = history("person", person.pk).get(verb="reveal")
    assert noted.actor == f"person:{admin.pk}"
    assert [word for word in ("13812345678", "138****5678", "li@example.org") if word in str(noted.changes)] == []
    with pytest.raises(ForbiddenError):
        people.reveal_contact(person=person, by=actor_for(make_person()))


def test_people_are_seen_by_themselves_their_administrators_and_the_staff_around():
    scope, organisation = make_scope(), make_organisation()
    ScopeMembership.objects.create(scope=scope, organisation=organisation, recorded_by="system:test")
    person, admin, staff, stranger = (make_person() for _ in range(4))
    give(person, RoleKind.MEMBER, organisation)
    give(admin, RoleKind.ORGANISATION_ADMIN, organisation)
    give(staff, RoleKind.STAFF, scope.operator)
    seen = [visible_people(actor_for(one)).filter(pk=person.pk).exists() for one in (person, admin, staff, stranger)]
    assert seen == [True, True, True, False]


def test_a_stand_in_stands_in_on_the_named_days_only():
    person, other, organisation = make_person(), make_person(), make_organisation()
    for one in (person, other):
        give(one, RoleKind.MEMBER, organisation)
    people.substitute(
        person=person, substitute=other, begins_on=DAY, ends_on=DAY + datetime.timedelta(days=6), by=actor_for(person)
    )
    days = [DAY + datetime.timedelta(days=n) for n in (-1, 0, 6, 7)]
    assert [actor_for(other, day=day).has(f"away:{person.pk}") for day in days] == [False, True, True, False]
    for wrong in ({"substitute": person}, {"ends_on": datetime.date(2026, 1, 1)}):
        plain = {"person": person, "substitute": other, "begins_on": DAY, "ends_on": DAY, "by": actor_for(person)}
        with pytest.raises(QueqiaoError):
            people.substitute(**plain | wrong)


def test_masked_addresses():
    assert [mask_email(one) for one in ("wang.fang@example.cn", "a@example.cn", "")] == [
        "wa***@example.cn", "***@example.cn", "",
    ]  # fmt: skip


def test_two_who_change_one_organisation_do_not_overwrite_each_other_and_see_what_differs():
    organisation = make_organisation(name="甲所", website="https://a.example.org")
    first = {"name": "甲研究所", "contact_mobile": "13812345678"}
    organisations.update_organisation(organisation=organisation, values=first, base_revision=1, by=US)
    with pytest.raises(StaleError) as caught:
        organisations.update_organisation(organisation=organisation, values={"name": "乙所"}, base_revision=1, by=US)
    assert {name: caught.value.theirs[name] for name in first} == first
    assert list(organisation.aliases.values_list("name", "ends_on")) == [("甲所", timezone.localdate())]
    assert "13812345678" not in str(list(Activity.objects.values()))


def test_an_organisation_leaves_a_scope_once_and_what_was_stays_known():
    scope, organisation = make_scope(), make_organisation()
    joined = organisations.join_scope(organisation=organisation, scope=scope, begins_on=DAY, by=US)
    again = organisations.join_scope(organisation=organisation, scope=scope, by=US)
    assert again == joined
    organisations.leave_scope(membership=joined, ends_on=datetime.date(2026, 6, 30), by=US)
    with pytest.raises(QueqiaoError, match="已由他人办理"):
        organisations.leave_scope(membership=joined, by=US)
    held = [ScopeMembership.objects.current(datetime.date(2026, month, 30)).count() for month in (6, 7)]
    assert held == [1, 0]
    then = ScopeMembership.objects.known_at(joined.recorded_at)
    assert list(then.values_list("begins_on", "ends_on")) == [(DAY, None)]
