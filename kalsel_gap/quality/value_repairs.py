"""Proposed repairs of NPSN and numbers: findings of one cell that carry a proposal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kalsel_gap.sources.value_repairs import value_meant

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from kalsel_gap.findings import Finding
    from kalsel_gap.project.base import Sureness

# How sure the proposal of a finding is. A number format loses nothing that cannot be seen; a lost
# zero, a letter for a digit and a separator of thousands are the likeliest reading of several.
_SURE: dict[str, Sureness] = {
    "attribute_npsn_repairable": "high",
    "npsn_formatted": "high",
    "npsn_zero_lost": "medium",
    "npsn_irregular": "medium",
    "value_not_read": "medium",
}


class ValueProposal(NamedTuple):
    """A proposed value of a cell, and the finding that it answers.

    Attributes
    ----------
    finding : Finding
        Its ``value`` is the cell as given, its ``proposal`` what is proposed.
    code : str
        The code of the finding, also once the proposal is accepted.
    name : str
        The school.
    confidence : {'high', 'medium', 'low'}
        How sure it is: low where another row has the proposed NPSN.
    """

    finding: Finding
    code: str
    name: str
    confidence: Sureness


def value_proposals(findings: Iterable[Finding], schools: pd.DataFrame) -> list[ValueProposal]:
    """Proposals of the findings about one cell, and those that are accepted already.

    Parameters
    ----------
    findings : iterable of Finding
        All of them.
    schools : DataFrame
        With ``row_id`` and ``name``.
    """
    names = dict(zip(schools["row_id"], schools["name"].fillna(""), strict=True))
    proposals: dict[tuple[str, int | None, str], ValueProposal] = {}
    for finding in findings:
        is_used = finding.code == "value_repaired"
        code = str(finding.parameters["repair"]) if is_used else finding.code
        if code not in _SURE or not finding.proposal or finding.row is None:
            continue
        if not value_meant(finding.column, finding.value, finding.proposal):
            continue
        sure = "low" if finding.evidence.get("rows_with_proposal") else _SURE[code]
        name = names.get(f"{finding.file}:{finding.row}", "")
        key = (finding.file, finding.row, finding.column)
        proposals.setdefault(key, ValueProposal(finding, code, name, sure))
    return list(proposals.values())
