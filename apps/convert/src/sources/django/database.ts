import { suggestion } from '@trackable/dataset'
import type { Database } from '../../databases/database.ts'
import { wrongUsage } from '../../error.ts'
import { unknownColumns } from '../importer.ts'
import { chooseKind, chooseModel, tellsKinds } from './choose.ts'
import { type DjangoOptions, PARENT } from './options.ts'

/** A query, and what makes of a value of a column what the model's attribute is. */
export interface Query {
  sql: string
  cell(column: string, value: string): string
}

interface Place {
  /** The expression of it in SQL. */
  sql: string
  type: string
}

const UUID = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/i

/** Builds the query that answers these columns, which are attributes, `a.b.c` over foreign keys. */
export async function djangoQuery(
  database: Database,
  options: DjangoOptions,
  columns: readonly string[],
): Promise<Query> {
  const table = await tableOf(database, options)
  const paths = createPaths(database, table)
  const own = await database.columns(table)
  const has = (name: string) => own.some((column) => column.name === name)
  const hasKind = has('content_type_id')
  const kind = tellsKinds(options, columns, hasKind) ? await kindOf(database, table, options) : undefined
  const places = new Map<string, Place>()
  for (const name of columns) {
    places.set(name, name === PARENT ? await parentPlace() : await paths.find(name))
  }
  async function parentPlace(): Promise<Place> {
    if (options.match) return paths.match(options.match)
    return paths.find(has('object_id') && hasKind && options.link === PARENT ? 'object_id' : options.link)
  }
  const order: string[] = []
  for (const { path, descending } of options.orderBy) {
    order.push(`${(await paths.find(path)).sql}${descending ? ' desc' : ''}`)
  }
  if (has('id')) order.push(`t.${database.quoted('id')}`)
  const chosen = columns.map(
    (name) => `${database.asText(places.get(name)!.sql)} as ${database.quoted(name)}`,
  )
  const sql = [
    `select ${chosen.join(', ')} from ${database.quoted(table)} t`,
    ...paths.joins(),
    ...(kind === undefined ? [] : [`where t.${database.quoted('content_type_id')} = ${kind}`]),
    ...(order.length > 0 ? [`order by ${order.join(', ')}`] : []),
    ...(options.maxRecords === undefined ? [] : [`limit ${options.maxRecords}`]),
  ].join(' ')
  // Where a database has no UUIDs of its own, Django writes their 32 digits.
  const cell = (name: string, value: string) =>
    places.get(name)?.type === 'char(32)' ? value.replace(UUID, '$1-$2-$3-$4-$5') : value
  return { sql, cell }
}

/** The table of `app.Model`, or the one that has the columns of django-trackable. */
async function tableOf(database: Database, { model, updated }: DjangoOptions): Promise<string> {
  const tables = await database.tables()
  if (model !== undefined) {
    const found = tables.find((name) => name.toLowerCase() === tableName(model) || name === model)
    if (found) return found
    throw wrongUsage(`--model: no table of ${model}; ${suggestion(tableName(model), tables)}`)
  }
  const found: { name: string; columns: string[] }[] = []
  for (const name of tables) {
    const columns = (await database.columns(name)).map((column) => column.name)
    if (columns.includes('content_type_id') && columns.includes('object_id')) found.push({ name, columns })
  }
  return chooseModel(found, updated, tables)
}

function tableName(model: string): string {
  return model.replace('.', '_').toLowerCase()
}

/** The id of the content type that is meant; undefined where the table has no rows. */
async function kindOf(
  database: Database,
  table: string,
  options: DjangoOptions,
): Promise<string | undefined> {
  const { quoted, asText } = database
  const kinds: { id: string; name: string; rows: number }[] = []
  const counts = `select ${asText('c.id')}, c.app_label, c.model, ${asText('count(*)')} from ${quoted(table)} t
    join ${quoted('django_content_type')} c on c.id = t.${quoted('content_type_id')} group by c.id, c.app_label, c.model order by 2, 3`
  for await (const { rows } of database.stream(counts)) {
    for (const [id, app, model, count] of rows)
      kinds.push({ id: id!, name: `${app}.${model}`, rows: Number(count) })
  }
  const name = chooseKind(kinds, options)
  return kinds.find((kind) => kind.name === name)?.id
}

/** Finds attributes from a table's rows on, `t`, and keeps the joins that lead to them. */
function createPaths(database: Database, table: string) {
  const { quoted, asText } = database
  const joins = new Map<string, { alias: string; table: string; sql: string }>()

  async function columnOf(name: string, of: string, alias: string): Promise<Place | undefined> {
    const columns = await database.columns(of)
    const found =
      columns.find((column) => column.name === name) ?? columns.find((column) => column.name === `${name}_id`)
    if (found) return { sql: `${alias}.${quoted(found.name)}`, type: found.type }
    return name === 'pk' ? columnOf('id', of, alias) : undefined
  }
  async function missing(name: string, of: string): Promise<Error> {
    const names = (await database.columns(of)).map((column) => column.name)
    return unknownColumns([name], names, `in ${of}`)
  }
  async function step(name: string, path: string, from: { alias: string; table: string }) {
    const known = joins.get(path)
    if (known) return known
    const references = await database.references(from.table)
    const found = references.find(({ column }) => column === `${name}_id` || column === name)
    if (!found) throw await missing(name, from.table)
    const alias = `j${joins.size + 1}`
    const on = `${alias}.${quoted(found.key)} = ${from.alias}.${quoted(found.column)}`
    const join = { alias, table: found.table, sql: `left join ${quoted(found.table)} ${alias} on ${on}` }
    joins.set(path, join)
    return join
  }
  async function find(path: string): Promise<Place> {
    const names = path.split('.')
    const last = names.pop() as string
    let from = { alias: 't', table }
    let walked = ''
    for (const name of names) {
      walked += `.${name}`
      from = await step(name, walked, from)
    }
    const place = await columnOf(last, from.table, from.alias)
    if (!place) throw await missing(last, from.table)
    return place
  }
  return {
    find,
    joins: () => [...joins.values()].map(({ sql }) => sql),
    /** The key of the one object whose attribute is that of the row; none where there are several. */
    async match({ from, model, to }: NonNullable<DjangoOptions['match']>): Promise<Place> {
      const other = await tableOf(database, { model, updated: [] } as unknown as DjangoOptions)
      const source = await find(from)
      const key = await columnOf('pk', other, 'o')
      const attribute = await columnOf(to ?? from.split('.').at(-1)!, other, 'o')
      const target = attribute ?? (to === undefined ? key : undefined)
      if (!target || !key) throw await missing(to ?? 'id', other)
      const keys = `select ${asText(target.sql)} as k, min(${asText(key.sql)}) as pk, count(*) as n from ${quoted(other)} o group by 1`
      joins.set('match', {
        alias: 'm',
        table: other,
        sql: `left join (${keys}) m on m.k = ${asText(source.sql)} and m.n = 1`,
      })
      return { sql: 'm.pk', type: key.type }
    },
  }
}
