import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Dataset } from '@trackable/dataset'
import { isSubtractable } from '@trackable/dataset/fold'
import type { ImportPart } from '@trackable/protocol'
import type { Definitions, LoggedEvent } from '../log/event-log.ts'
import type { ResolvedEvent } from './resolve.ts'

/** What a batch of an import added, kept so that it can be taken back without its input. */
export interface ImportContent {
  /** The fields that it wrote, as `dataset.field`. */
  fields: string[]
  /** The events with the values under which they count, packed; undefined where a field cannot be taken back. */
  content?: string
}

/** An import has even generations; the odd one that follows takes it back. */
export function isUndo({ generation }: Pick<ImportPart, 'generation'>): boolean {
  return generation % 2 === 1
}

/** Whether what a field was given can be taken back. */
export function isTakenBack(dataset: Dataset, field: string): boolean {
  return isSubtractable(dataset.fields[field]?.kind)
}

/** Packs what events add. Their dimensions are those that were admitted, which a later admission does not change. */
export function contentOf(datasets: readonly Dataset[], events: readonly ResolvedEvent[]): ImportContent {
  const places = new Map<number, number>()
  const written = new Set<number>()
  const packed = events.map(({ dataset, parent, at, fields, dimensions }): LoggedEvent => {
    for (let i = 0; i < fields.length; i += 2) written.add(dataset * FIELDS + (fields[i] as number))
    if (!places.has(dataset)) places.set(dataset, places.size)
    return [places.get(dataset) as number, parent, at, fields, dimensions]
  })
  const pairs = [...written].map((code): [Dataset, string] => {
    const dataset = datasets[Math.floor(code / FIELDS)] as Dataset
    return [dataset, Object.keys(dataset.fields)[code % FIELDS] as string]
  })
  const fields = pairs.map(([{ name }, field]) => `${name}.${field}`).sort()
  if (!pairs.every(([dataset, field]) => isTakenBack(dataset, field))) return { fields }
  const definitions = [...places.keys()].map((place) => datasets[place])
  // The fastest level: an import of a hundred thousand events a second waits for this.
  const content = deflateRawSync(JSON.stringify({ definitions, events: packed }), { level: 1 })
  return { fields, content: content.toString('base64') }
}

/** The definitions and events of what `contentOf` packed. */
export function unpackContent(content: string): { definitions: Definitions; events: LoggedEvent[] } {
  return JSON.parse(inflateRawSync(Buffer.from(content, 'base64')).toString())
}

/** The event that takes another one back. */
export function opposite({ dataset, parent, at, fields, dimensions }: ResolvedEvent): LoggedEvent {
  const inputs = fields.map((input, i) => (i % 2 === 0 ? input : negated(input as number | string)))
  return [dataset, parent, at, inputs, dimensions]
}

// More than a dataset can have.
const FIELDS = 100_000

// Only inputs of fields that can be subtracted come here; −0 would be another input than 0.
function negated(input: number | string): number | string {
  return typeof input === 'number' ? 0 - input : String(-BigInt(input))
}
