import { LIMITS } from '@trackable/protocol'

interface Parameter {
  name: string
  in: 'query'
  required?: boolean
  description: string
  schema: object
}

const text = { type: 'string' }
const listOf = (items: object) => ({ type: 'array', items })
const query = (name: string, description: string, schema: object = text): Parameter => ({
  name,
  in: 'query',
  description,
  schema,
})
const needed = (parameter: Parameter): Parameter => ({ ...parameter, required: true })

const PARENT = query('parent', 'one parent')
const FIELDS = query('fields', 'names, with commas or repeated; all where it is left out', listOf(text))
const BY = query('by', 'dimensions to group by, with commas or repeated', listOf(text))
const QUANTILES = query('quantiles', 'of distributions, at most 20, from 0 to 1', listOf({ type: 'number' }))
const BIGINT = query('bigint', 'whole numbers as text', { enum: ['string'] })
const SPAN = [
  query('grain', 'a grain of the series'),
  query('from', 'an ISO 8601 time, or a date in the zone of the series'),
  query('to', 'the same; not included'),
]
const WHOLE = { type: 'integer', minimum: 0 }

/** What each route takes in its query, beside the key, which is in `security`. One that is not here takes nothing. */
const QUERIES: Readonly<Record<string, readonly Parameter[]>> = {
  'POST /v1/batches': [query('dry', 'changes nothing, and says what would; needs a secret key')],
  'POST /v1/imports/undo': [query('dry', 'changes nothing, and says whether these parts can be taken back')],
  'GET /v1/go/:/:/:': [
    needed(query('to', 'where to: an absolute URL', { type: 'string', format: 'uri', maxLength: 4096 })),
    query('sig', 'a signature, for an origin that the key does not name'),
  ],
  'GET /v1/imports': [
    query('name', 'the newest of that name alone, and which parts of it have counted'),
    query('after', 'parts from this row on', WHOLE),
  ],
  'GET /v1/datasets/:/totals': [
    needed(query('parent', 'repeated', { ...listOf(text), minItems: 1, maxItems: LIMITS.readParents })),
    FIELDS,
    BY,
    QUANTILES,
    BIGINT,
  ],
  'GET /v1/datasets/:/series': [PARENT, ...SPAN, FIELDS, BY, QUANTILES, BIGINT],
  'GET /v1/datasets/:/top': [
    needed(query('field', 'parents in order of it')),
    ...SPAN,
    FIELDS,
    BY,
    QUANTILES,
    query('limit', 'most rows, 20 by default', { type: 'integer', minimum: 1, maximum: 1000 }),
    query('cursor', 'what the last answer ended with'),
    BIGINT,
  ],
  'GET /v1/datasets/:/badge.svg': [
    needed(PARENT),
    needed(query('field', 'one that is one number')),
    query('label', 'text beside it'),
  ],
  'GET /v1/live': [
    query('dataset', 'repeated; all that may be read where it is left out', listOf(text)),
    query('parent', 'repeated; all where it is left out', listOf(text)),
    FIELDS,
    BIGINT,
  ],
  'GET /v1/export/:': [
    query('grain', 'a grain of the series, or totals, the default'),
    query('format', 'ndjson by default', { enum: ['csv', 'ndjson'] }),
    query('cursor', "the last row's key as a JSON array, to go on behind it"),
    FIELDS,
    QUANTILES,
  ],
}

/** The parameters of a route: those in its path by these names, then those of its query. */
export function parametersOf(route: string, inPath: readonly string[]): object[] {
  const path = inPath.map((name) => ({ name, in: 'path', required: true, schema: text }))
  return [...path, ...(QUERIES[route] ?? [])]
}
