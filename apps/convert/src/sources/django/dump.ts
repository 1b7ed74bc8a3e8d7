import { suggestion } from '@trackable/dataset'
import { wrongUsage } from '../../error.ts'
import { decodeText } from '../../inputs/text.ts'
import { type Row, unknownColumns } from '../importer.ts'
import { jsonValuesOf } from '../json-values.ts'
import { chooseKind, chooseModel, tellsKinds } from './choose.ts'
import { type DjangoOptions, PARENT } from './options.ts'

/** An object of `dumpdata`. */
interface Dumped {
  model: string
  pk: unknown
  fields: Record<string, unknown>
}

/** What of a dump must be known before its rows can be read. */
interface Known {
  /** Names of content types by id. */
  types: Map<string, string>
  /** By model, what its rows have: fields, and how many are of which kind. */
  models: Map<string, { fields: Set<string>; kinds: Map<string, number> }>
  /** By model and key, the attributes that paths go through. */
  objects: Map<string, Map<string, Record<string, unknown>>>
}

/** Opens the bytes of a dump; it is read twice, because what a row refers to may come behind it. */
export type OpenDump = () => AsyncIterable<Uint8Array>

/** The rows of a model in a dump. Columns are attributes, `a.b.c` over foreign keys to objects of the same dump. */
export async function* dumpRows(
  open: OpenDump,
  options: DjangoOptions,
  columns: readonly string[],
): AsyncGenerator<Row[]> {
  const link = options.match?.from ?? options.link
  const paths = [link, ...columns, ...options.orderBy.map(({ path }) => path)].map((path) => path.split('.'))
  const wanted = new Set(paths.flatMap(([, ...later]) => later))
  if (options.match) wanted.add(targetOf(options))
  const known = await survey(open, wanted)
  const model = modelOf(known, options)
  const rowOf = createRows(known, model, options, columns)
  let rows: { row: Row; order: (string | undefined)[] }[] = []
  let taken = 0
  for await (const { line, object } of objectsOf(open)) {
    if (typeof object === 'string') {
      rows.push({ row: { line, text: object.slice(0, 1000), problem: 'no object of dumpdata' }, order: [] })
    } else {
      const made = object.model.toLowerCase() === model ? rowOf(line, object) : undefined
      if (made) rows.push(made)
      taken += made ? 1 : 0
    }
    if (options.orderBy.length > 0) continue
    if (rows.length >= 1000) yield rows.splice(0).map(({ row }) => row)
    if (taken === options.maxRecords) break
  }
  if (options.orderBy.length > 0) rows = sorted(rows, options).slice(0, options.maxRecords)
  if (rows.length > 0) yield rows.map(({ row }) => row)
}

async function* objectsOf(open: OpenDump): AsyncGenerator<{ line: number; object: Dumped | string }> {
  for await (const values of jsonValuesOf(decodeText(open()))) {
    for (const { line, text } of values) yield { line, object: parse(text) ?? text }
  }
}

async function survey(open: OpenDump, wanted: ReadonlySet<string>): Promise<Known> {
  const known: Known = { types: new Map(), models: new Map(), objects: new Map() }
  for await (const { object } of objectsOf(open)) {
    if (typeof object === 'string') continue
    const { pk, fields } = object
    const model = object.model.toLowerCase()
    if (model === 'contenttypes.contenttype')
      known.types.set(String(pk), `${fields.app_label}.${fields.model}`)
    const seen = known.models.get(model) ?? { fields: new Set(), kinds: new Map() }
    known.models.set(model, seen)
    for (const name of Object.keys(fields)) seen.fields.add(name)
    if (fields.content_type !== undefined) {
      const kind = String(fields.content_type)
      seen.kinds.set(kind, (seen.kinds.get(kind) ?? 0) + 1)
    }
    const kept = Object.fromEntries(Object.entries(fields).filter(([name]) => wanted.has(name)))
    if (wanted.size > 0 && (Object.keys(kept).length > 0 || wanted.has('pk') || wanted.has('id'))) {
      const objects = known.objects.get(model) ?? new Map<string, Record<string, unknown>>()
      known.objects.set(model, objects.set(String(pk), kept))
    }
  }
  return known
}

function modelOf({ models }: Known, { model, updated }: DjangoOptions): string {
  const all = [...models.keys()]
  if (model !== undefined) {
    const asked = model.toLowerCase()
    const found = all.find((name) => name === asked || name.replace('.', '_') === asked)
    if (found) return found
    throw wrongUsage(`--model: no objects of ${model}; ${suggestion(asked, all)}`)
  }
  const generic = [...models]
    .filter(([, { fields }]) => fields.has('content_type') && fields.has('object_id'))
    .map(([name, { fields }]) => ({ name, columns: [...fields] }))
  return chooseModel(generic, updated, all)
}

