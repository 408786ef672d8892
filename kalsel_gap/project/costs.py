"""Models of ``costs.toml``: prices, what options deliver, discounting, PPN, account codes."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal, Self, get_args

from pydantic import BeforeValidator, Field, model_validator

from kalsel_gap.project.base import (
    NotNegative,
    Positive,
    Section,
    Share,
    Sourced,
    Sureness,
    default_values,
)
from kalsel_gap.project.inputs import InputPath
from kalsel_gap.project.robustness import Whole
from kalsel_gap.schema import SchoolLevel

ItemCode = Literal[
    "bts_site",
    "bts_month",
    "satria_terminal",
    "satria_month",
    "leo_kit",
    "leo_month",
    "vsat_terminal",
    "vsat_month",
    "microwave_end",
    "microwave_month",
    "mast_m",
    "fibre_aerial_km",
    "fibre_buried_km",
    "fibre_month",
    "cpe_kit",
    "cpe_month",
    "subscription_install",
    "subscription_month",
    "lan",
    "ups",
    "solar_kwp",
    "relay_site",
]
OptionCode = Literal[
    "subscription",
    "cpe_4g",
    "microwave",
    "microwave_relay",
    "fibre",
    "leo",
    "satria",
    "vsat",
    "bts",
    "hub",
]
Spending = Literal["equipment", "works", "subscription"]
ITEMS: tuple[str, ...] = get_args(ItemCode)
OPTIONS: tuple[str, ...] = get_args(OptionCode)
SPENDING: tuple[str, ...] = get_args(Spending)

MOST_IDR = 10**15  # of one unit; a larger number is a slip
MOST_YEARS = 50  # of a horizon
Rupiah = Annotated[int, Field(ge=0, le=MOST_IDR)]
AccountCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z.\-]{0,40}$")]


def _as_text(value: object) -> object:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value


# 11/12 has no end as a decimal number, so a share can be written as a fraction.
FractionText = Annotated[
    str,
    BeforeValidator(_as_text),
    Field(pattern=r"^([01]|0?\.[0-9]{1,12}|1\.0{1,12}|[0-9]{1,6}/[1-9][0-9]{0,5})$"),
]


class DatedFigures(Sourced):
    """Figures with their source, when they were stated or set, and how sure they are."""

    date: str
    """When the figures were stated or set."""
    confidence: Sureness
    """How sure the figures are."""


class Discount(DatedFigures):
    """Discount rate of later payments: one rupiah a year later counts 1/(1 + rate)."""

    rate: Share
    """Rate of a year."""
    low: Share
    """Lowest rate that is tried."""
    high: Share
    """Highest rate that is tried."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if self.low > self.high:
            raise ValueError("range_not_rising")
        return self


class ValueAddedTax(DatedFigures):
    """PPN: the price times the share of the base, times the rate."""

    rate: Share
    """Rate on the base."""
    base_share: FractionText
    """Share of the price that is the base, such as ``"11/12"``."""

    @model_validator(mode="after")
    def _at_most_all(self) -> Self:
        if Fraction(self.base_share) > 1:
            raise ValueError("ppn_base_too_large")
        return self

    @property
    def share(self) -> Fraction:
        """PPN as a share of the price without it, exactly.

        Examples
        --------
        >>> Costs.shipped().ppn.share
        Fraction(11, 100)
        """
        return Fraction(str(self.rate)) * Fraction(self.base_share)


