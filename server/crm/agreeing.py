"""Agree everything with a partner at once: what sales, purchasing and the catalogue each keep, or none of it."""

import msgspec

from server.catalog import dealing, terms
from server.catalog import queries as catalog
from server.catalog.maintaining import Edited, Missing, Refused, Stale
from server.catalog.terms import PartnerTerms
from server.db import writing
from server.inbound import agreeing as supplying
from server.inbound.agreeing import Terms as SupplyingTerms
from server.outbound import agreeing as selling
from server.outbound import following
from server.outbound import queries as sales
from server.outbound.order import Terms as SellingTerms
from server.stock.ledger import Origin


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """All terms of a partner; of a partner who only sells to us the terms of selling stay as they are."""

    common: PartnerTerms = PartnerTerms()
    selling: SellingTerms = SellingTerms()
    supplying: SupplyingTerms = SupplyingTerms()


async def agreement_of(partner_id: int) -> Agreement:
    """What was agreed with a partner."""
    return Agreement(
        common=await dealing.terms_of(partner_id),
        selling=await sales.terms(partner_id),
        supplying=await supplying.terms_of(partner_id),
    )


async def agree(
    partner_id: int, draft: Agreement, *, version: int, by: int
) -> Edited | Refused | Stale | Missing:
    """Write down all of it for a partner whom the editor saw at `version`, or nothing with every reason."""
    wrong = [
        *terms.faults_of_terms(terms.tidy_terms(draft.common)),
        *selling.faults(draft.selling),
        *supplying.faults(draft.supplying),
    ]
    async with writing():
        found = await catalog.partner(partner_id)
        if found is None:
            return Missing()
        partner, standing = found
        if standing != version:
            return Stale(standing)
        if wrong:
            return Refused(wrong)
        done = [await dealing.agree(partner_id, draft.common, version=version, by=by)]
        if partner.is_customer:
            done.append(await selling.agree(partner_id, draft.selling, by=by))
        if partner.is_supplier:
            done.append(await supplying.agree(partner_id, draft.supplying, by=by))
        await following.refresh_customer(partner_id, Origin(by))
        assert all(isinstance(one, Edited) for one in done), "what faults() let pass was refused"
        return Edited([partner_id] if any(one.changed for one in done if isinstance(one, Edited)) else [])
