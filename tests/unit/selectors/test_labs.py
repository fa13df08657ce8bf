from pathlib import Path

from django.conf import LazySettings

from grader.selectors.labs import find_lab, list_labs
from tests.unit.catalog.test_loader import GOOD, make_lab


def test_labs_are_found_by_slug(settings: LazySettings, tmp_path: Path) -> None:
    make_lab(tmp_path)
    settings.LABS_ROOT = tmp_path
    lab = find_lab("first-lab")
    assert lab
    assert [lab] == list_labs()
    assert find_lab("no-such-lab") is None


def test_an_edited_lab_shows_without_a_restart(settings: LazySettings, tmp_path: Path) -> None:
    folder = make_lab(tmp_path)
    settings.LABS_ROOT = tmp_path
    assert list_labs()[0].definition.title.en == "Title"
    (folder / "lab.yaml").write_text(GOOD.replace("en: Title", "en: A new title"))
    assert list_labs()[0].definition.title.en == "A new title"


def test_a_site_without_labs_has_an_empty_list(settings: LazySettings, tmp_path: Path) -> None:
    settings.LABS_ROOT = tmp_path
    assert list_labs() == []
