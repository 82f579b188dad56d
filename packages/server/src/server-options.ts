/** How a server is started, and what is known of one that runs. */
import type { ProviderOptions } from './app/identity-provider.ts';
import type { HostProviders } from './drivers/host-provider/host-provider.ts';
import type { Traffic } from './drivers/traffic/traffic.ts';
import type { FlowPoint } from './flows/run-flows.ts';
import type { DoorLimits } from './http/doors.ts';

export interface ServerOptions {
  /** Holds the admin token and, unless `database` is given, PostgreSQL. One server a directory. */
  readonly stateDirectory: string;
  /** `postgres://…`; without it, one of our own. */
  readonly database?: string;
  /** Encrypts what the database may not show; default `master.key` in the state directory, made at the first start. Replicas share one. */
  readonly masterKeyFile?: string;
  /** Whose signatures hosts believe; without it what was served before, or a development root of this control plane's own. */
  readonly trust?: {
    /** An envelope with a trust root; used at the first start, and checked at each. */
    readonly rootFile: string;
    /** The one that is served here; default `production`. */
    readonly environment?: string;
  };
  /** For people and programs; default 127.0.0.1:7070. Any address but loopback needs `tls`. */
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port?: number;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** For agents, over mutual TLS; default 127.0.0.1:7071. */
  readonly agentHost?: string;
  readonly agentPort?: number;
  /** Of what its authority issues; default `limits.certificateLifeMs`. */
  readonly certificateLifeMs?: number;
  /** Between two signed checkpoints of the audit log; default `limits.checkpointPeriodMs`. */
  readonly checkpointPeriodMs?: number;
  /** What one caller, one address and all of them may do at the port for people, and at the one for agents; defaults in `limits`. */
  readonly door?: Partial<DoorLimits>;
  readonly agentDoor?: Partial<DoorLimits>;
  /** Where browsers reach it, for logins; default: where it listens. */
  readonly publicUrl?: string;
  /** Whom people log in with. */
  readonly oidc?: Omit<ProviderOptions, 'allowOutbound'>;
  /** Networks that are not public and yet may be connected to where a configuration names them, such as `10.1.0.0/16`. */
  readonly allowOutbound?: readonly string[];
  /** What hosts run on, by the names that the fleet has for it; without one its hosts cannot be lent. */
  readonly providers?: HostProviders;
  /** What sends requests to hosts, as it is configured now. */
  readonly traffics?: () => Promise<readonly Traffic[]>;
  /** How long a step of a flow is this process's; and for tests, where it is to die. */
  readonly flows?: { readonly claimMs?: number; readonly at?: (point: FlowPoint, kind: string, step: string) => void };
  /** Directories whose Unix sockets may be connected to where a configuration names them, such as haproxy's. */
  readonly trafficSockets?: readonly string[];
  /** One line for people, such as a failure that was survived. */
  readonly report: (line: string) => void;
}

export interface RunningServer {
  readonly url: string;
  readonly agentUrl: string;
  readonly adminToken: string;
  /** For another server on the same database, and what it has to share besides. */
  readonly databaseUrl: string;
  readonly masterKeyFile: string;
  /** What can be done to hosts from outside their personas, by the name that the fleet has for each. */
  readonly providers: HostProviders;
  /** Aborted, with a GuiseError as its reason, when it cannot go on, such as when its PostgreSQL died. It must still be closed. */
  readonly failed: AbortSignal;
  /** Ends in good order: no new work, agents let go, the database last. */
  readonly close: () => Promise<void>;
}
