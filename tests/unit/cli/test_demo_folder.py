"""The demo deletes only what a demo made."""

from pathlib import Path

import pytest

from cli.demo_folder import DemoFolderError, demo_folder


def test_a_folder_that_no_demo_made_is_left_alone_even_when_starting_over(tmp_path: Path) -> None:
    mine = tmp_path / "sources"
    mine.mkdir()
    (mine / "thesis.txt").write_text("mine")
    for fresh in (False, True):
        with pytest.raises(DemoFolderError, match="left alone"), demo_folder(tmp_path, fresh=fresh):
            pass
    assert (mine / "thesis.txt").read_text() == "mine"


def test_starting_over_deletes_what_a_demo_made_and_nothing_else(tmp_path: Path) -> None:
    with demo_folder(tmp_path / "demo", fresh=False) as place:
        place.sources.mkdir()
        place.write_settings()
        (place.path / "notes.txt").write_text("mine")
    with demo_folder(tmp_path / "demo", fresh=True) as place:
        assert not place.sources.exists()
        assert not place.settings.exists()
        assert (place.path / "notes.txt").exists()


def test_a_second_start_keeps_everything(tmp_path: Path) -> None:
    with demo_folder(tmp_path / "demo", fresh=False) as place:
        place.write_settings()
        place.settings.write_text("# changed by hand")
    with demo_folder(tmp_path / "demo", fresh=False) as place:
        place.write_settings()
        assert place.settings.read_text() == "# changed by hand"


def test_two_demos_do_not_share_a_folder(tmp_path: Path) -> None:
    with (
        demo_folder(tmp_path / "demo", fresh=False),
        pytest.raises(DemoFolderError, match="another demo"),
        demo_folder(tmp_path / "demo", fresh=True),
    ):
        pass


def test_the_sources_lie_outside_onefolds_own_folder(tmp_path: Path) -> None:
    with demo_folder(tmp_path / "demo", fresh=False) as place:
        assert place.settings.parent not in (place.sources, *place.sources.parents)


def test_a_working_copy_does_not_offer_the_demos_keys_for_committing(tmp_path: Path) -> None:
    with demo_folder(tmp_path / "demo", fresh=False) as place:
        assert (place.path / ".gitignore").read_text() == "*\n"
