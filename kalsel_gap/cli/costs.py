"""``kalsel-gap costs``: the prices in force and where they come from, or a table to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kalsel_gap.cli import console, options
from kalsel_gap.cli.options import DialectChoice, Format
from kalsel_gap.errors import KalselGapError
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    import pandas as pd

    from kalsel_gap.project.model import Opened

HELP = N_(
    "Print the prices that a plan uses and where each comes from, or write a table to fill in.\n\n"
    "A price of your own table (costs.ssh in the project file) comes before one of the project "
    "file, which comes before the shipped one. What has no price is not guessed: options that need "
    "it are left out of a plan. csv and json also have sources, dates and account codes.\n\n"
    "Example: kalsel-gap costs --template --out prices.csv"
)
ENDINGS = (".csv", ".xlsx")
_LABELS = {  # of columns on a terminal
    "item": N_("Item"),
    "name": N_("Name"),
    "unit": N_("Unit"),
    "price_idr": N_("Price, rupiah"),
    "low_idr": N_("From"),
    "high_idr": N_("Up to"),
    "date": N_("Date"),
    "origin": N_("Origin"),
    "confidence": N_("How sure"),
}
# Left out of a narrow table, the first ones first.
_SPARE = ("date", "high_idr", "low_idr", "unit", "name")


def costs(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    assignments: options.Assignments = None,
    template: options.PriceTemplate = False,
    out: options.OutFile = None,
    dialect: options.CsvDialect = DialectChoice.raw,
    format: options.TableFormat = None,  # noqa: A002 - the option's name
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.planning.costs import read_prices
    from kalsel_gap.project.read import find_project, read_project

    text: Text = ctx.obj
    opened = read_project(
        project or find_project(Path.cwd()), tuple(assignments or ()), with_inputs=False
    )
    if template:
        words = options.words(ctx, lang, opened)
        _write_template(opened, out, words, text, dialect, overwrite=overwrite, quiet=quiet)
        return
    if out is not None:
        raise KalselGapError("out_without_template", column="--out")
    prices, findings = read_prices(opened)
    console.publish(
        prices, format, _LABELS, text, spare=_SPARE, shown=_shown(prices, text), quiet=quiet
    )
    if (format or Format.table) is Format.table:
        console.paragraph(_about_ppn(opened, text))
    console.remarks(findings, text, quiet=quiet)
    for sentence in _notes(prices, text):
        console.note(sentence, quiet=quiet)


def _write_template(
    opened: Opened,
    out: Path | None,
    words: Text,
    text: Text,
    dialect: DialectChoice,
    *,
    overwrite: bool,
    quiet: bool,
) -> None:
    """The table to fill in, to a file or as CSV to standard output."""
    import pandas as pd

    from kalsel_gap.project.outputs import outputs_of
    from kalsel_gap.sources.unit_prices import template_rows
    from kalsel_gap.storage.spreadsheet import csv_of
    from kalsel_gap.storage.text_workbook import workbook_bytes

    headers, rows = template_rows(opened.project.costs, words)
    content = csv_of(pd.DataFrame(rows, columns=headers, dtype="str"), dialect.value)
    if out is None:
        console.emit(content)
        return
    outputs = outputs_of(opened)
    outputs.check(out, endings=ENDINGS, overwrite=overwrite)
    is_workbook = out.suffix.lower() == ".xlsx"
    sheet = {words(N_("Prices")): [headers, *rows]}
    made = workbook_bytes(sheet) if is_workbook else content.encode("utf-8")
    with outputs.replace(out) as temporary:
        temporary.write_bytes(made)
    sentence = N_(
        "Written: {path}. Fill in the prices that you have, name the file in the project file "
        "([costs], ssh = “{file}”), and leave the others empty."
    )
    console.note(text(sentence, path=out, file=opened.shown(out.absolute())), quiet=quiet)


def _shown(prices: pd.DataFrame, text: Text) -> pd.DataFrame:
    """The prices in words, as a terminal shows them."""
    from kalsel_gap.i18n.price_names import (
        CONFIDENCE_NAMES,
        ITEM_NAMES,
        ORIGIN_NAMES,
        UNIT_NAMES,
    )

    def in_words(name: str, names: dict[str, str]) -> pd.Series[str]:
        return prices[name].map(lambda code: text(names[code]) if code in names else str(code))

    amounts = {
        name: prices[name].astype("float64") for name in ("price_idr", "low_idr", "high_idr")
    }
    is_priced = prices["price_idr"].notna()
    return prices.assign(
        name=in_words("item", ITEM_NAMES),
        unit=in_words("unit", UNIT_NAMES),
        origin=in_words("origin", ORIGIN_NAMES).where(is_priced, text(N_("no price"))),
        confidence=in_words("confidence", CONFIDENCE_NAMES).where(is_priced, ""),
        date=prices["date"].where(is_priced, ""),
        **amounts,
    )


def _about_ppn(opened: Opened, text: Text) -> str:
    """What PPN adds to the prices."""
    ppn = opened.project.costs.ppn
    sentence = N_("Prices are without PPN, which adds {share} % ({rate} % on {base} of the price).")
    share, rate = float(100 * ppn.share), 100 * ppn.rate
    return text(
        sentence,
        share=text.number(share, _digits(share)),
        rate=text.number(rate, _digits(rate)),
        base=ppn.base_share,
    )


def _digits(value: float) -> int:
    """Decimals that a percentage needs, at most two."""
    return next((n for n in (0, 1) if abs(round(value, n) - value) < 1e-9), 2)


def _notes(prices: pd.DataFrame, text: Text) -> list[str]:
    """What has no price, and that a shipped price is nobody's offer."""
    said = []
    unpriced = prices.loc[prices["price_idr"].isna(), "item"].tolist()
    if unpriced:
        sentence = N_(
            "Without a price: {items}. Options that need them are listed as unpriced and left out "
            "of a plan."
        )
        said.append(text(sentence, items=", ".join(unpriced)))
    if (prices["origin"] == "shipped").any():
        sentence = N_(
            "Shipped prices are from the press or estimated; unit prices (SSH) of the province "
            "were not found. To use your own: kalsel-gap costs --template --out prices.csv"
        )
        said.append(text(sentence))
    return said