class PriceItem(DatedFigures):
    """What can be bought, by a code that never changes, and its price without PPN."""

    unit: str
    """What the price is for: ``unit``, ``km``, ``m``, ``kWp``, or ``bulan`` (a month)."""
    price: Rupiah | None = None
    """Price of one unit without PPN, rupiah. Without it the item is unpriced, and so is every
    option that needs it: it is listed and left out, never guessed."""
    low: Rupiah | None = None
    """Lowest price, rupiah; without it the price itself."""
    high: Rupiah | None = None
    """Highest price, rupiah; without it the price itself."""
    every: Literal["once", "month"]
    """Whether it is paid once, or each month."""
    life_years: Whole | None = None
    """Years after which what is paid once is bought again; without it never."""
    taxable: bool = True
    """Whether PPN is added."""
    spending: Spending
    """Kind of spending, which decides the account code: ``equipment``, ``works`` or
    ``subscription``."""
    account: AccountCode = ""
    """Account code (kode rekening), where ``costs.accounts`` states none; empty for unknown."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("range_not_rising")
        return self


class OptionFigures(DatedFigures):
    """What an option delivers, how far it reaches, how long it takes.

    What is not given is unknown, or follows from the place.
    """

    down_mbps: Positive | None = None
    """Download rate at the school, Mbps."""
    up_mbps: Positive | None = None
    """Upload rate at the school, Mbps."""
    latency_ms: Positive | None = None
    """Latency, ms."""
    capacity_mbps: Positive | None = None
    """Download rate of the shared medium or cell, Mbps, which all that it serves share."""
    lead_months: Annotated[int, Field(ge=0, le=120)]
    """Months from the order to the service."""
    life_years: Whole
    """Years that the main equipment lasts."""
    max_km: Positive | None = None
    """Longest distance of one hop, km."""
    min_dbm: Annotated[float, Field(ge=-160.0, le=0.0)] | None = None
    """Weakest level outdoors that is enough, dBm (RSRP)."""
    length_factor: Annotated[float, Field(ge=1.0, le=10.0)] | None = None
    """Length of a line along its way as a multiple of the straight distance, where no roads are
    known."""
    max_mast_m: NotNegative | None = None
    """Tallest mast that is proposed at the school, m."""


class LevelAccounts(DatedFigures):
    """Codes of the budget for schools of one ownership and level."""

    kegiatan: AccountCode = ""
    """Code of the activity (kegiatan); empty for unknown."""
    sub_kegiatan: dict[Spending, AccountCode] = {}
    """Code of the sub-activity (sub-kegiatan), one level below, by kind of spending."""
    rekening: dict[Spending, AccountCode] = {}
    """Account code (kode rekening) by kind of spending."""


class Accounts(Section):
    """Codes of the budget by ownership and level of the school. What is missing stays empty."""

    public: dict[SchoolLevel, LevelAccounts] = {}
    """Of public schools, by level."""
    private: dict[SchoolLevel, LevelAccounts] = {}
    """Of private schools, by level: they receive no ordinary capital spending (belanja modal)."""


class Costs(Section):
    """Prices, discounting, PPN and account codes: ``defaults/costs.toml``.

    They change no ranking: a run does not record them, a plan does.
    """

    ssh: InputPath | None = None
    """Table of the project's own prices (SSH, SBU), CSV or workbook: item code, description, unit,
    price without PPN, reference code, date. It comes before every other price.
    ``kalsel-gap costs --template --out prices.csv`` writes one to fill in."""
    horizon_years: Annotated[int, Field(ge=1, le=MOST_YEARS)]
    """Years over which costs are summed up, for present value and yearly cost."""
    discount: Discount
    """Discount rate."""
    ppn: ValueAddedTax
    """PPN."""
    items: dict[ItemCode, PriceItem]
    """Prices."""
    options: dict[OptionCode, OptionFigures]
    """What options deliver."""
    accounts: Accounts = Accounts()
    """Account codes."""

    def account_of(self, item: str, ownership: str | None, level: str | None) -> str:
        """Account code (kode rekening) of an item for a school; empty for unknown.

        Examples
        --------
        >>> Costs.shipped().account_of("leo_month", "public", "SD")
        '5.1.02.02.01.0063'
        """
        priced = self.items[item]  # type: ignore[index]
        codes = self._codes(ownership, level)
        return (codes.rekening.get(priced.spending, "") if codes else "") or priced.account

    def sub_kegiatan_of(self, spending: str, ownership: str | None, level: str | None) -> str:
        """Code of the sub-activity, or of the activity where only that is known; may be empty."""
        codes = self._codes(ownership, level)
        if codes is None:
            return ""
        return codes.sub_kegiatan.get(spending, "") or codes.kegiatan  # type: ignore[call-overload]

    def _codes(self, ownership: str | None, level: str | None) -> LevelAccounts | None:
        by_owner = {"public": self.accounts.public, "private": self.accounts.private}
        by_level = by_owner.get(ownership or "", {})
        return next((codes for each, codes in by_level.items() if each == level), None)

    @classmethod
    def shipped(cls) -> Self:
        """The defaults as they are shipped."""
        return cls.model_validate(default_values("costs"))
