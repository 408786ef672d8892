"""Drafts of terms of reference (TOR/KAK) of a plan: a text for each office, option and year.

Everything that the plan knows is written; what an official must decide or look up is marked, above
all the legal basis. Texts of others are escaped, so that no reader of Markdown executes them.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from kalsel_gap.deliverables.budget_lines import make_budget_lines
from kalsel_gap.deliverables.budget_words import (
    ACCESS_NAMES,
    CONFIDENCE_NAMES,
    envelope_names,
    item_words,
    office_words,
    unit_words,
)
from kalsel_gap.deliverables.plan_records import rows_by, rows_of
from kalsel_gap.deliverables.plan_tables import OPENING
from kalsel_gap.deliverables.plan_words import places_of, plan_notices
from kalsel_gap.deliverables.tables import all_notices
from kalsel_gap.i18n.messages import NAMES
from kalsel_gap.i18n.plan_names import envelope_name, name_of, option_name
from kalsel_gap.i18n.rupiah import full_rupiah
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kalsel_gap.storage.plan_folder import Plan
    from kalsel_gap.storage.run_folder import Run

ANY_TEXT = "tor-*.md"
_DOUBTFUL = ("C", "D")  # grades of a location
_LONGEST = 60  # characters of the office in the name of a file
_OF_SCHOOL = ("row_id", "lat", "lon", "confidence", "deficit_status", "kabupaten", "kecamatan")
_SIGNS = re.compile(r"([\\`*_{}\[\]()#+!|~$^=-])")


class BudgetPackage(NamedTuple):
    """What one office buys of one option in one year; what has no ceiling is a package apart.

    Attributes
    ----------
    skpd : str
    option : str
    year : int
    is_unfunded : bool
    lines : list of dict
        Of the budget, in its order.
    """

    skpd: str
    option: str
    year: int
    is_unfunded: bool
    lines: list[dict[str, Any]]


def terms_of_reference(run: Run, plan: Plan, text: Text) -> dict[str, str]:
    """The drafts of a plan by the name of their file.

    Parameters
    ----------
    run : Run
        The run that the plan is of.
    plan : Plan
    text : Text
        Language of the drafts.

    Returns
    -------
    dict of str
        Markdown by name, such as ``tor-2027-leo-dinas-63-01.md``. What is proposed to the central
        government has none: it is in the list of proposals.

    Raises
    ------
    InputError
        `plan_unequal`: the lines do not sum up to what the plan states.
    """
    maker = _Draft(run, plan, text)
    found: dict[str, str] = {}
    for package in packages_of(run, plan):
        bare = re.sub(r"[^a-z0-9]+", "-", package.skpd.lower()).strip("-")[:_LONGEST] or "skpd"
        option = package.option.replace(":", "-").replace("_", "-")
        end = "-unfunded" if package.is_unfunded else ""
        stem, number = f"tor-{package.year}-{option}-{bare}{end}", 1
        name = f"{stem}.md"
        while name in found:
            number += 1
            name = f"{stem}-{number}.md"
        found[name] = maker.write(package)
    return found


def packages_of(run: Run, plan: Plan) -> list[BudgetPackage]:
    """The packages of a plan: by year, office and option."""
    lines = make_budget_lines(run, plan)
    groups: dict[tuple[int, str, str, bool], list[dict[str, Any]]] = {}
    for row in rows_of(lines[~lines["is_central"]]):
        is_unfunded = row["is_unfunded"] == "yes"
        key = (row["budget_year"], row["skpd"] or "", row["option"], is_unfunded)
        groups.setdefault(key, []).append(row)
    return [
        BudgetPackage(skpd, option, year, is_unfunded, groups[year, skpd, option, is_unfunded])
        for year, skpd, option, is_unfunded in sorted(groups)
    ]


def markdown_text(value: object) -> str:
    r"""Text of others as Markdown that shows it as it is: one line, no markup, no HTML.

    Examples
    --------
    >>> markdown_text("<b>SD</b> | *1*")
    '&lt;b&gt;SD&lt;/b&gt; \\| \\*1\\*'
    """
    shown = " ".join(plain(value).split())
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = _SIGNS.sub(r"\\\1", shown)
    # Addresses become links by themselves in many readers.
    shown = re.sub(r"(?i)(https?|ftp|mailto|javascript|data):", r"\1&#58;", shown)
    return re.sub(r"(?i)\bwww\.", "www&#46;", shown).replace("@", "&#64;")


class _Draft:
    """Writes the drafts of one plan."""

    def __init__(self, run: Run, plan: Plan, text: Text) -> None:
        self._run, self._plan, self._text = run, plan, text
        self._places = places_of(run.schools)
        wanted = [name for name in _OF_SCHOOL if name in run.schools.columns]
        self._schools = rows_by(run.schools[wanted], "row_id")
        options, chosen = plan.table("options"), set(plan.table("choice")["option_id"])
        options = options[options["option_id"].isin(chosen)]
        self._options = rows_by(options, "option_id")
        self._shared = rows_by(plan.table("shared"), "shared_id")

    def write(self, package: BudgetPackage) -> str:
        """The draft of a package."""
        text = self._text
        title = text(
            N_("Terms of reference (TOR/KAK): {option}, {year}"),
            option=option_name(package.option, text),
            year=package.year,
        )
        parts = [
            f"# {title}",
            *self._opening(package),
            *self._section(N_("1. Background"), self._background(package)),
            *self._section(N_("2. Aim"), self._aim(package)),
            *self._section(N_("3. Legal basis"), self._basis()),
            *self._section(N_("4. Places"), self._where(package)),
            *self._section(N_("5. Volume and unit prices"), self._prices(package)),
            *self._section(N_("6. Schedule"), self._schedule(package)),
            *self._section(N_("7. Costs"), self._costs(package)),
            *self._section(N_("8. Output"), self._output(package)),
            *self._section(N_("9. Risks"), self._risks(package)),
            *self._section(N_("10. Signatures"), self._signatures()),
        ]
        return "\n\n".join(parts) + "\n"

    def _section(self, title: str, parts: Iterable[str]) -> Iterator[str]:
        yield f"## {self._text(title)}"
        yield from parts

    def _fill(self, what: str) -> str:
        """A mark where an official must write."""
        mark = self._text(N_("TO FILL IN: {what}"), what=self._text(what))
        return f"**[{mark}]**"

    def _opening(self, package: BudgetPackage) -> Iterator[str]:
        text = self._text
        notices = [*all_notices(self._run, text), *plan_notices(self._plan, text)]
        for notice in dict.fromkeys(notices):
            yield f"> {markdown_text(notice)}"
        words = N_(
            "Draft, made from plan {plan} of run {run}. What stands in square brackets is to be "
            "filled in, and every figure is to be checked before it is used."
        )
        yield text(words, plan=self._plan.folder.name, run=self._run.folder.name)
        office = markdown_text(office_words(package.skpd, self._places, text))
        envelopes = {line["envelope"]: None for line in package.lines}
        funds = "; ".join(envelope_name(code, self._places, text) for code in envelopes)
        rows = [
            (text(N_("Office (SKPD)")), office),
            (text(N_("Option")), option_name(package.option, text)),
            (text(N_("Budget year")), str(package.year)),
            (text(N_("Source of funds")), markdown_text(funds)),
            (
                text(N_("Capex and opex, this year, with PPN")),
                full_rupiah(_sum(package.lines, "total_idr"), text),
            ),
        ]
        yield _table((text(N_("Package")), ""), rows)
        if package.is_unfunded:
            words = N_(
                "No ceiling is stated for who would pay. This draft asks for money that no budget "
                "of the plan holds."
            )
            yield f"> {text(words)}"

    def _background(self, package: BudgetPackage) -> Iterator[str]:
        text, schools = self._text, _schools(package)
        if not schools:
            words = N_(
                "The package builds shared infrastructure, through which the schools of other "
                "packages of the plan are connected."
            )
            yield text(words)
        else:
            known = [line["students"] for line in schools if line["students"] is not None]
            words = N_(
                "Schools of the package: {schools}; their pupils: {students}; schools whose number "
                "of pupils is not known: {unknown}."
            )
            numbers = {
                "schools": text.number(len(schools)),
                "students": text.number(sum(known)),
                "unknown": text.number(len(schools) - len(known)),
            }
            yield text(words, **numbers)
            deficits = sorted(x["deficit"] for x in schools if x["deficit"] is not None)
            if deficits:
                words = N_(
                    "Their connectivity deficit lies between {low} and {high}: 0 is adequate "
                    "service, 1 is none at all. It is computed from coverage, terrain and "
                    "measured service."
                )
                low, high = (text.number(each, 2) for each in (deficits[0], deficits[-1]))
                yield text(words, low=low, high=high)
            inferred = sum(
                self._schools.get(x["row_id"], {}).get("deficit_status") == "inferred"
                for x in schools
            )
            if inferred:
                words = N_("Schools whose deficit is inferred and not measured: {count}.")
                yield text(words, count=text.number(inferred))
        yield self._fill(N_("policy, RPJMD and RKPD that the package serves"))

    def _aim(self, package: BudgetPackage) -> Iterator[str]:
        text = self._text
        rates = [
            option["down_mbps"]
            for line in _schools(package)
            if (option := self._options.get(line["option_id"])) and option["down_mbps"] is not None
        ]
        words = N_("Every school of the package has internet that is adequate for learning.")
        yield text(words)
        if rates:
            words = N_("Planned download rate at a school: {low} to {high} Mbps.")
            if min(rates) == max(rates):
                words = N_("Planned download rate at each school: {low} Mbps.")
            low, high = (text.number(each, 1) for each in (min(rates), max(rates)))
            yield text(words, low=low, high=high)
        yield self._fill(N_("service level: rate, availability, time of repair"))

    def _basis(self) -> Iterator[str]:
        yield self._fill(
            N_("laws and regulations in force, regional regulation on the APBD, SSH of the year")
        )

    def _where(self, package: BudgetPackage) -> Iterator[str]:
        text = self._text
        unknown = text(NAMES["unknown"])
        heads = (
            *(N_("No."), N_("NPSN"), N_("School or infrastructure"), N_("Kabupaten/kota")),
            *(N_("Kecamatan"), N_("Latitude"), N_("Longitude"), N_("Pupils"), N_("Access")),
            N_("In this year"),
        )
        rows = []
        for number, line in enumerate(_each_place(package), start=1):
            place = self._schools.get(line["row_id"]) or self._shared.get(line["shared_id"], {})
            access = self._options.get(line["option_id"], {}).get("access") or "unknown"
            is_new = any(
                each["spending"] == "capex" and _place_of(each) == _place_of(line)
                for each in package.lines
            )
            rows.append(
                (
                    text.number(number),
                    markdown_text(line["npsn"] or "–"),
                    markdown_text(line["name"] or line["shared_id"] or line["row_id"]),
                    markdown_text(line["kabupaten"] or "–"),
                    markdown_text(line["kecamatan"] or "–"),
                    text.number(place.get("lat"), 5) or unknown,
                    text.number(place.get("lon"), 5) or unknown,
                    text.number(line["students"]) or (unknown if line["row_id"] else "–"),
                    name_of(access, ACCESS_NAMES, text) if line["row_id"] else "–",
                    text(N_("new")) if is_new else text(N_("continued")),
                )
            )
        yield _table(tuple(map(text, heads)), rows)

    def _prices(self, package: BudgetPackage) -> Iterator[str]:
        text = self._text
        groups: dict[tuple[object, ...], list[dict[str, Any]]] = {}
        for line in package.lines:
            key = (line["spending"], line["item"] or "", line["unit_price_idr"], line["account"])
            groups.setdefault(key, []).append(line)
        heads = (
            *(N_("Item"), N_("Account code"), N_("Volume"), N_("Unit")),
            *(N_("Unit price, without PPN"), N_("Amount, this year, without PPN")),
            *(N_("Reference in the SSH"), N_("Source of the price"), N_("Date"), N_("Confidence")),
        )
        rows = []
        for group in groups.values():
            first = group[0]
            volumes = [line["volume"] for line in group if line["volume"] is not None]
            amount = _sum(group, "capex_idr") + _sum(group, "opex_year_idr")
            rows.append(
                (
                    item_words(first["item"], text) if first["item"] else text(N_("lump sum")),
                    markdown_text(first["account"] or "") or self._fill(N_("account code")),
                    text.number(sum(volumes), 0 if _is_whole(sum(volumes)) else 2)
                    if volumes
                    else "–",
                    unit_words(first["unit"], text) if first["unit"] else "–",
                    full_rupiah(first["unit_price_idr"], text) or "–",
                    full_rupiah(amount, text),
                    markdown_text(first["ref_ssh"] or "") or self._fill(N_("SSH code")),
                    markdown_text(first["price_source"] or "–"),
                    markdown_text(first["price_date"] or "–"),
                    name_of(first["price_confidence"], CONFIDENCE_NAMES, text)
                    if first["price_confidence"]
                    else "–",
                )
            )
        yield _table(tuple(map(text, heads)), rows)
        words = N_(
            "A price that is not from the SSH of the year is an estimate with its source and date; "
            "replace it before the procurement."
        )
        yield text(words)

    def _schedule(self, package: BudgetPackage) -> Iterator[str]:
        text = self._text
        first = {_place_of(line): line for line in _each_place(package)}
        years = Counter(line["service_year"] for line in first.values())
        lead = [
            made["lead_months"]
            for line in first.values()
            if (made := self._options.get(line["option_id"]) or self._shared.get(line["shared_id"]))
            and made.get("lead_months") is not None
        ]
        rows = [
            (text(N_("Procurement")), str(package.year), self._fill(N_("months"))),
            (
                text(N_("Delivery and installation")),
                text(N_("months from the order: {months}"), months=text.number(max(lead)))
                if lead
                else text(NAMES["unknown"]),
                self._fill(N_("months")),
            ),
            *(
                (
                    text(N_("Service begins")),
                    text(N_("{year}; places: {count}"), year=year, count=text.number(count)),
                    self._fill(N_("date")),
                )
                for year, count in sorted(years.items())
            ),
        ]
        yield _table((text(N_("Step")), text(N_("Plan")), text(N_("Date"))), rows)
        if any(line["is_multi_year"] == "yes" for line in package.lines):
            words = N_(
                "The package is paid in several years (tahun jamak): it needs the approval that "
                "such a contract needs."
            )
            yield text(words)

    def _costs(self, package: BudgetPackage) -> Iterator[str]:
        text, lines = self._text, package.lines
        taxes = {kind: _sum(_paid(lines, kind), "ppn_idr") for kind in ("capex", "opex")}
        rows = [
            (
                text(N_("Capex, this year, without PPN")),
                full_rupiah(_sum(lines, "capex_idr"), text),
            ),
            (text(N_("PPN on capex, this year")), full_rupiah(taxes["capex"], text)),
            (
                text(N_("Opex, this year, without PPN")),
                full_rupiah(_sum(lines, "opex_year_idr"), text),
            ),
            (text(N_("PPN on opex, this year")), full_rupiah(taxes["opex"], text)),
            (
                f"**{text(N_('Capex and opex, this year, with PPN'))}**",
                f"**{full_rupiah(_sum(lines, 'total_idr'), text)}**",
            ),
        ]
        yield _table((text(N_("Cost")), text(N_("Rupiah"))), rows)
        subkegiatan = sorted({line["subkegiatan"] for line in lines if line["subkegiatan"]})
        codes = markdown_text("; ".join(subkegiatan)) or self._fill(N_("sub-kegiatan"))
        yield text(N_("Sub-kegiatan: {codes}"), codes=codes)
        sources = sorted({each for line in lines for each in (line["sources"] or "").split(";")})
        if names := envelope_names(";".join(sources), self._places, text):
            words = N_("Sources of funds that are allowed for these schools: {sources}.")
            yield text(words, sources=markdown_text(names))
        if again := _sum(lines, "opex_year_idr") + taxes["opex"]:
            words = N_(
                "The opex of {amount} with PPN comes again in every year of service, and it must "
                "stand in the budget of each of them."
            )
            yield text(words, amount=full_rupiah(again, text))

    def _output(self, package: BudgetPackage) -> Iterator[str]:
        text, schools = self._text, _schools(package)
        new = {line["row_id"] for line in schools} & {
            line["row_id"] for line in _paid(package.lines, "capex")
        }
        words = N_("Schools connected anew: {new}; schools whose service goes on: {others}.")
        others = len(schools) - len(new)
        yield text(words, new=text.number(len(new)), others=text.number(others))
        yield self._fill(N_("handover, measured rates, who runs and who monitors the service"))

    def _risks(self, package: BudgetPackage) -> Iterator[str]:
        text = self._text
        places = list(_each_place(package))
        made = [self._options.get(line["option_id"], {}) for line in places]
        grades = [self._schools.get(line["row_id"], {}).get("confidence") for line in places]
        unsure = {x["item"] for x in package.lines if x["price_confidence"] == "low"}
        counted = (
            (
                len(unsure),
                N_("Unit prices of low confidence: {count}. Ask for offers before the budget."),
            ),
            (
                sum(each in _DOUBTFUL for each in grades),
                N_("Places whose location is doubtful: {count}. Survey them before the order."),
            ),
            (
                sum(each.get("access") == "boat" for each in made),
                N_("Places that are reached by boat: {count}. Season and weather decide."),
            ),
            (
                sum(bool(each) and each.get("access") in (None, "unknown") for each in made),
                N_("Places whose access is not known: {count}."),
            ),
            (
                sum(bool(each.get("needs_operator")) for each in made),
                N_("Places that need an operator who is present: {count}. Ask whether one is."),
            ),
            (
                sum(bool(each.get("needs_consent")) for each in made),
                N_("Places that need the consent of the school or of a neighbour: {count}."),
            ),
        )
        said = [text(words, count=text.number(count)) for count, words in counted if count]
        if package.option == "leo":
            words = N_(
                "Kits for LEO satellites were sold out nationwide in July 2025: ask whether they "
                "are supplied before the order."
            )
            said.append(text(words))
        if _paid(package.lines, "opex"):
            words = N_("A connection whose subscription nobody pays in later years is dead.")
            said.append(text(words))
        yield "\n".join(f"- {each}" for each in (*said, self._fill(N_("further risks"))))

    def _signatures(self) -> Iterator[str]:
        text = self._text
        lines = (N_("Place and date"), N_("Position"), N_("Name"))
        yield "\n".join(f"- {text(each)}: {self._fill(each)}" for each in lines)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; its cells are escaped already."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _place_of(line: Mapping[str, Any]) -> tuple[str, str]:
    return line["row_id"] or "", "" if line["row_id"] else line["shared_id"] or ""


def _each_place(package: BudgetPackage) -> Iterator[dict[str, Any]]:
    """The first line of each place."""
    seen = set()
    for line in package.lines:
        if (place := _place_of(line)) not in seen:
            seen.add(place)
            yield line


def _schools(package: BudgetPackage) -> list[dict[str, Any]]:
    """The first line of each school."""
    return [
        line
        for line in _each_place(package)
        if line["row_id"] and not line["option"].startswith(OPENING)
    ]


def _paid(lines: Iterable[dict[str, Any]], spending: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["spending"] == spending]


def _sum(lines: Iterable[Mapping[str, Any]], name: str) -> int:
    return sum(int(line[name] or 0) for line in lines)


def _is_whole(volume: float) -> bool:
    return float(volume).is_integer()
