"""Tables in Markdown, and the figures in them."""

from __future__ import annotations

from benchmarks.turns import middle


def table(title: str, head: list[str], rows: list[list[str]]) -> None:
    """Print a table in Markdown."""
    print(f"\n### {title}\n")
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, ["-" * width for width in widths], *rows]:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")


def spread(values: list[float], unit: str = "s") -> str:
    """Return the median and the range, as text."""
    return f"{number(middle(values))} {unit} [{number(min(values))}–{number(max(values))}]"


def number(value: float) -> str:
    """Return three figures that matter."""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def ratios(ours: list[float], theirs: list[float]) -> str:
    """Return the quotients of two figures, turn by turn, as text."""
    quotients = [one / other for one, other in zip(ours, theirs, strict=True)]
    return spread(quotients, "×")