function createRows(known: Known, model: string, options: DjangoOptions, columns: readonly string[]) {
  const fields = known.models.get(model)?.fields ?? new Set()
  const generic = fields.has('content_type') && fields.has('object_id')
  const tells = tellsKinds(options, columns, fields.has('content_type'))
  const kind = tells ? kindOf(known, model, options) : undefined
  const names = [...fields, 'pk', ...(generic ? [PARENT] : [])]
  const missing = [...columns, options.match ? options.match.from : options.link].filter(
    (path) => !(path === PARENT && columns.includes(PARENT)) && !names.includes(path.split('.')[0] as string),
  )
  if (missing.length > 0) throw unknownColumns(missing, names, `in ${model}`)
  const matched = options.match ? keysByAttribute(known, options) : undefined
  const attributeOf = (object: Dumped, path: string) => follow(known, object, path.split('.'))
  const parentOf = (object: Dumped): unknown => {
    if (matched) return matched.get(String(attributeOf(object, options.match!.from))) ?? undefined
    return attributeOf(object, generic && options.link === PARENT ? 'object_id' : options.link)
  }
  return (line: number, object: Dumped) => {
    if (kind !== undefined && typeName(known, object.fields.content_type) !== kind) return undefined
    const row: Row = {
      line,
      text: JSON.stringify(object),
      cells: columns.map((name) => textOf(name === PARENT ? parentOf(object) : attributeOf(object, name))),
    }
    return { row, order: options.orderBy.map(({ path }) => textOf(attributeOf(object, path))) }
  }
}

function kindOf(known: Known, model: string, options: DjangoOptions): string | undefined {
  const kinds = [...(known.models.get(model)?.kinds ?? [])]
  const named = new Map<string, number>()
  for (const [type, rows] of kinds)
    named.set(typeName(known, type), (named.get(typeName(known, type)) ?? 0) + rows)
  return chooseKind(
    [...named].map(([name, rows]) => ({ name, rows })),
    options,
  )
}

/** The name of a content type, which a dump has by id or, with natural keys, by name. */
function typeName({ types }: Known, type: unknown): string {
  const text = String(type)
  return types.get(text) ?? text.replace(',', '.')
}

/** By the attribute of `--match-spec`, the key of the one object that has it; null where several do. */
function keysByAttribute({ objects }: Known, options: DjangoOptions): Map<string, string | null> {
  const keys = new Map<string, string | null>()
  const target = targetOf(options)
  for (const [pk, fields] of objects.get(options.match!.model.toLowerCase()) ?? []) {
    const value = target === 'pk' || target === 'id' ? pk : textOf(fields[target])
    if (value !== undefined) keys.set(value, keys.has(value) ? null : pk)
  }
  return keys
}

function targetOf({ match }: DjangoOptions): string {
  const from = match?.from.split('.').at(-1) as string
  return match?.to ?? (from === 'object_id' ? 'pk' : from)
}

/** Goes over foreign keys. Which model one means the dump does not say: the one called so, or the only one that fits. */
function follow(known: Known, object: Dumped, [first = '', ...later]: string[]): unknown {
  let value =
    first === 'pk' || first === 'id'
      ? object.pk
      : (object.fields[first] ?? object.fields[first.replace(/_id$/, '')])
  let name = first
  for (const next of later) {
    const key = String(value)
    const fitting = [...known.objects].filter(
      ([model, objects]) => next in (objects.get(key) ?? {}) && model !== 'contenttypes.contenttype',
    )
    const called = fitting.filter(([model]) => model.split('.')[1] === name.replaceAll('_', ''))
    const [found] = called.length === 1 ? called : fitting.length === 1 ? fitting : []
    if (next === 'pk' || next === 'id') continue
    value = found?.[1].get(key)?.[next]
    name = next
  }
  return value
}

function sorted<T extends { order: (string | undefined)[] }>(rows: T[], { orderBy }: DjangoOptions): T[] {
  return rows.toSorted((a, b) => {
    for (const [index, { descending }] of orderBy.entries()) {
      const order = compare(a.order[index] ?? '', b.order[index] ?? '')
      if (order !== 0) return descending ? -order : order
    }
    return 0
  })
}

function compare(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)]
  if (a !== '' && b !== '' && !Number.isNaN(x) && !Number.isNaN(y)) return x - y
  return a < b ? -1 : a > b ? 1 : 0
}

function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function parse(text: string): Dumped | undefined {
  try {
    const value = JSON.parse(text) as Dumped
    return typeof value?.model === 'string' && typeof value.fields === 'object' && value.fields
      ? value
      : undefined
  } catch {
    return undefined
  }
}
