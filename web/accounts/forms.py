from typing import ClassVar

from django.contrib.auth.forms import AuthenticationForm
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class LogInForm(AuthenticationForm):
    error_messages: ClassVar[dict[str, str | Promise]] = {
        # Which of the two is wrong is nobody's business.
        "invalid_login": _("The name or the password is wrong. Capital letters count."),
        "inactive": _("This account is switched off. Ask your instructor."),
    }
