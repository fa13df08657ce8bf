from grader.words.document import FILE, document


def test_the_committed_list_of_codes_is_current() -> None:
    """Refresh it with: python -m grader.words.document"""
    assert FILE.read_text(encoding="utf-8") == document()
