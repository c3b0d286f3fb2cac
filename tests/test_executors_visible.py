"""What of the machine a session is shown, and under which names."""

from pathlib import Path

from executors.linux.visible import SYSTEM_DIRECTORIES, outermost


def test_directories_within_others_are_shown_once(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    paths = [Path("/usr"), tmp_path / "a", tmp_path / "a" / "b", Path("/usr/lib"), tmp_path / "no"]
    assert outermost(paths) == [Path("/usr"), tmp_path / "a"]


def test_what_is_reached_by_a_link_is_shown_by_both_names(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert outermost([tmp_path / "link"]) == [tmp_path / "link", tmp_path / "real"]


def test_a_system_link_is_left_to_be_made_anew() -> None:
    for directory in SYSTEM_DIRECTORIES:
        if directory.is_symlink():
            assert outermost([directory]) == [directory.resolve()]
        elif directory.is_dir():
            assert outermost([directory]) == [directory]
