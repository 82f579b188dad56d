/** Why an address is as it is, with `(secret)` for every digest of secret content. */
import type { Json, WhyClaim, WhyField, WhyReport } from '@guise/model';
import { shownState, shownValue } from '@guise/model';

export function shownWhy(report: WhyReport): WhyReport {
  return { ...report, live: shownState(report.live), fields: report.fields.map(shownField) };
}

function shownField(field: WhyField): WhyField {
  return {
    ...field,
    value: shownValue(field.value),
    because: field.because.map(shownClaim),
    losers: field.losers.map(shownClaim),
    baseline: shownValue(field.baseline),
    without: Object.fromEntries(
      Object.entries(field.without).map(([instance, value]): [string, Json] => [instance, shownValue(value)]),
    ),
  };
}

function shownClaim(claim: WhyClaim): WhyClaim {
  return { ...claim, says: shownValue(claim.says) };
}
