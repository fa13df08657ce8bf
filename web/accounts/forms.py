from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class LogInForm(AuthenticationForm):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.error_messages = {
            # Which of the two is wrong is nobody's business.
            "invalid_login": _("The name or the password is wrong. Capital letters count."),
            "inactive": _("This account is switched off. Ask your instructor."),
        }
