/** What an enrolled host believes from then on: this organisation, this environment, the root of now. */
import type { EnrolmentAnswer } from '@guise/api';
import type { HostId } from '@guise/model';
import type { Database } from '../store/database.ts';
import type { Trust } from './served-trust.ts';

export async function enrolmentAnswerFor(database: Database, trust: Trust, hostId: HostId): Promise<EnrolmentAnswer> {
  const { organization, environment, envelope } = await trust.served(database);
  return { host_id: hostId, trust: { organization, environment, root: envelope, audit_key: '' } };
}
