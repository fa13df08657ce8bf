from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class OpsConfig(AppConfig):
    name = "web.ops"
    label = "ops"


class StaticFiles(StaticFilesConfig):
    """TypeScript and style sources stay out of what is served; their bundles are in `build`."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "src"]  # noqa: RUF012 - Django's name
