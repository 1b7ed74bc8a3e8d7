import { stateTextOf, type TableLayout } from '@trackable/dataset/fold'
import { bareType, ruleOf } from './columns.ts'
import { hashOf, literal, qualified, quoted } from './names.ts'
import { columnNames, keyColumns, keyList } from './tables-sql.ts'

/** What is left of 63 bytes for a table's name in that of its fold function. */
const MOST_TABLE = 44

/** `TRKST`: a state that was read is not there any more; nothing is written. */
export const STALE_STATE = 'TRKST'

/** The columns that hold states: what only the fold can merge. */
function stateColumns(layout: TableLayout): { name: string; type: string }[] {
  return layout.fields.filter(({ definition }) => stateTextOf(definition)).map(({ columns }) => columns[0]!)
}

/** True where rows of a table have states that only the fold can merge. */
export function hasStates(layout: TableLayout): boolean {
  return stateColumns(layout).length > 0
}

/** The hash of a row's states: what a commit must have read. `rowHash` computes the same. */
export function hashExpression(layout: TableLayout, of: string): string {
  const bytes = stateColumns(layout).map(({ name, type }) =>
    type === 'jsonb' ? `convert_to(${of}.${quoted(name)}::text, 'UTF8')` : `${of}.${quoted(name)}`,
  )
  return `encode(sha256(${bytes.join(' || ')}), 'hex')`
}

/**
 * The function that merges one table's deltas: log and arrays in, one upsert, keys already in order. It keeps what was
 * added to each column, by log: a row that is changed by hand then shows (`trackable verify`).
 * @param table how the table is now, where the layout is an older one of it: the key that rows meet in is the table's
 */
export function foldFunction(schema: string, layout: TableLayout, table = layout): string {
  const parameters = foldTypes(layout).map((type) => `${type}[]`)
  const write = hasStates(layout) ? replaceStates(schema, layout) : upsert(schema, layout, table)
  return `create or replace function ${qualified(schema, foldFunctionName(layout))}(text, ${parameters.join(', ')}) returns boolean language plpgsql as $fold$
declare v_rows bigint;
begin
  ${write}
  ${addControl(schema, layout)}
  return true;
end $fold$`
}

function upsert(schema: string, layout: TableLayout, table: TableLayout): string {
  const { names } = namesOf(layout)
  return `insert into ${qualified(schema, layout.name)} as stored (${names}, "updated_at")
  select ${names}, now() from ${deltas(layout)} as delta(${names})
  on conflict (${keyList(table)}) do update set ${assignments(layout).join(',\n    ')};`
}

/**
 * Guarantee 2 for states that only the fold can merge: they are written only where the row still has what was merged.
 * Rows are locked first and in order, so that folders wait for each other and do not deadlock; rows that were not there
 * are inserted, and must still not be there. Proven by "four folders over one set of rows lose nothing" of
 * `test/shared-states.test.ts`: without the comparison of hashes it loses most of them.
 */
function replaceStates(schema: string, layout: TableLayout): string {
  const { keys, names } = namesOf(layout)
  const table = qualified(schema, layout.name)
  const read = `$${keys.length + 2}`
  const from = `${deltas(layout, read)} as excluded(${names}, "_read")`
  const same = keys.map((key) => `stored.${key} = excluded.${key}`).join(' and ')
  const stale = `raise exception 'the states of ${layout.name} were changed by another folder meanwhile' using errcode = '${STALE_STATE}';`
  return `perform from ${table} as stored join ${from} on ${same}
  where excluded."_read" = ${hashExpression(layout, 'stored')} order by ${keys.map((key) => `stored.${key}`).join(', ')} for update of stored;
  get diagnostics v_rows = row_count;
  if v_rows <> (select count(r) from unnest(${read}) as r) then
    ${stale}
  end if;
  update ${table} as stored set ${assignments(layout).join(',\n    ')}
  from ${from} where excluded."_read" is not null and ${same};
  insert into ${table} (${names}, "updated_at")
  select ${names}, now() from ${from} where excluded."_read" is null on conflict do nothing;
  get diagnostics v_rows = row_count;
  if v_rows <> (select count(*) filter (where r is null) from unnest(${read}) as r) then
    ${stale}
  end if;`
}

