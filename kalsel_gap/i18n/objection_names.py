"""Names of what a form of objections can say: codes, evidence, signers and services."""

from __future__ import annotations

from kalsel_gap.i18n.text import N_

CODE_NAMES = {
    "availability": N_("available service"),
    "speed": N_("speed of the connection"),
    "latency": N_("latency of the connection"),
    "location": N_("location of the school"),
    "enrolment": N_("number of pupils"),
    "planned": N_("connection already planned"),
    "closed": N_("school is closed"),
}
EVIDENCE_NAMES = {
    "test": N_("speed test"),
    "letter": N_("official letter"),
    "bill": N_("bill of the provider"),
    "photo": N_("photograph with coordinates"),
    "register": N_("extract from Dapodik or EMIS"),
    "decree": N_("decree"),
    "contract": N_("contract"),
}
SIGNER_NAMES = {
    "principal": N_("head of the school"),
    "operator": N_("data operator of the school"),
    "committee": N_("school committee"),
    "village": N_("village government"),
    "office": N_("education office or Kemenag office"),
    "provider": N_("provider"),
    "public": N_("member of the public"),
}
SERVICE_NAMES = {
    "none": N_("no signal"),
    "mobile": N_("mobile signal"),
    "fixed": N_("fixed network"),
}
