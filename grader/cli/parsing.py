"""What the grader's commands have in common on their command lines."""

import argparse

from grader.cli.language import LANGUAGES


def command_parser(name: str, description: str, examples: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=f"manage.py {name}",
        description=description,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output",
        choices=("text", "json", "junit"),
        default="text",
        help="for people, for scripts (docs/grade.schema.json), for CI servers",
    )
    add_language(parser)


def add_language(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--language", choices=LANGUAGES, help="of the words; else what LC_ALL or LANG says"
    )
