import pytest


@pytest.fixture(autouse=True)
def _alone(no_network: None) -> None:
    """Unit tests open no connections."""
