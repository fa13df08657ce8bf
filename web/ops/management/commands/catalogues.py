"""`manage.py catalogues`: refreshes the translation catalogues from the code."""

from typing import Any

from django.core.management.base import BaseCommand

from web.ops.catalogues import compile_catalogues, read_catalogue, update_catalogues


class Command(BaseCommand):
    help = "Collects new words into web/locale and compiles the catalogues (no gettext needed)."
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        for file in update_catalogues():
            missing = sum(
                1 for message in read_catalogue(file) if message.id and not message.string
            )
            self.stdout.write(f"{file}: {missing} without a translation")
        compile_catalogues()
