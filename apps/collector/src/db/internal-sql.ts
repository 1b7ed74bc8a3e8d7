import { literal, qualified, quoted } from './names.ts'

/**
 * Our own tables. They start with an underscore, which no dataset's table can.
 * `_logs`: a row a log, with its offset and the counts of guarantee 5. `_batches`: the ledger, the ids that have
 * counted, with log and position of the copy that did. `_import_batches`: the ledger of imports, never pruned.
 */
export function internalTables(schema: string): string[] {
  const table = (name: string, columns: string) =>
    `create table if not exists ${qualified(schema, name)} (\n  ${columns}\n)`
  return [
    `create schema if not exists ${quoted(schema)}`,
    table(
      '_definitions',
      'version bigint primary key, hash text not null, definitions jsonb not null, applied_at timestamptz not null default now()',
    ),
    table(
      '_logs',
      `log text primary key, position text, received bigint not null default 0, accepted bigint not null default 0,
  rejected bigint not null default 0, dropped bigint not null default 0, folded bigint not null default 0,
  dead bigint not null default 0, duplicates bigint not null default 0, updated_at timestamptz not null default now()`,
    ),
    table(
      '_batches',
      'id uuid primary key, log text not null, position text not null, arrived_at timestamptz not null',
    ),
    table(
      '_import_batches',
      `name text not null, generation bigint not null, first_row bigint not null, end_row bigint not null, id uuid not null,
  events bigint not null, log text not null, position text not null, arrived_at timestamptz not null,
  primary key (name, generation, first_row)`,
    ),
    table(
      '_dead_letters',
      `log text not null, position text not null, event_index integer not null, dataset text not null, code text not null,
  message text not null, event jsonb not null, died_at timestamptz not null default now(),
  primary key (log, position, event_index)`,
    ),
    table(
      '_dimension_values',
      'dataset text not null, dimension text not null, value text collate "C" not null, primary key (dataset, dimension, value)',
    ),
    table(
      '_keys',
      `id text primary key, kind text not null, hash text not null unique, origins text[] not null, datasets text[] not null,
  created_at timestamptz not null default now(), revoked_at timestamptz`,
    ),
  ]
}

/** `TRKRT`: a concurrent folder was first; look again and retry the whole commit. */
export const RETRY_STATE = 'TRKRT'
/** `TRKPB`: a probe ended well, and is rolled back. */
export const PROBE_STATE = 'TRKPB'

/**
 * The functions that every commit calls. `_fold_begin` is the head of the statement: offset compare-and-set, then
 * ids, then counts, dead letters and dimension values. It answers `moved` with the stored offset where another
 * folder was first, and `known` with the ids that have counted before; then nothing at all is written.
 */
export function commitFunctions(schema: string): string[] {
  const name = (table: string) => qualified(schema, table)
  return [
    `create or replace function ${name('_fold_begin')}(
  p_log text, p_expected text, p_next text, p_ids uuid[], p_positions text[], p_arrived timestamptz[],
  p_imports jsonb, p_counts bigint[], p_dead jsonb, p_values jsonb
) returns table (outcome text, stored text, known text[]) language plpgsql as $fold$
declare v_stored text; v_known text[]; v_count bigint;
begin
  insert into ${name('_logs')} (log) values (p_log) on conflict (log) do nothing;
  select position into v_stored from ${name('_logs')} where log = p_log for update;
  if v_stored is distinct from p_expected then
    return query select 'moved'::text, v_stored, null::text[];
    return;
  end if;
  select array_agg(b.id::text) into v_known from ${name('_batches')} b where b.id = any(p_ids);
  select coalesce(v_known, '{}') || coalesce(array_agg(i.id), '{}') into v_known
  from jsonb_to_recordset(p_imports) as i(id text, name text, generation bigint, "from" bigint)
  where exists (
    select from ${name('_import_batches')} s
    where s.name = i.name and s.generation = i.generation and s.first_row = i."from"
  );
  if cardinality(v_known) > 0 then
    return query select 'known'::text, v_stored, v_known;
    return;
  end if;
  insert into ${name('_batches')} (id, log, position, arrived_at)
  select b.id, p_log, b.position, b.arrived from unnest(p_ids, p_positions, p_arrived) as b(id, position, arrived)
  order by b.id on conflict do nothing;
  get diagnostics v_count = row_count;
  if v_count <> cardinality(p_ids) then
    raise exception 'a batch was counted by another folder meanwhile' using errcode = '${RETRY_STATE}';
  end if;
  insert into ${name('_import_batches')} (name, generation, first_row, end_row, id, events, log, position, arrived_at)
  select i.name, i.generation, i."from", i."to", i.id, i.events, p_log, i.position, i.arrived
  from jsonb_to_recordset(p_imports)
    as i(id uuid, name text, generation bigint, "from" bigint, "to" bigint, events bigint, position text, arrived timestamptz)
  order by i.name, i.generation, i."from" on conflict do nothing;
  get diagnostics v_count = row_count;
  if v_count <> jsonb_array_length(p_imports) then
    raise exception 'an import was counted by another folder meanwhile' using errcode = '${RETRY_STATE}';
  end if;
  insert into ${name('_dead_letters')} (log, position, event_index, dataset, code, message, event)
  select p_log, d.position, d.index, d.dataset, d.code, d.message, d.event
  from jsonb_to_recordset(p_dead) as d(position text, index integer, dataset text, code text, message text, event jsonb)
  on conflict do nothing;
  perform ${name('_admit_values')}(p_values);
  update ${name('_logs')} set position = p_next, received = received + p_counts[1], accepted = accepted + p_counts[2],
    rejected = rejected + p_counts[3], dropped = dropped + p_counts[4], folded = folded + p_counts[5],
    dead = dead + p_counts[6], duplicates = duplicates + p_counts[7], updated_at = now()
  where log = p_log;
  return query select 'committed'::text, p_next, null::text[];
end $fold$`,
    // The advisory lock makes admission to one dimension one at a time, so that the cap holds with many folders.
    `create or replace function ${name('_admit_values')}(p_values jsonb) returns void language plpgsql as $fold$
declare v record; v_count bigint;
begin
  for v in select * from jsonb_to_recordset(p_values) as n(dataset text, dimension text, cap bigint, "values" jsonb)
    order by 1, 2
  loop
    perform pg_advisory_xact_lock(hashtext(${literal(schema)}), hashtext(v.dataset || '.' || v.dimension));
    insert into ${name('_dimension_values')} (dataset, dimension, value)
    select v.dataset, v.dimension, e from jsonb_array_elements_text(v."values") as e on conflict do nothing;
    select count(*) into v_count from ${name('_dimension_values')}
    where dataset = v.dataset and dimension = v.dimension;
    if v_count > v.cap then
      raise exception 'another folder admitted values meanwhile' using errcode = '${RETRY_STATE}';
    end if;
  end loop;
end $fold$`,
    `create or replace function ${name('_fold_probe')}() returns boolean language plpgsql as $fold$
begin
  raise exception 'probed' using errcode = '${PROBE_STATE}';
end $fold$`,
  ]
}
