import { LIMITS } from '@trackable/protocol'
import { ConvertError } from '../error.ts'
import type { Mapped, MappedEvent } from '../mapping/mapping.ts'
import type { Table } from '../sources/source.ts'
import { type SealedBatch, sealBatch } from './identity.ts'
import type { KnownPart, KnownParts } from './known-parts.ts'

/** Of a body of 1 MiB, what events may take: the rest is for what surrounds them. */
const MOST_BYTES = 900 * 1024

/** Something that stands in a row: where it came from, to name it later. */
export interface Origin {
  table: Pick<Table, 'name' | 'header'>
  line: number
  text: string
}

/** One row after the mapping. */
export interface MappedRow {
  origin: Origin
  mapped: Mapped
}

/** An event, and the row it is of. */
export interface RowEvent {
  event: MappedEvent
  origin: Origin
}

/** A batch that is ready to be sent, or that the collector has already. */
export interface PlannedBatch {
  sealed: SealedBatch
  events: readonly RowEvent[]
  /** The part that the collector has; undefined where it is to be sent. */
  known: KnownPart | undefined
}

interface OpenBatch {
  from: number
  /** The row before which it ends at the latest. */
  end: number
  /** The part of an earlier run that it repeats. */
  part: KnownPart | undefined
  events: RowEvent[]
  bytes: number
}

/**
 * Cuts rows into batches. Rows are counted over all inputs, also those that become no event. Where an earlier run
 * cut, this one cuts too: a part that the collector has must come out with the same id, and is then not sent again;
 * new batches fill the gaps between such parts and go on after the last one.
 * @throws ConvertError `import_changed` where rows differ from those that were sent, or are no longer there
 */
export async function* planBatches(
  rows: AsyncIterable<MappedRow[]>,
  name: string,
  known: KnownParts,
): AsyncGenerator<PlannedBatch> {
  let row = 0
  /** Behind the last row that became an event. */
  let settled = 0
  let batch = await open(row, known)
  for await (const group of rows) {
    for (const { mapped, origin } of group) {
      const size = mapped.kind === 'event' ? Buffer.byteLength(mapped.event.json) + 1 : 0
      if (row === batch.end || (size > 0 && isFull(batch, size))) {
        yield close(batch, row, name, known.generation)
        batch = await open(row, known)
      }
      if (mapped.kind === 'event') {
        batch.events.push({ event: mapped.event, origin })
        batch.bytes += size
        settled = row + 1
      }
      row++
    }
  }
  const missing = batch.part && row < batch.part.to ? batch.part : await known.peek()
  if (missing) throw shorter(name, row, missing.to)
  // Rows at the end that are no events may be the beginning of a line that is still being written.
  const to = batch.part?.to ?? settled
  if (to > batch.from) yield close(batch, to, name, known.generation)
}

async function open(from: number, known: KnownParts): Promise<OpenBatch> {
  const next = await known.peek()
  const batch = { from, events: [], bytes: 0 }
  if (next && next.from < from) {
    throw new Error(
      `the collector has rows ${next.from} to ${next.to} of this import, which overlap those up to ${from}; run one import of a name at a time`,
    )
  }
  if (next?.from !== from) return { ...batch, end: next?.from ?? Number.POSITIVE_INFINITY, part: undefined }
  known.take()
  return { ...batch, end: next.to, part: next }
}

function isFull({ events, bytes }: OpenBatch, size: number): boolean {
  return events.length === LIMITS.events || bytes + size > MOST_BYTES
}

function close(batch: OpenBatch, to: number, name: string, generation: number): PlannedBatch {
  const { from, part, events } = batch
  const sealed = sealBatch(
    { name, generation, from, to },
    events.map(({ event }) => event.json),
  )
  // A part that would no longer fit into one batch, or ends early, is another one too: its id has `to` in it.
  if (part && part.id !== sealed.id) throw changed(name, part, events[0])
  return { sealed, events, known: part }
}

function changed(name: string, { from, to }: KnownPart, first: RowEvent | undefined): ConvertError {
  const where = first ? ` (from line ${first.origin.line} of ${first.origin.table.name} on)` : ''
  return new ConvertError(
    'import_changed',
    `import_changed: rows ${from + 1} to ${to}${where} are not those that import ${JSON.stringify(name)} sent before; the input or the mapping has changed. Nothing more was sent. Run it with the old input and mapping, or give the new one another --name, which counts all of it once more`,
  )
}

function shorter(name: string, rows: number, known: number): ConvertError {
  return new ConvertError(
    'import_changed',
    `import_changed: the input ends after ${rows} rows, and import ${JSON.stringify(name)} has sent rows up to ${known} before. Nothing more was sent. Run it with the whole input, or give the new one another --name, which counts all of it once more`,
  )
}
