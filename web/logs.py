"""Structured logs: one event per line, for people (console) or machines (JSON)."""

import logging.config
from typing import Any

import structlog

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def logging_config(*, style: str, level: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "podlab": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _drop_noise,
                    *_renderers(style),
                ],
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "podlab"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {
            # These bring handlers of their own; all lines should look alike.
            "django": {"handlers": [], "propagate": True, "level": level.upper()},
            "django.server": {"handlers": [], "propagate": True},
            "uvicorn": {"handlers": [], "propagate": True},
            "uvicorn.error": {"handlers": [], "propagate": True},
            # One line per request and per task drowns everything else; `debug` brings it back.
            "uvicorn.access": {"handlers": [], "propagate": True, "level": _chatty(level)},
            "celery.worker.strategy": {"level": _chatty(level)},
            "celery.app.trace": {"level": _chatty(level)},
            # Announces every start of the process.
            "axes": {"level": "WARNING"},
        },
    }


def configure(config: dict[str, Any]) -> None:
    """Django's LOGGING_CONFIG: our loggers and everybody else's end in the same handler."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(config)


def _drop_noise(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Extras of libraries that repeat the line in another form."""
    for key in ("color_message", "request", "data"):
        event.pop(key, None)
    return event


def _chatty(level: str) -> str:
    return "INFO" if level == "debug" else "WARNING"


def _renderers(style: str) -> list[Any]:
    if style == "json":
        return [
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    return [structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)]
