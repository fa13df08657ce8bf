"""`manage.py prepare`: everything that has to be done before the site can serve."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from web.ops import preparation


class Command(BaseCommand):
    help = (
        "Brings the database up to date, compiles the languages, collects the static files and "
        "makes a first administrator where there is nobody yet. Safe to run again at any time."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--assets-only",
            action="store_true",
            help="languages and static files only; needs no database (for building an image)",
        )

    def handle(self, *_args: Any, assets_only: bool, **_options: Any) -> None:
        steps = [preparation.compile_translations, preparation.collect_static_files]
        if not assets_only:
            steps = [preparation.migrate, *steps, preparation.make_administrator]
        try:
            for step in steps:
                self.stdout.write(f"  {self.style.SUCCESS('✓')} {step()}")
        except preparation.PreparationError as error:
            raise CommandError(str(error)) from error
