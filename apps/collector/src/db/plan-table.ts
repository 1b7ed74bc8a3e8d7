import { durationMs, type Grain } from '@trackable/dataset'
import { columnOf, type FieldColumns, type TableLayout } from '@trackable/dataset/fold'
import { literal, qualified, quoted } from './names.ts'
import type { Step } from './plan.ts'
import { createRankIndex, dropRankIndex, rankedFields } from './rank-indexes.ts'
import { forgetSince, noteSince } from './since.ts'
import { addDimension, addField, buildKey, columnNames, createTable, takeKey } from './tables-sql.ts'

/** What a step loses: why and what in words, and the query that counts the rows it is lost in. */
export interface Loss {
  what: string
  rows: string
  /** False where nothing is lost as long as there is no such row. */
  always: boolean
}

/** The steps for one table: from nothing, to nothing, or from one layout to another. */
export function planTable(
  schema: string,
  old: TableLayout | undefined,
  now: TableLayout | undefined,
  at: Date,
): Step[] {
  if (!now) return old ? [dropTable(schema, old, `table ${old.name} is no longer declared`)] : []
  const note = noteSince(schema, now.name, ['', ...columnNames(now)], at)
  const create: Step = {
    title: `create table ${now.name}`,
    phase: 'expand',
    sql: [...createTable(schema, now), note],
  }
  if (!old) return [create]
  const replaced = whyReplaced(old, now)
  if (replaced) return [dropTable(schema, old, replaced), { ...create, phase: 'contract' }]
  return [
    ...planDimensions(schema, old, now, at),
    ...planFields(schema, old, now, at),
    ...planRanks(schema, old, now),
    ...planKeep(schema, old, now, at),
  ]
}

function planDimensions(schema: string, old: TableLayout, now: TableLayout, at: Date): Step[] {
  const added = now.dimensions.filter((name) => !old.dimensions.includes(name))
  const columns: Step[] = added.map((dimension) => ({
    title: `add dimension ${dimension} to ${now.name}`,
    phase: 'expand',
    sql: [
      addDimension(schema, now, columnOf(dimension)),
      noteSince(schema, now.name, [columnOf(dimension)], at),
    ],
  }))
  if (added.length === 0) return []
  const key = `the key of ${now.name} with ${added.join(', ')}`
  return [
    ...columns,
    { title: `build ${key}`, phase: 'build', sql: buildKey(schema, now) },
    { title: `take ${key}`, phase: 'contract', sql: [takeKey(schema, now)] },
  ]
}

function planFields(schema: string, old: TableLayout, now: TableLayout, at: Date): Step[] {
  const gone = old.fields.flatMap((field): Step[] => {
    const after = sameField(now, field)
    if (after?.definition.kind === field.definition.kind) return []
    const why = after
      ? `${field.field} was a ${field.definition.kind}`
      : `field ${field.field} is no longer declared`
    return [dropField(schema, old, field, why)]
  })
  const added = now.fields.filter((field) => sameField(old, field)?.definition.kind !== field.definition.kind)
  const steps = added.map((field): Step => {
    const names = namesOf(field)
    return {
      title: `add field ${field.field} to ${now.name}`,
      phase: isRenewed(old, field) ? 'contract' : 'expand',
      sql: [addField(schema, now, field), noteSince(schema, now.name, names, at)],
    }
  })
  return [...gone, ...steps]
}

function sameField({ fields }: TableLayout, { field }: FieldColumns): FieldColumns | undefined {
  return fields.find((other) => other.field === field)
}

/** Whether a field takes a column of one that goes with this migration: that goes first, and its index with it. */
function isRenewed(old: TableLayout, field: FieldColumns): boolean {
  const taken = columnNames(old)
  return (
    sameField(old, field)?.definition.kind !== field.definition.kind &&
    namesOf(field).some((name) => taken.includes(name))
  )
}

function namesOf({ columns }: FieldColumns): string[] {
  return columns.map(({ name }) => name)
}

