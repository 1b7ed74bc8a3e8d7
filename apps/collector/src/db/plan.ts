import type { Dataset } from '@trackable/dataset'
import { layoutOf, type TableLayout } from '@trackable/dataset/fold'
import { commitFunctions, housekeepingFunctions } from './commit-sql.ts'
import { foldFunction, foldFunctionName, hasStates } from './fold-sql.ts'
import { internalTables } from './internal-sql.ts'
import { literal, qualified } from './names.ts'
import { type Loss, planTable } from './plan-table.ts'
import { type Since, sinceOf } from './since.ts'
import { commentOn, leaveRoom } from './tables-sql.ts'
import { planView } from './views.ts'

/**
 * When a step is taken, each in a transaction of its own. `expand`: what the fold of the old definitions does not
 * notice. `build`: indexes, while folds wait and readers do not. `contract`: what ends the old definitions.
 */
export type Phase = 'expand' | 'build' | 'contract'

/** One change of the database: its statements, what it is in a sentence, and what would be lost by it. */
export interface Step {
  title: string
  phase: Phase
  sql: string[]
  loses?: Loss
}

/** What the database says of its past. */
export interface Past {
  /** The definitions that were applied last. */
  definitions: readonly Dataset[]
  /** Since when it counts what was added later. */
  since: Since
}

/** The definitions as they are stored and compared. */
export function definitionsOf(datasets: readonly Dataset[]): Dataset[] {
  return datasets.map((dataset) => JSON.parse(JSON.stringify(dataset)))
}

/**
 * What brings the tables from the definitions that were applied last to today's. Pure: two lists of definitions
 * in, statements out. Adding is free; a step that loses data says what.
 * @param at what is added now counts since then
 */
export function planMigration(schema: string, past: Past, after: readonly Dataset[], at: Date): Step[] {
  const old = tablesByName(past.definitions)
  const now = tablesByName(after)
  const views = totalsOf(old, now).map((name) => planView(schema, old.get(name), now.get(name)))
  const steps: Step[] = [
    { title: 'prepare the schema', phase: 'expand', sql: internalTables(schema) },
    ...views.flatMap(({ before }) => before),
    ...byName(now).flatMap((layout) => planTable(schema, old.get(layout.name), layout, at)),
    ...byName(old)
      .filter(({ name }) => !now.has(name))
      .flatMap((layout) => planTable(schema, layout, undefined, at)),
    ...views.flatMap(({ after }) => after),
    ...forgetValues(schema, past.definitions, after),
    {
      title: 'leave room in the pages for rows that change',
      phase: 'contract',
      sql: byName(now).map((layout) => leaveRoom(schema, layout)),
    },
    { title: 'say what is what', phase: 'contract', sql: comments(schema, past.since, now, at) },
    {
      title: 'renew the functions of the fold',
      phase: 'contract',
      sql: [...commitFunctions(schema), ...housekeepingFunctions(schema), ...foldFunctions(schema, old, now)],
    },
  ]
  return steps.filter(({ sql, loses }) => sql.length > 0 || loses)
}

/** The names of the tables that hold totals, before or now. */
function totalsOf(...tables: Map<string, TableLayout>[]): string[] {
  const totals = tables.flatMap(byName).filter(({ kind }) => kind === 'totals')
  return [...new Set(totals.map(({ name }) => name))]
}

function comments(schema: string, since: Since, now: Map<string, TableLayout>, at: Date): string[] {
  return byName(now).flatMap((layout) => commentOn(schema, layout, sinceOf(since, layout, at)))
}

/**
 * The fold of the old columns stays beside the new one where it adds the same: a collector that still runs with the
 * old definitions goes on folding while its successor starts. Where it would add what is meant otherwise now, it goes,
 * and that collector waits to be restarted (proven by `config-changes.test.ts` and `rolling-restart.test.ts`).
 */
function foldFunctions(
  schema: string,
  old: Map<string, TableLayout>,
  now: Map<string, TableLayout>,
): string[] {
  const kept = new Map<string, string>()
  for (const layout of byName(now)) {
    const before = old.get(layout.name)
    if (before && isPart(before, layout)) {
      kept.set(foldFunctionName(before), foldFunction(schema, before, layout))
    }
    kept.set(foldFunctionName(layout), foldFunction(schema, layout))
  }
  const names = ['_fold_begin', '_fold_probe', ...kept.keys()].map(literal).join(', ')
  return [
    `do $gone$ declare f record; begin
  for f in select p.oid::regprocedure as call from pg_proc p
    where p.pronamespace = ${literal(schema)}::regnamespace and p.proname like '\\_fold\\_%' and p.proname not in (${names})
  loop execute 'drop function ' || f.call; end loop;
end $gone$`,
    ...kept.values(),
  ]
}

/**
 * Whether everything that the old layout fills is in the new one, and means the same. Rows with states are read before
 * they are written: under a key that is wider now the old collector would read several for one.
 */
function isPart(old: TableLayout, now: TableLayout): boolean {
  return (
    old.parent === now.parent &&
    (!hasStates(old) || old.dimensions.length === now.dimensions.length) &&
    (!now.bucket || old.dataset.series?.zone === now.dataset.series?.zone) &&
    old.dimensions.every((name) => now.dimensions.includes(name)) &&
    old.fields.every(({ field, definition }) =>
      now.fields.some((other) => other.field === field && other.definition.kind === definition.kind),
    )
  )
}

/** The values of a dimension that is gone: one of that name that comes back starts anew. */
function forgetValues(schema: string, before: readonly Dataset[], after: readonly Dataset[]): Step[] {
  const gone = before.flatMap(({ name, dimensions }) => {
    const kept = after.find((dataset) => dataset.name === name)?.dimensions ?? {}
    return Object.keys(dimensions)
      .filter((dimension) => !Object.hasOwn(kept, dimension))
      .map(
        (dimension) =>
          `delete from ${qualified(schema, '_dimension_values')} where dataset = ${literal(name)} and dimension = ${literal(dimension)}`,
      )
  })
  return [{ title: 'forget the values of dimensions that are gone', phase: 'contract', sql: gone }]
}

function tablesByName(datasets: readonly Dataset[]): Map<string, TableLayout> {
  return new Map(datasets.flatMap(layoutOf).map((layout) => [layout.name, layout]))
}

/** In the order in which the fold locks them. */
function byName(tables: Map<string, TableLayout>): TableLayout[] {
  return [...tables.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}
