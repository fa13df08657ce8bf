from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(
            _("“%(name)s” is not a time zone. Write one such as Asia/Seoul."), params={"name": name}
        )


class User(AbstractUser):
    """A person. The email address is optional: a class may hand out names only."""

    class Language(models.TextChoices):
        FROM_BROWSER = "", _("as the browser says")
        KOREAN = "ko", "한국어"
        ENGLISH = "en", "English"

    language = models.CharField(
        _("language"),
        max_length=8,
        blank=True,
        default=Language.FROM_BROWSER,
        choices=Language.choices,
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        default="",
        validators=[validate_time_zone],
        help_text=_("Leave it empty for the time zone of the site."),
    )
