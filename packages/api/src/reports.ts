/** Our own values as the API writes them. Apart from the index, because this needs no schema; see `@guise/model/documents`. */
export { planReportOf } from './schemas/plan-report-of.ts';
