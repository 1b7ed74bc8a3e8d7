import type { Dataset } from '@trackable/dataset'
import { DROP_CODES, GRANT_LENGTH, LIMITS, REJECT_CODES, REQUEST_CODES } from '@trackable/protocol'

const text = (description?: string) => ({ type: 'string', ...(description && { description }) })
const object = (properties: object, required: readonly string[] = []) => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
})
const listOf = (items: object) => ({ type: 'array', items })
const mapOf = (values: object) => ({ type: 'object', additionalProperties: values })
const at = (codes: readonly string[]) => ({ index: { type: 'integer' }, code: { enum: codes } })

const PARENTS = {
  text: { oneOf: [{ type: 'string', minLength: 1, maxLength: LIMITS.parentLength }, { type: 'integer' }] },
  uuid: { type: 'string', format: 'uuid' },
  bigint: { oneOf: [{ type: 'integer' }, { type: 'string', pattern: '^-?\\d{1,19}$' }] },
}

/** An event of one dataset, as ingest checks it. */
function eventSchema({ name, parent, fields, dimensions }: Dataset): object {
  const inputs = Object.entries(fields).map(([field, { label }]) => [field, label ? { title: label } : {}])
  const values = Object.entries(dimensions).map(([dimension, { maxLength }]) => [
    dimension,
    { type: 'string', maxLength },
  ])
  const properties = {
    dataset: { const: name },
    parent: PARENTS[parent],
    at: {
      type: 'string',
      format: 'date-time',
      description: 'when it happened; arrival where it is left out',
    },
    fields: { ...object(Object.fromEntries(inputs)), minProperties: 1, additionalProperties: false },
    dimensions: { ...object(Object.fromEntries(values)), additionalProperties: false },
    userAgent: text('the visitor of a server; secret keys only'),
    address: text('the visitor of a server; secret keys only'),
  }
  return object(properties, ['dataset', 'parent', 'fields'])
}

const whole = { type: 'integer', minimum: 0 }
const name = { type: 'string', minLength: 1, maxLength: 200 }
const generation = { ...whole, multipleOf: 2 }
const importPart = {
  ...object({ name, generation, from: whole, to: whole }, ['name', 'generation', 'from', 'to']),
  description: 'rows from up to, not including, to; secret keys only',
}

/** The shapes of the wire, from the definitions, the limits and the lists of codes that ingest checks by. */
export function schemasOf(datasets: readonly Dataset[]): Record<string, object> {
  const events = { ...listOf({ oneOf: datasets.map(eventSchema) }), maxItems: LIMITS.events }
  return {
    Batch: object(
      {
        v: { const: 1 },
        id: {
          type: 'string',
          format: 'uuid',
          description:
            'UUIDv7, made when the batch is opened, and never changed; of an import UUIDv8, made of its content',
        },
        key: text('the key, where it is not in the header'),
        sentAt: { type: 'string', format: 'date-time', description: 'set anew at each attempt' },
        grant: { type: 'string', maxLength: GRANT_LENGTH },
        import: importPart,
        webdriver: { type: 'boolean', description: 'what navigator.webdriver says' },
        events,
      },
      ['v', 'id', 'events'],
    ),
    BatchAnswer: object(
      {
        id: { type: 'string', format: 'uuid' },
        accepted: { type: 'integer' },
        dropped: listOf(object(at(DROP_CODES), ['index', 'code'])),
        rejected: listOf(object({ ...at(REJECT_CODES), message: text() }, ['index', 'code', 'message'])),
        duplicate: { const: true },
      },
      ['id', 'accepted', 'dropped', 'rejected'],
    ),
    DryAnswer: {
      allOf: [
        { $ref: '#/components/schemas/BatchAnswer' },
        object({ changes: mapOf(mapOf({ type: 'string', description: 'decimal digits' })) }, ['changes']),
      ],
    },
    ImportEnd: object({ name, generation }, ['name', 'generation']),
    ImportUndo: object({ name, after: { ...whole, description: 'the row to go on from' } }, ['name']),
    Error: object(
      { code: { enum: Object.keys(REQUEST_CODES) }, message: text(), retryAfter: { type: 'integer' } },
      ['code', 'message'],
    ),
  }
}
