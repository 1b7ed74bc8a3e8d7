import { qualified, quoted } from './names.ts'

/**
 * Our own tables. They start with an underscore, which no dataset's table can.
 * `_logs`: a row a log, with its offset, the counts of guarantee 5 and the arrival of the oldest record it keeps.
 * `_batches`: the ledger, the ids that have counted, with log and position of the copy that did. `_repeats`: where
 * further copies lie, so that a log that is read again counts them no second time either. `_import_batches`: the
 * ledger of imports, never pruned. `_import_contents`: what each of its batches added, for undo. `_imports`: the
 * imports that ended. `_ledger`: up to when it is pruned. `_control`: what was added to each column.
 * `_installation`: the secret under which values of uniques are hashed; two random UUIDs have 244 bits. `_since`: since
 * when each table and column counts. `_spiders`: the operator's own list of user agents.
 * Definitions are `json`: `jsonb` would reorder their fields, and their order is what indexes and functions mean.
 */
export function internalTables(schema: string): string[] {
  const name = (table: string) => qualified(schema, table)
  const table = (of: string, columns: string) => `create table if not exists ${name(of)} (\n  ${columns}\n)`
  const newest = (of: string) =>
    `create index if not exists ${quoted(`${of}_arrived`)} on ${name(of)} using brin (arrived_at)`
  return [
    `create schema if not exists ${quoted(schema)}`,
    table(
      '_definitions',
      'version bigint primary key, hash text not null, definitions json not null, applied_at timestamptz not null default now()',
    ),
    table(
      '_logs',
      `log text primary key, number integer not null generated always as identity unique, position text, counted text,
  paused boolean not null default false, batches bigint not null default 0, received bigint not null default 0,
  accepted bigint not null default 0, folded bigint not null default 0, dead bigint not null default 0,
  duplicates bigint not null default 0, rejected jsonb not null default '{}', dropped jsonb not null default '{}',
  lost jsonb, latest_arrival timestamptz not null default '-infinity', oldest_arrival timestamptz,
  seen_at timestamptz not null default now(),
  updated_at timestamptz not null default now()`,
    ),
    table(
      '_batches',
      'id uuid primary key, log integer not null, position text not null, arrived_at timestamptz not null',
    ),
    newest('_batches'),
    table(
      '_repeats',
      'log integer not null, position text not null, arrived_at timestamptz not null, primary key (log, position)',
    ),
    newest('_repeats'),
    table(
      '_import_batches',
      `name text not null, generation bigint not null, first_row bigint not null, end_row bigint not null, id uuid not null,
  events bigint not null, log integer not null, position text not null, arrived_at timestamptz not null,
  primary key (name, generation, first_row)`,
    ),
    table(
      '_import_contents',
      `name text not null, generation bigint not null, first_row bigint not null, fields text[] not null, content bytea,
  primary key (name, generation, first_row)`,
    ),
    table(
      '_imports',
      `name text not null, generation bigint not null, ended_at timestamptz not null default now(),
  primary key (name, generation)`,
    ),
    table(
      '_ledger',
      `one boolean primary key default true check (one), settled_before timestamptz not null default '-infinity'`,
    ),
    `insert into ${name('_ledger')} default values on conflict do nothing`,
    table(
      '_installation',
      `one boolean primary key default true check (one),
  secret bytea not null default sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))`,
    ),
    `insert into ${name('_installation')} default values on conflict do nothing`,
    table(
      '_control',
      `log integer not null, table_name text not null, column_name text not null, total numeric not null,
  primary key (log, table_name, column_name)`,
    ),
    table(
      '_dead_letters',
      `id bigint primary key generated always as identity, log integer not null, position text not null,
  event_index integer not null, dataset text not null, code text not null, message text not null, event jsonb not null,
  logged jsonb not null, definition json not null, died_at timestamptz not null default now(),
  unique (log, position, event_index)`,
    ),
    table(
      '_dimension_values',
      'dataset text not null, dimension text not null, value text collate "C" not null, primary key (dataset, dimension, value)',
    ),
    table(
      '_since',
      'table_name text not null, column_name text not null, since timestamptz not null, primary key (table_name, column_name)',
    ),
    table(
      '_keys',
      `id text primary key, kind text not null, hash text not null unique, signing text not null default '', origins text[] not null, datasets text[] not null,
  created_at timestamptz not null default now(), revoked_at timestamptz`,
    ),
    table(
      '_spiders',
      'agent text primary key, kind text not null, created_at timestamptz not null default now()',
    ),
    `alter table ${name('_keys')} add column if not exists signing text not null default ''`,
    `alter table ${name('_dead_letters')} add column if not exists arrived_at timestamptz`,
  ]
}
