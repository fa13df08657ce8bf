from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _

from web.accounts.models import User

admin.site.site_header = admin.site.site_title = "Podlab"


if TYPE_CHECKING:
    Admin = UserAdmin[User]
else:
    Admin = UserAdmin


@admin.register(User)
class PersonAdmin(Admin):
    fieldsets = (
        *(UserAdmin.fieldsets or ()),
        (_("Language and time"), {"fields": ("language", "time_zone")}),
    )
