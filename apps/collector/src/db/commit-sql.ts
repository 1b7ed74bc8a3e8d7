import { literal, qualified } from './names.ts'

/** `TRKRT`: a concurrent folder was first; look again and retry the whole commit. */
export const RETRY_STATE = 'TRKRT'
/** `TRKPB`: a probe ended well, and is rolled back. */
export const PROBE_STATE = 'TRKPB'

/**
 * The functions that every commit calls. `_fold_begin` is the head of the statement: offset compare-and-set, then
 * ids, then counts, dead letters and dimension values. Where it does not answer `committed` nothing at all is written.
 */
export function commitFunctions(schema: string): string[] {
  const name = (table: string) => qualified(schema, table)
  return [
    `create or replace function ${name('_fold_begin')}(
  p_log text, p_expected text, p_next text, p_counted text, p_ids uuid[], p_positions text[], p_oldest timestamptz, p_newest timestamptz,
  p_imports jsonb, p_repeats text[], p_counts bigint[], p_rejected jsonb, p_dropped jsonb, p_dead json, p_values jsonb
) returns table (outcome text, stored text, known jsonb) language plpgsql as $fold$
declare v_log record; v_known jsonb; v_settled timestamptz; v_count bigint; v_stamp timestamptz;
begin
  insert into ${name('_logs')} (log) values (p_log) on conflict (log) do nothing;
  select number, position, paused, latest_arrival into v_log from ${name('_logs')} where log = p_log for update;
  if v_log.position is distinct from p_expected then
    return query select 'moved'::text, v_log.position, null::jsonb;
    return;
  end if;
  if v_log.paused then
    return query select 'paused'::text, v_log.position, null::jsonb;
    return;
  end if;
  select jsonb_agg(jsonb_build_object('position', k.position, 'again', k.again or r.position is not null)) into v_known
  from (
    select asked.position, s.log = v_log.number and s.position = asked.position as again
    from unnest(p_ids, p_positions) as asked(id, position) join ${name('_batches')} s on s.id = asked.id
    union all
    select i.position, s.log = v_log.number and s.position = i.position
    from jsonb_to_recordset(p_imports) as i(position text, name text, generation bigint, "from" bigint)
    join ${name('_import_batches')} s on s.name = i.name and s.generation = i.generation and s.first_row = i."from"
    union all
    select asked.position, true from unnest(p_repeats) as asked(position)
    where exists (select from ${name('_repeats')} s where s.log = v_log.number and s.position = asked.position)
  ) k left join ${name('_repeats')} r on r.log = v_log.number and r.position = k.position;
  if v_known is not null then
    return query select 'known'::text, v_log.position, v_known;
    return;
  end if;
  select settled_before into v_settled from ${name('_ledger')};
  if p_oldest < v_settled then
    return query select 'settled'::text, (extract(epoch from v_settled) * 1000)::bigint::text, null::jsonb;
    return;
  end if;
  v_stamp := greatest(p_newest, v_log.latest_arrival);
  insert into ${name('_batches')} (id, log, position, arrived_at)
  select b.id, v_log.number, b.position, v_stamp from unnest(p_ids, p_positions) as b(id, position)
  order by b.id on conflict do nothing;
  get diagnostics v_count = row_count;
  if v_count <> cardinality(p_ids) then
    raise exception 'a batch was counted by another folder meanwhile' using errcode = '${RETRY_STATE}';
  end if;
  insert into ${name('_import_batches')} (name, generation, first_row, end_row, id, events, log, position, arrived_at)
  select i.name, i.generation, i."from", i."to", i.id, i.events, v_log.number, i.position, i.arrived
  from jsonb_to_recordset(p_imports)
    as i(id uuid, name text, generation bigint, "from" bigint, "to" bigint, events bigint, position text, arrived timestamptz)
  order by i.name, i.generation, i."from" on conflict do nothing;
  get diagnostics v_count = row_count;
  if v_count <> jsonb_array_length(p_imports) then
    raise exception 'an import was counted by another folder meanwhile' using errcode = '${RETRY_STATE}';
  end if;
  insert into ${name('_import_contents')} (name, generation, first_row, fields, content)
  select i.name, i.generation, i."from", i.fields, decode(i.content, 'base64')
  from jsonb_to_recordset(p_imports) as i(name text, generation bigint, "from" bigint, fields text[], content text)
  where i.fields is not null;
  insert into ${name('_repeats')} (log, position, arrived_at)
  select v_log.number, r.position, v_stamp from unnest(p_repeats) as r(position);
  insert into ${name('_dead_letters')} (log, position, event_index, dataset, code, message, event, logged, definition,
    arrived_at)
  select v_log.number, d.position, d.index, d.dataset, d.code, d.message, d.event, d.logged, d.definition,
    to_timestamp(d.arrival / 1000.0)
  from json_to_recordset(p_dead) as d(position text, index integer, dataset text, code text, message text, event jsonb,
    logged jsonb, definition json, arrival bigint)
  on conflict do nothing;
  perform ${name('_admit_values')}(p_values);
  update ${name('_logs')} set position = p_next, counted = p_counted, latest_arrival = v_stamp, batches = batches + p_counts[1],
    received = received + p_counts[2], accepted = accepted + p_counts[3], folded = folded + p_counts[4],
    dead = dead + p_counts[5], duplicates = duplicates + p_counts[6],
    rejected = ${name('_add_counts')}(rejected, p_rejected), dropped = ${name('_add_counts')}(dropped, p_dropped),
    updated_at = now()
  where log = p_log;
  return query select 'committed'::text, p_next, null::jsonb;
end $fold$`,
    `create or replace function ${name('_add_counts')}(a jsonb, b jsonb) returns jsonb language plpgsql immutable as $fold$
begin
  if b = '{}' then return a; end if;
  return (select jsonb_object_agg(s.code, s.events) from (
    select e.code, sum(e.events::bigint) as events
    from (select * from jsonb_each_text(a) union all select * from jsonb_each_text(b)) as e(code, events) group by e.code
  ) s);
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
    // The head of a replay: the letters leave, and count as folded; each log's row is locked before anything else.
    `create or replace function ${name('_replay_begin')}(p_ids bigint[], p_values jsonb)
returns table (outcome text, stored text, known jsonb) language plpgsql as $fold$
declare v_count bigint;
begin
  perform 1 from ${name('_logs')} where number in (select log from ${name('_dead_letters')} where id = any(p_ids))
  order by number for update;
  with gone as (delete from ${name('_dead_letters')} where id = any(p_ids) returning log),
    counted as (select log, count(*) as events from gone group by log),
    moved as (
      update ${name('_logs')} l set dead = l.dead - c.events, folded = l.folded + c.events
      from counted c where l.number = c.log
    )
  select coalesce(sum(events), 0) into v_count from counted;
  if v_count <> cardinality(p_ids) then
    raise exception 'a dead letter was replayed or dropped by somebody else meanwhile' using errcode = '${RETRY_STATE}';
  end if;
  perform ${name('_admit_values')}(p_values);
  return query select 'committed'::text, null::text, null::jsonb;
end $fold$`,
  ]
}

/**
 * The functions of housekeeping. The ledger is pruned by arrival, a bounded number of rows a call, and only what no
 * registered log can bring again: a record that any log still keeps may have a copy that counted a window before it.
 */
export function housekeepingFunctions(schema: string): string[] {
  const name = (table: string) => qualified(schema, table)
  const prune = (table: string) => `delete from ${name(table)} where ctid = any(array(
    select ctid from ${name(table)} where arrived_at < v_settled - p_window limit p_limit));
  get diagnostics v_count = row_count;
  v_pruned := v_pruned + v_count;`
  return [
    `create or replace function ${name('_prune_ledger')}(p_window interval, p_limit integer)
returns bigint language plpgsql as $fold$
declare v_settled timestamptz; v_count bigint; v_pruned bigint := 0;
begin
  select min(coalesce(oldest_arrival, '-infinity')) - interval '1 day' into v_settled from ${name('_logs')};
  if v_settled is null then return 0; end if;
  update ${name('_ledger')} set settled_before = greatest(settled_before, v_settled) returning settled_before into v_settled;
  ${prune('_batches')}
  ${prune('_repeats')}
  return v_pruned;
end $fold$`,
  ]
}
