/** How a server is started, and what is known of one that runs. */
import type { ProviderOptions } from './app/identity-provider.ts';

export interface ServerOptions {
  /** Holds the admin token and, unless `database` is given, PostgreSQL. One server a directory. */
  readonly stateDirectory: string;
  /** `postgres://…`; without it, one of our own. */
  readonly database?: string;
  /** Encrypts what the database may not show; default `master.key` in the state directory, made at the first start. Replicas share one. */
  readonly masterKeyFile?: string;
  /** For people and programs; default 127.0.0.1:7070. Any address but loopback needs `tls`. */
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port?: number;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** For agents; default 127.0.0.1:7071. */
  readonly agentHost?: string;
  readonly agentPort?: number;
  /** Allows `agentHost` to be more than loopback though agents do not speak TLS yet: for a lab's own bridge, nothing else. */
  readonly insecureAgentNetwork?: boolean;
  /** Where browsers reach it, for logins; default: where it listens. */
  readonly publicUrl?: string;
  /** Whom people log in with. */
  readonly oidc?: Omit<ProviderOptions, 'allowOutbound'>;
  /** Networks that are not public and yet may be connected to where a configuration names them, such as `10.1.0.0/16`. */
  readonly allowOutbound?: readonly string[];
  /** One line for people, such as a failure that was survived. */
  readonly report: (line: string) => void;
}

export interface RunningServer {
  readonly url: string;
  readonly agentUrl: string;
  readonly adminToken: string;
  /** For another server on the same database. */
  readonly databaseUrl: string;
  /** Aborted, with a GuiseError as its reason, when it cannot go on, such as when its PostgreSQL died. It must still be closed. */
  readonly failed: AbortSignal;
  /** Ends in good order: no new work, agents let go, the database last. */
  readonly close: () => Promise<void>;
}
