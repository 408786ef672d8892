"""Who pays for an option: envelopes by ownership and level, sources that are allowed, codes.

The kabupaten that the register claims decides the envelope. A public SD or SMP is paid by its
kabupaten or kota, a public SMA, SMK or SLB by the province, a madrasah by Kemenag; a private school
cannot receive ordinary capital spending and depends on grants (hibah). BOS may pay running costs.
New 4G sites and SATRIA-1 are programmes of the central government (UU 23/2014).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kalsel_gap.project.costs import Costs
    from kalsel_gap.project.plan import PlanRules

CENTRAL, BOS, DAK, KEMENAG = "central", "bos", "dak", "kemenag"
ENVELOPE_COLUMNS = (
    *("option_id", "row_id", "option", "payer_capex", "payer_opex", "sources", "authority"),
    *("skpd", "account_capex", "account_opex", "subkegiatan"),
)
# Whose code stands for what is bought, and for what is paid each month.
_CAPEX_ITEM, _OPEX_ITEM = "lan", "subscription_month"
_OF_SCHOOL = ("row_id", "level", "ownership", "authority", "kabupaten", "kabupaten_code")


def owner_of(ownership: str, authority: str, kabupaten_code: str) -> str:
    """Envelope of the owner of a school; empty where it is not known.

    A private madrasah receives aid of Kemenag; any other private school grants.

    Examples
    --------
    >>> owner_of("public", "kabupaten", "63.01"), owner_of("private", "province", "63.01")
    ('apbd_63_01', 'hibah_province')
    >>> owner_of("private", "kemenag", ""), owner_of("public", "kabupaten", "")
    ('kemenag', '')
    """
    if authority == KEMENAG:
        return KEMENAG
    place = {"province": "province", "kabupaten": kabupaten_code.replace(".", "_")}.get(authority)
    kind = {"public": "apbd", "private": "hibah"}.get(ownership)
    return f"{kind}_{place}" if kind and place else ""


def pays_once(envelope: str) -> bool:
    """Whether an envelope is of grants, which are not given year after year.

    Examples
    --------
    >>> pays_once("hibah_63_01"), pays_once("apbd_63_01")
    (True, False)
    """
    return envelope.startswith("hibah_")


def envelopes_of(
    schools: pd.DataFrame, options: pd.DataFrame, plan: PlanRules, costs: Costs
) -> pd.DataFrame:
    """Who pays for each option, from which sources it may be paid, and under which codes.

    Parameters
    ----------
    schools : DataFrame
        ``row_id level ownership authority kabupaten kabupaten_code``.
    options : DataFrame
        ``option_id row_id option``.
    plan : PlanRules
        Who pays running costs, what the central government pays, names of offices.
    costs : Costs
        Account codes.

    Returns
    -------
    DataFrame
        :data:`ENVELOPE_COLUMNS`, a row for each option; payers are empty where they are not known,
        ``sources`` are separated by semicolons, the first is the payer of the capital spending.
    """
    central = set(plan.payers.central_options)
    has_bos = plan.opex_source == BOS and any(each.envelope == BOS for each in plan.ceilings)
    of_school = {}
    for row_id, *given in schools[list(_OF_SCHOOL)].itertuples(index=False, name=None):
        texts = ["" if pd.isna(each) else str(each) for each in given]
        of_school[row_id] = _of_school(texts, plan, costs, has_bos=has_bos)
    office = plan.payers.skpd.get(CENTRAL, "")
    rows = []
    for option_id, row_id, option in options[["option_id", "row_id", "option"]].itertuples(
        index=False, name=None
    ):
        payers, rest = of_school[row_id]
        if option in central:
            payers, rest = (CENTRAL, CENTRAL, CENTRAL), (rest[0], office, *rest[2:])
        rows.append((option_id, row_id, option, *payers, *rest))
    return pd.DataFrame(rows, columns=list(ENVELOPE_COLUMNS), dtype="str")


def _of_school(
    given: Sequence[str], plan: PlanRules, costs: Costs, *, has_bos: bool
) -> tuple[tuple[str, str, str], tuple[str, str, str, str, str]]:
    """Payers and sources, and authority, office and codes, of all options that are not central."""
    level, ownership, authority, kabupaten, code = given
    owner = owner_of(ownership, authority, code)
    sources = [owner]
    if ownership == "public" and level in plan.payers.dak_levels and owner:
        sources.append(DAK)
    if ownership == "private" and authority == KEMENAG:
        sources.append(owner_of(ownership, "kabupaten", code))
    if owner:
        sources.append(BOS)
    opex = BOS if has_bos and owner and owner != KEMENAG else owner
    return (
        (owner, opex, ";".join(filter(None, sources))),
        (
            authority,
            skpd_of(owner, kabupaten, plan),
            costs.account_of(_CAPEX_ITEM, ownership, level),
            costs.account_of(_OPEX_ITEM, ownership, level),
            costs.sub_kegiatan_of("equipment", ownership, level),
        ),
    )


def skpd_of(envelope: str, kabupaten: str, plan: PlanRules) -> str:
    """Office that proposes spending of an envelope; empty where the project names none."""
    kind, _, place = envelope.partition("_")
    names = plan.payers.skpd
    if place and place != "province":
        return names.get(f"{kind}_kabupaten", "").replace("{kabupaten}", kabupaten)
    return names.get(envelope, "")


def capex_payers(
    payer: str, level: str, ownership: str, plan: PlanRules, funded: Iterable[str]
) -> tuple[str, ...]:
    """Envelopes that may pay for what is bought: the payer, and DAK where it has a ceiling."""
    may_dak = payer.startswith("apbd_") and ownership == "public"
    dak = may_dak and level in plan.payers.dak_levels and DAK in funded
    return (payer, DAK) if dak else (payer,)
