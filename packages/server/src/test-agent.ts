/** What an agent does on its port, by hand, so that tests can do it wrongly. Enrols at a `TestServer` with real keys over real TLS. */
import { createHash } from 'node:crypto';
import { request } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { agentSocketPath, enrolmentAnswer, enrolmentPath, renewalPath } from '@guise/api';
import { digestOfRequest, makeCertificateRequest, newIdentityKey } from '@guise/trust/certificate-request';
import { controlPlaneName } from '@guise/trust/control-plane-name';
import { signIdentityProof } from '@guise/trust/identity-proof';
import { newSealingKey } from '@guise/trust/sealing';

type TlsParts = Pick<
  ConnectionOptions,
  'ca' | 'key' | 'cert' | 'servername' | 'rejectUnauthorized' | 'minVersion' | 'maxVersion'
>;

export interface PortAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface PortCall {
  readonly url: string;
  readonly path: string;
  readonly method?: string;
  readonly body?: object | string;
  readonly tls: TlsParts;
}

/** Rejects when there is no answer in HTTP. */
export function callPort({ url, path, method, body, tls }: PortCall): Promise<PortAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<PortAnswer>();
  const sent = request(new URL(path, url), {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { 'content-type': 'application/json' },
    servername: controlPlaneName,
    agent: false,
    ...tls,
  });
  sent.on('error', reject);
  sent.on('response', (response) => {
    let text = '';
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, body: text === '' ? null : (JSON.parse(text) as unknown) }),
    );
  });
  sent.end(typeof body === 'object' ? JSON.stringify(body) : body);
  return promise;
}

export interface EnrolmentParts {
  readonly key?: string;
  readonly sealingKey?: string;
}

/** The body of an enrolment, whole and right. */
export function enrolmentBody(joinToken: string, hostId: string, parts: EnrolmentParts = {}) {
  const { key = newIdentityKey(), sealingKey = newSealingKey().publicKey } = parts;
  const csr = makeCertificateRequest(hostId, key);
  const proof = signIdentityProof(key, {
    purpose: 'guise enrolment v1',
    host_id: hostId,
    sealing_key: sealingKey,
    csr_digest: digestOfRequest(csr),
    join_token_digest: `sha256:${createHash('sha256').update(joinToken).digest('hex')}`,
  });
  return { join_token: joinToken, host_id: hostId, csr, sealing_key: sealingKey, proof };
}

export class TestAgent {
  readonly hostId: string;
  readonly #url: string;
  readonly #ca: string;
  #key: string;
  #certificate: string;

  static async enrol(url: string, ca: string, joinToken: string, hostId: string): Promise<TestAgent> {
    const key = newIdentityKey();
    const body = enrolmentBody(joinToken, hostId, { key });
    const { status, body: answer } = await callPort({ url, path: enrolmentPath, body, tls: { ca } });
    if (status !== 201) throw new Error(`"${hostId}" could not enrol: ${status} ${JSON.stringify(answer)}`);
    return new TestAgent({ url, ca, hostId, key, certificate: enrolmentAnswer.parse(answer).certificate });
  }

  constructor(parts: { url: string; ca: string; hostId: string; key: string; certificate: string }) {
    this.hostId = parts.hostId;
    this.#url = parts.url;
    this.#ca = parts.ca;
    this.#key = parts.key;
    this.#certificate = parts.certificate;
  }

  /** Another process with all that this one has now. */
  copy(): TestAgent {
    const [url, ca, key, certificate] = [this.#url, this.#ca, this.#key, this.#certificate];
    return new TestAgent({ url, ca, hostId: this.hostId, key, certificate });
  }

  get tls(): TlsParts {
    return { ca: this.#ca, key: this.#key, cert: this.#certificate };
  }

  call(method: string, path: string, body?: object | string): Promise<PortAnswer> {
    return callPort({ url: this.#url, path, method, tls: this.tls, ...(body === undefined ? {} : { body }) });
  }

  /** The request of a renewal, which may be sent more than once. */
  renewalBody(key: string = newIdentityKey(), hostId: string = this.hostId) {
    const csr = makeCertificateRequest(hostId, key);
    const claims = { host_id: hostId, sealing_key: null, csr_digest: digestOfRequest(csr) };
    return { csr, proof: signIdentityProof(key, { purpose: 'guise renewal v1', ...claims }) };
  }

  /** Has the new certificate when it was answered, and says whatever the answer was. */
  async renew(): Promise<PortAnswer> {
    const key = newIdentityKey();
    const answer = await this.call('POST', renewalPath, this.renewalBody(key));
    if (answer.status === 200) this.use(key, (answer.body as { certificate: string }).certificate);
    return answer;
  }

  use(key: string, certificate: string): void {
    this.#key = key;
    this.#certificate = certificate;
  }

  /** What a WebSocket is opened with: `new WebSocket(...agent.door)`. */
  get door(): readonly [URL, TlsParts] {
    return [new URL(agentSocketPath, this.#url), { ...this.tls, servername: controlPlaneName }];
  }
}
