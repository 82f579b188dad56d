/**
 * The journal's tables. One file, `guise.db`, in the state directory.
 *
 * `managed` is what guise last committed at an address, carried fields included; `baseline` what was there before guise first
 * touched it; `provided` what a package that guise installed put there. `blob` holds the content that baselines and the open transaction refer to, and nothing else.
 */
export const journalVersion = 1;

export const journalTables = `
CREATE TABLE IF NOT EXISTS active_layer (
  position INTEGER PRIMARY KEY,
  body TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS baseline (
  address TEXT PRIMARY KEY,
  state TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS managed (
  address TEXT PRIMARY KEY,
  state TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS provided (
  address TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  package TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS blob (
  digest TEXT PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS transaction_log (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL CHECK (status IN ('acting', 'confirming', 'committed', 'undoing', 'rolled_back', 'stuck')),
  plan TEXT NOT NULL,
  layers_before TEXT NOT NULL,
  layers_after TEXT NOT NULL,
  services_begun INTEGER NOT NULL DEFAULT 0,
  started_at TEXT NOT NULL,
  finished_at TEXT,
  timings_ms TEXT NOT NULL DEFAULT '{}',
  error TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS transaction_open ON transaction_log (status) WHERE status IN ('acting', 'confirming', 'undoing', 'stuck');
`;
