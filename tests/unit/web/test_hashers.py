from django.contrib.auth.hashers import check_password, identify_hasher, make_password

from web.accounts.hashers import ClassroomArgon2


def test_a_password_is_kept_with_argon2_in_a_class_sized_memory() -> None:
    encoded = ClassroomArgon2().encode("a passphrase", "saltsaltsalt")
    assert "$argon2id$" in encoded
    assert "m=19456,t=2,p=1" in encoded
    assert ClassroomArgon2().verify("a passphrase", encoded)


def test_the_site_uses_it_for_new_passwords(settings: object) -> None:
    settings.PASSWORD_HASHERS = ["web.accounts.hashers.ClassroomArgon2"]  # type: ignore[attr-defined]
    encoded = make_password("a passphrase")
    assert isinstance(identify_hasher(encoded), ClassroomArgon2)
    assert check_password("a passphrase", encoded)