function planRanks(schema: string, old: TableLayout, now: TableLayout): Step[] {
  const [before, after] = [rankedFields(old), rankedFields(now)]
  const missing = after.filter(
    ({ field, column }) => isRenewed(old, field) || !before.some((one) => one.column === column),
  )
  const gone = before.filter(({ column }) => !after.some((one) => one.column === column))
  return [
    ...missing.map(
      ({ field, column }): Step => ({
        title: `rank ${now.name} by ${column}`,
        phase: isRenewed(old, field) ? 'contract' : 'build',
        sql: [createRankIndex(schema, now.name, column)],
      }),
    ),
    ...gone.map(
      ({ column }): Step => ({
        title: `rank ${now.name} no longer by ${column}`,
        phase: 'contract',
        sql: [dropRankIndex(schema, now.name, column)],
      }),
    ),
  ]
}

/**
 * Buckets that are kept for less time than before go with the next round of housekeeping. Those that are kept for ever
 * from now on are not the whole of what was counted before.
 */
function planKeep(schema: string, old: TableLayout, now: TableLayout, at: Date): Step[] {
  const keepOf = ({ dataset, kind }: TableLayout) => dataset.series?.keep[kind as Grain]
  const [before, after] = [keepOf(old), keepOf(now)]
  if (before && !after && now.bucket) {
    const note = noteSince(schema, now.name, ['', ...columnNames(now)], at)
    return [{ title: `say since when ${now.name} is kept for ever`, phase: 'contract', sql: [note] }]
  }
  if (!after || !now.bucket || (before && durationMs(after)! >= durationMs(before)!)) return []
  const table = qualified(schema, now.name)
  const loses: Loss = {
    what: `${now.name} is kept for ${after}, before ${before ?? 'for ever'}: older buckets`,
    rows: `select count(*) from ${table} where bucket < now() - interval '${durationMs(after)} milliseconds'`,
    always: false,
  }
  return [{ title: `keep ${now.name} for ${after}`, phase: 'contract', sql: [], loses }]
}

function whyReplaced(old: TableLayout, now: TableLayout): string | undefined {
  if (old.parent !== now.parent)
    return `the parent of ${now.name} changes from ${old.parent} to ${now.parent}`
  const gone = old.dimensions.find((name) => !now.dimensions.includes(name))
  if (gone) return `dimension ${gone} of ${now.name} is no longer declared`
  const taken = now.dimensions.find((name) =>
    old.fields.some((field) => namesOf(field).includes(columnOf(name))),
  )
  if (taken) return `dimension ${taken} of ${now.name} was a field`
  const [from, to] = [old.dataset.series?.zone, now.dataset.series?.zone]
  return now.bucket && from !== to ? `the zone of ${now.name} changes from ${from} to ${to}` : undefined
}

function dropTable(schema: string, layout: TableLayout, why: string): Step {
  const table = qualified(schema, layout.name)
  return {
    title: `drop table ${layout.name}`,
    phase: 'contract',
    sql: [
      `drop table if exists ${table}`,
      `delete from ${qualified(schema, '_control')} where table_name = ${literal(layout.name)}`,
      forgetSince(schema, layout.name),
    ],
    loses: {
      what: `${why}: every row of ${layout.name}`,
      rows: `select count(*) from ${table}`,
      always: true,
    },
  }
}

function dropField(schema: string, layout: TableLayout, field: FieldColumns, why: string): Step {
  const table = qualified(schema, layout.name)
  const names = namesOf(field)
  const ofTable = `where table_name = ${literal(layout.name)}`
  return {
    title: `drop column ${layout.name}.${field.column}`,
    phase: 'contract',
    sql: [
      `alter table ${table} ${names.map((name) => `drop column if exists ${quoted(name)}`).join(', ')}`,
      ...names.flatMap((name) => [
        `delete from ${qualified(schema, '_control')} ${ofTable} and column_name = ${literal(name)}`,
        forgetSince(schema, layout.name, name),
      ]),
    ],
    loses: {
      what: `${why}: every value of ${layout.name}.${field.column}`,
      rows: `select count(*) from ${table}`,
      always: true,
    },
  }
}
