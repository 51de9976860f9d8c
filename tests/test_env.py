"""Settings from the environment refuse what they do not understand."""

import stat
from pathlib import Path

import pytest

from queqiao.env import SettingError, read_cluster, read_database, read_flag, read_list, read_search, read_secret


def test_a_flag_knows_a_few_words_and_refuses_all_others() -> None:
    assert [read_flag("X", default=False, source={"X": word}) for word in ("true", "1", "ON", "no", "0", "")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
    assert read_flag("X", default=True, source={}) is True
    with pytest.raises(SettingError, match="X='maybe'"):
        read_flag("X", default=False, source={"X": "maybe"})


def test_a_list_is_cut_at_commas() -> None:
    assert read_list("X", source={"X": " a, b ,,c"}) == ["a", "b", "c"]
    assert read_list("X", default=("d",), source={}) == ["d"]


def test_a_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "data" / "secret.key"
    first = read_secret("X", file, source={})
    assert len(first) > 50
    assert read_secret("X", file, source={}) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_secret("X", file, source={"X": "given"}) == "given"


def test_a_secret_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="X_FILE"):
        read_secret("X", tmp_path / "unused", source={"X_FILE": str(tmp_path / "missing")})
    (tmp_path / "key").write_text("kept\n", encoding="ascii")
    assert read_secret("X", tmp_path / "unused", source={"X_FILE": str(tmp_path / "key")}) == "kept"


def test_the_database_is_sqlite_unless_an_address_of_postgresql_is_given(tmp_path: Path) -> None:
    assert read_database("X", tmp_path, source={})["NAME"] == tmp_path / "queqiao.sqlite3"
    found = read_database("X", tmp_path, source={"X": "postgresql://anna:p%40ss@db.local:5433/city"})
    assert found == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "city",
        "USER": "anna",
        "PASSWORD": "p@ss",
        "HOST": "db.local",
        "PORT": "5433",
    }
    for wrong in ("mysql://x/y", "postgresql://host", "city"):
        with pytest.raises(SettingError, match="X："):
            read_database("X", tmp_path, source={"X": wrong})


def test_the_search_index_is_in_the_data_folder_unless_the_address_of_a_server_is_given(tmp_path: Path) -> None:
    assert read_search("X", "Y", source={}) == ("", "")
    assert read_search("X", "Y", source={"Y": "unused"}) == ("", "")
    near = {"X": "http://10.0.0.5:19530", "Y": "queqiao:geheim"}
    assert read_search("X", "Y", source=near) == ("http://10.0.0.5:19530", "queqiao:geheim")
    (tmp_path / "token").write_text("kept\n", encoding="utf-8")
    far = {"X": "https://milvus.example.cn", "Y_FILE": str(tmp_path / "token")}
    assert read_search("X", "Y", source=far) == ("https://milvus.example.cn", "kept")
    assert read_search("X", "Y", source={"X": "index.db"}) == ("index.db", "")


@pytest.mark.parametrize(
    "wrong",
    [
        {"X": "milvus.example.cn:19530"},
        {"X": "ftp://milvus.example.cn"},
        {"X": "https://queqiao:geheim@milvus.example.cn"},
        {"X": "http://milvus.example.cn", "Y": "geheim"},
    ],
)
def test_a_wrong_address_of_the_search_server_is_refused_without_repeating_a_secret(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingError, match="X：") as raised:
        read_search("X", "Y", source=wrong)
    assert "geheim" not in str(raised.value)


def test_bulk_work_is_done_on_this_machine_unless_the_address_of_a_cluster_is_given() -> None:
    assert read_cluster("X", source={}) == ""
    for address in ("10.0.0.5:6379", "ray://head.local:10001"):
        assert read_cluster("X", source={"X": f" {address} "}) == address
    for wrong in ("10.0.0.5", "http://10.0.0.5:6379", "10.0.0.5:port", "auto"):
        with pytest.raises(SettingError, match="X："):
            read_cluster("X", source={"X": wrong})
