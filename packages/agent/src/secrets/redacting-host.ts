/** A host whose programs cannot tell a secret to people: what they say in a failure, or in an answer that is shown, is redacted. */
import type { Host, RunOptions } from '../host/host.ts';
import type { Redactor } from './redactor.ts';

export function redactingHost(host: Host, redactor: Redactor): Host {
  return {
    ...within(host),
    run: async (argv, options: RunOptions = {}) => {
      const result = await host.run(argv, { ...options, redact: (text) => redactor.text(text) });
      if (options.shown !== true) return result;
      return { ...result, stdout: redactor.text(result.stdout), stderr: redactor.text(result.stderr) };
    },
  };
}

function within(host: Host): Omit<Host, 'run'> {
  return {
    root: host.root,
    live: host.live,
    files: host.files,
    get systemd() {
      return host.systemd;
    },
    facts: () => host.facts(),
  };
}
