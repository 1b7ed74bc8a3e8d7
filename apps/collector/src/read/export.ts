import { suggestion } from '@trackable/dataset'
import { layoutOf, type TableLayout } from '@trackable/dataset/fold'
import { type Context, Hono } from 'hono'
import { type Refusal, refusalAnswer, refuse } from '../answer.ts'
import { type Asked, askedQuantiles, readable, readerKey } from './access.ts'
import { type ExportedRow, encoderOf, FORMATS, type Format } from './export-format.ts'
import { type ExportQuery, isKeyOf, keyNames, readPage } from './export-page.ts'
import type { ReadOptions } from './route.ts'

/**
 * `GET /v1/export/:dataset?grain=&format=csv|ndjson&cursor=`: a whole table as a stream, in the order of its key. What
 * is cut off goes on behind its last row: the cursor is that row's key as a JSON array.
 */
export function createExport({ db, schema, keys, datasets }: Omit<ReadOptions, 'now'>): Hono {
  return new Hono().get('/v1/export/:dataset', (c) => {
    const key = readerKey(c, keys)
    if ('code' in key) return refusalAnswer(key)
    if (key.kind !== 'secret') return refusalAnswer(refuse('forbidden', 'an export needs a secret key'))
    const asked = readable(c, key, datasets)
    if ('code' in asked) return refusalAnswer(asked)
    const query = exportQuery(c, asked)
    if ('code' in query) return refusalAnswer(query)
    const format = c.req.query('format') ?? 'ndjson'
    if (!FORMATS.includes(format as Format)) {
      return refusalAnswer(refuse('malformed', `format is "${format}"; expected ${FORMATS.join(' or ')}`))
    }
    const encode = encoderOf(format as Format, keyNames(query.layout), query.fields)
    return new Response(
      pagesOf((after) => readPage(db, schema, { ...query, after }), query, encode),
      {
        headers: {
          'Content-Type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson',
          'Content-Disposition': `attachment; filename="${query.layout.name}.${format}"`,
          'Cache-Control': 'no-store',
        },
      },
    )
  })
}

function exportQuery(
  c: Context,
  { dataset, fields }: Omit<Asked, 'by' | 'quantiles'>,
): ExportQuery | Refusal {
  const layouts = layoutOf(dataset)
  const kind = c.req.query('grain') ?? 'totals'
  const layout = layouts.find((one) => one.kind === kind)
  if (!layout) {
    const kinds = layouts.map((one) => one.kind)
    return refuse('malformed', `no table "${kind}" in dataset "${dataset.name}"; ${suggestion(kind, kinds)}`)
  }
  const text = c.req.query('cursor')
  const after = text === undefined ? undefined : parseKey(text, layout)
  if (text !== undefined && !after) {
    const names = keyNames(layout).join(', ')
    return refuse(
      'malformed',
      `cursor is ${text.slice(0, 80)}; expected a JSON array of the last row's ${names}`,
    )
  }
  const quantiles = askedQuantiles(c)
  return 'code' in quantiles ? quantiles : { layout, fields, after, quantiles }
}

function parseKey(text: string, layout: TableLayout): string[] | undefined {
  try {
    const key: unknown = JSON.parse(text)
    // A plus sign in a query is a space.
    if (layout.bucket && Array.isArray(key)) key[1] = String(key[1]).replace(/ (?=\d\d:\d\d$)/, '+')
    return isKeyOf(layout, key) ? key : undefined
  } catch {
    return undefined
  }
}

/** Page by page, the next one when the reader has taken the last: memory holds one, however long the table. */
function pagesOf(
  read: (after: string[] | undefined) => Promise<{ rows: ExportedRow[]; next: string[] | undefined }>,
  { after }: ExportQuery,
  encode: (rows: ExportedRow[], first: boolean) => string,
): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder()
  let from = after
  let first = true
  return new ReadableStream({
    async pull(controller) {
      const { rows, next } = await read(from)
      const text = encode(rows, first)
      if (text) controller.enqueue(utf8.encode(text))
      first = false
      from = next
      if (!next) controller.close()
    },
  })
}
