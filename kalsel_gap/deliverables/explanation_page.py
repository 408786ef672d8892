"""Explanation as an HTML page of its own: no script, no address, nothing from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from kalsel_gap.deliverables import drawing, tables
from kalsel_gap.deliverables.offline_html import page_without_script
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kalsel_gap.deliverables.sections import Bars, DescribedPicture, PageSection
    from kalsel_gap.storage.run_folder import Run

_BAR = 100.0  # units of the widest bar


def list_title(run: Run, text: Text) -> str:
    """Title of what is said of the list as a whole."""
    name = run.manifest.get("project")
    title = text(N_("The list as a whole"))
    return f"{title}: {plain(name)}" if name else title


def to_html(title: str, sections: Sequence[PageSection], run: Run, text: Text) -> str:
    """A page of sections: the same run gives the same bytes.

    Parameters
    ----------
    title : str
        Of the page.
    sections : sequence of PageSection
    run : Run
        What everything comes from.
    text : Text
        Language of the page.
    """
    made_by = text(
        N_("kalsel-gap {version}, run {run}"),
        version=run.manifest.get("kalsel_gap", ""),
        run=run.folder.name,
    )
    imprint = f"{made_by}. {tables.standing_sentence(run, text)}"
    return page_of_sections(title, tables.page_notices(run, text), sections, imprint, text)


def page_of_sections(
    title: str,
    notices: Mapping[str, Any],
    sections: Sequence[PageSection],
    imprint: str,
    text: Text,
) -> str:
    """A page of sections, of whatever it is made.

    Parameters
    ----------
    title : str
        Of the page.
    notices : mapping
        What stands above everything, as of :func:`.tables.page_notices`.
    sections : sequence of PageSection
    imprint : str
        What the page is made from, at its end.
    text : Text
        Language of the page.
    """
    content = {
        "language": text.language,
        "title": plain(title),
        **notices,
        "sections": [_section(each) for each in sections],
        "imprint": plain(imprint),
        "words": {
            "skip": text(N_("Skip to the explanation")),
            "in_words": text(N_("The picture in words")),
            "part": text(N_("Part")),
            "contribution": text(N_("Contribution")),
            "contents": text(N_("Contents")),
        },
    }
    return page_without_script("explain", content)


def _section(section: PageSection) -> dict[str, Any]:
    return {
        "title": plain(section.title),
        "warnings": [plain(sentence) for sentence in section.warnings],
        "pairs": [(plain(label), plain(value)) for label, value in section.pairs],
        "said": [plain(sentence) for sentence in section.said],
        "bars": [_bars(each) for each in section.bars],
        "grids": [
            {
                "title": plain(grid.title),
                "heads": [plain(head) for head in grid.heads],
                "rows": [[plain(cell) for cell in row] for row in grid.rows],
                "numbers": grid.numbers,
            }
            for grid in section.grids
        ],
        "pictures": [_picture(each) for each in section.pictures],
    }


def _bars(bars: Bars) -> dict[str, Any]:
    return {
        "title": plain(bars.title),
        "rows": [
            {
                "label": plain(bar.label),
                "shown": bar.shown,
                "width": f"{_BAR * min(max(bar.value / bars.most, 0.0), 1.0):.1f}",
                "is_inferred": bar.is_inferred,
            }
            for bar in bars.rows
        ],
    }


def _picture(picture: DescribedPicture) -> dict[str, Any]:
    """The drawing as SVG inside the page: made and escaped by `drawing`."""
    svg = drawing.to_svg(picture.drawing).decode("utf-8")
    return {
        "svg": Markup(svg),  # noqa: S704
        "title": plain(picture.drawing.title),
        "is_wide": picture.drawing.width > 600,
        "said": [plain(sentence) for sentence in picture.said],
    }
