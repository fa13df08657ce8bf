import pytest


@pytest.fixture(autouse=True)
def _database(db: None) -> None:
    """Every page may read the database."""
