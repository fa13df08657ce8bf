"""Builds two images of a few bytes: build_tiny_images CACHE RECIPES, telling each step."""

from __future__ import annotations

import sys
from pathlib import Path

from cluster.build_images import Build
from cluster.image_recipes import Base, Image, read_recipes
from host.errors import Problem, tell


def tiny_build(cache: Path, recipes: Path) -> Build:
    images = [
        Image("example.test/first:1", "stand-in", "shows one", recipes / "first"),
        Image("example.test/first:latest", "stand-in", "shows one", recipes / "first"),
        Image("example.test/toolbox:1", "own", "shows kubectl", recipes / "toolbox"),
    ]
    base = Base(recipes / "base", "tiny")
    return Build(cache / "images", base, read_recipes(images, base), say)


def say(done: int, total: int, detail: str) -> None:
    sys.stdout.write(f"{done}/{total} {detail}\n")
    sys.stdout.flush()


def main() -> int:
    cache, recipes = (Path(argument) for argument in sys.argv[1:])
    try:
        tiny_build(cache, recipes).run(lambda: recipes / "kubectl")
    except Problem as problem:
        return tell(problem)
    return 0


if __name__ == "__main__":
    sys.exit(main())
