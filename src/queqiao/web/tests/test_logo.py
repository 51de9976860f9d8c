"""The logo of an organisation: put up by who keeps it, seen by whoever sees the organisation."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Organisation
from queqiao.records.tasks import sweep_files
from queqiao.web.tests.workshop import days_ago, make_town, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.FILES_DIR = tmp_path
    return tmp_path


def picture(width: int = 900) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (width, 300), "#0a5").save(out, "PNG")
    return SimpleUploadedFile("标志.png", out.getvalue(), "image/png")


def test_an_administrator_puts_up_a_logo_and_everybody_sees_it_drawn_anew():
    town = make_town()
    admin = somebody("管理员", RoleKind.ORGANISATION_ADMIN, town.enterprise)
    assert admin.client.post("/my/organisation", {"what": "logo", "logo": picture()}).status_code == 302
    address = f"/organisations/{town.enterprise.number}"
    assert f'src="{address}/logo"' in Client().get(address).content.decode()
    shown = Client().get(f"{address}/logo")
    assert (shown.headers["Content-Type"], shown.headers["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert Image.open(io.BytesIO(b"".join(shown.streaming_content))).width == 512


def test_a_logo_that_is_no_picture_is_refused_and_only_pictures_are_spoken_of():
    town = make_town()
    admin = somebody("管理员", RoleKind.ORGANISATION_ADMIN, town.enterprise)
    fake = SimpleUploadedFile("标志.png", b"MZ no picture at all", "image/png")
    page = admin.client.post("/my/organisation", {"what": "logo", "logo": fake}, follow=True).content.decode()
    assert ("标志须是图片（PNG、JPEG 或 WebP），“标志.png”不是" in page, "docx" in page) == (True, False)


def test_the_logo_stands_beside_the_name_and_in_the_list_in_place_of_the_letter():
    town = make_town()
    admin = somebody("管理员", RoleKind.ORGANISATION_ADMIN, town.enterprise)
    admin.client.post("/my/organisation", {"what": "logo", "logo": picture()})
    address = f"/organisations/{town.enterprise.number}"
    page = Client().get(address).content.decode()
    assert f'src="{address}/logo" alt="{town.enterprise.name}">' in page
    assert page.index(f"{address}/logo") < page.index("<h1")
    assert f'src="{address}/logo"' in Client().get("/organisations").content.decode()


def test_it_stays_when_files_that_nobody_names_are_swept_and_goes_when_it_is_removed():
    town = make_town()
    admin = somebody("管理员", RoleKind.ORGANISATION_ADMIN, town.enterprise)
    admin.client.post("/my/organisation", {"what": "logo", "logo": picture()})
    assert sweep_files(days_ago(-3)) == 0
    admin.client.post("/my/organisation", {"what": "logo", "remove": "1"})
    assert Client().get(f"/organisations/{town.enterprise.number}/logo").status_code == 404
    assert sweep_files(days_ago(-3)) == 1


@pytest.mark.parametrize(
    ("file", "sentence"),
    [(SimpleUploadedFile("标志.pdf", b"%PDF-1.4 %%EOF"), "标志须是图片"), (None, "请先选择图片。")],
)
def test_what_is_no_picture_is_refused_and_the_old_logo_stays(file, sentence: str):
    town = make_town()
    admin = somebody("管理员", RoleKind.ORGANISATION_ADMIN, town.enterprise)
    admin.client.post("/my/organisation", {"what": "logo", "logo": picture()})
    kept = Organisation.objects.get(pk=town.enterprise.pk).logo
    sent = {"what": "logo"} | ({"logo": file} if file else {})
    assert sentence in admin.client.post("/my/organisation", sent).content.decode()
    assert Organisation.objects.get(pk=town.enterprise.pk).logo == kept != ""


def test_an_editor_may_not_change_it():
    town = make_town()
    assert town.editor.client.post("/my/organisation", {"what": "logo", "logo": picture()}).status_code in (403, 404)