function addControl(schema: string, layout: TableLayout): string {
  const first = keyColumns(layout).length + (hasStates(layout) ? 1 : 0) + 2
  const sums = layout.fields
    .flatMap(({ definition, columns }) =>
      columns.map((column) => ({ ...column, rule: ruleOf(definition, column.suffix) })),
    )
    .flatMap(({ name, rule }, i) =>
      rule.control
        ? [`(${literal(name)}, (select sum(value) from unnest($${first + i}) as delta(value)))`]
        : [],
    )
  if (sums.length === 0) return ''
  return `insert into ${qualified(schema, '_control')} as kept (log, table_name, column_name, total)
  select l.number, ${literal(layout.name)}, c.name, c.added
  from ${qualified(schema, '_logs')} l, (values ${sums.join(', ')}) as c(name, added) where l.log = $1
  on conflict (log, table_name, column_name) do update set total = kept.total + excluded.total;`
}

function assignments(layout: TableLayout): string[] {
  const merged = layout.fields.flatMap(({ column, definition, columns }) => {
    const of = (table: string) => (suffix: string) => `${table}.${quoted(column + suffix)}`
    return columns.map(({ name, suffix }) => {
      const { merge } = ruleOf(definition, suffix)
      return `${quoted(name)} = ${merge ? merge(of('stored'), of('excluded')) : of('excluded')(suffix)}`
    })
  })
  return [...merged, '"updated_at" = now()']
}

function namesOf(layout: TableLayout): { keys: string[]; names: string } {
  const keys = keyColumns(layout).map(({ name }) => quoted(name))
  return { keys, names: columnNames(layout).map(quoted).join(', ') }
}

/** The arrays of a call as rows: keys and fields, and what was read behind them where it is asked for. */
function deltas(layout: TableLayout, read?: string): string {
  const arrays = foldTypes(layout).map((_, i) => `$${i + 2}`)
  const columns = read ? [...arrays.filter((array) => array !== read), read] : arrays
  return `unnest(${columns.join(', ')})`
}

/** The element types of a fold function's arrays, in order: keys, hashes where there are states, fields. */
export function foldTypes(layout: TableLayout): string[] {
  const keys = keyColumns(layout).map(({ type }) => bareType(type))
  const fields = layout.fields.flatMap(({ columns }) => columns.map(({ type }) => type))
  return [...keys, ...(hasStates(layout) ? ['text'] : []), ...fields]
}

/**
 * The name of a table's fold function. What its arrays mean is part of it, and so is the zone of buckets: a collector
 * with other definitions has a function of its own, or none any more, and never adds what was meant otherwise.
 */
export function foldFunctionName(layout: TableLayout): string {
  const zone = layout.bucket ? layout.dataset.series?.zone : undefined
  const kinds = layout.fields.map(({ definition }) => definition.kind)
  const meaning = JSON.stringify([layout.name, columnNames(layout), foldTypes(layout), kinds, zone])
  return `_fold_${layout.name.slice(0, MOST_TABLE)}_${hashOf(meaning)}`
}

/** The query that gives what rows have now: place in the arrays of keys, hash, and the states as a list of texts. */
export function storedStatesQuery(schema: string, layout: TableLayout): string {
  const keys = keyColumns(layout).map(({ name }) => quoted(name))
  const texts = stateColumns(layout).map(({ name, type }) =>
    type === 'jsonb' ? `stored.${quoted(name)}::text` : `encode(stored.${quoted(name)}, 'hex')`,
  )
  const same = keys.map((key) => `stored.${key} = asked.${key}`).join(' and ')
  return `select asked."_place"::integer as place, ${hashExpression(layout, 'stored')} as hash, json_build_array(${texts.join(', ')})::text as states
  from ${qualified(schema, layout.name)} as stored join asked as asked(${keys.join(', ')}, "_place") on ${same}`
}
