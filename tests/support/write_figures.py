"""Puts figures into a page, between `<!-- NAME -->` and `<!-- /NAME -->`."""

from pathlib import Path


def write_figures(page: Path, name: str, lines: list[str], add: bool = False) -> None:
    """The lines between the marks of `name` become these, or `add` puts these behind them."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    before, rest = page.read_text().split(begin, 1)
    old, after = rest.split(end, 1)
    page.write_text(before + begin + (old if add else "") + "\n".join(lines) + "\n" + end + after)
