import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { Dataset } from '@trackable/dataset'
import type { BatchAnswer } from '@trackable/protocol'
import type { Collector } from '../collector/client.ts'
import { expectedReject } from '../collector/definition.ts'
import { ConvertError } from '../error.ts'
import type { PlannedBatch } from '../import/batches.ts'
import { type Changes, changesOf } from './changes.ts'

/** What became of a batch. */
export interface Delivered {
  batch: PlannedBatch
  answer: Pick<BatchAnswer, 'dropped' | 'rejected' | 'duplicate'>
  /** What it adds, where that was asked. */
  changes?: Changes
}

/** Where batches go. */
export interface Delivery {
  deliver(batch: PlannedBatch): Promise<Delivered>
  /** Resolves when everything is where it belongs. */
  close(): Promise<void>
}

const ALL_TAKEN = { dropped: [], rejected: [] }

/** Sends batches to a collector, or asks it what they would change. One that it has is not sent again. */
export function createSending(collector: Collector, dataset: Dataset, write: boolean): Delivery {
  return {
    async deliver(batch) {
      if (batch.known) return { batch, answer: knownAnswer(batch, dataset) }
      if (write) return { batch, answer: await collector.send(batch.sealed) }
      const { changes, ...answer } = await collector.try(batch.sealed)
      return { batch, answer, changes }
    },
    close: () => Promise.resolve(),
  }
}

/** Adds events up and sends them nowhere. */
export const addingUp: Delivery = {
  deliver: (batch) =>
    Promise.resolve({
      batch,
      answer: ALL_TAKEN,
      changes: changesOf(batch.events.map(({ event }) => event.json)),
    }),
  close: () => Promise.resolve(),
}

/** Writes events into a file as NDJSON. */
export function createWriting(file: string): Delivery {
  const stream = createWriteStream(file)
  const done = finished(stream).catch((error: Error) => {
    throw new ConvertError('input', `${file} cannot be written: ${error.message}`)
  })
  // Told by `deliver` or `close`, whichever comes first.
  done.catch(() => {})
  return {
    async deliver(batch) {
      const text = batch.events.map(({ event }) => `${event.json}\n`).join('')
      if (!stream.write(text)) await Promise.race([once(stream, 'drain'), done])
      return { batch, answer: ALL_TAKEN }
    },
    close() {
      stream.end()
      return done
    },
  }
}

function knownAnswer({ events }: PlannedBatch, dataset: Dataset): Delivered['answer'] {
  const rejected = events.flatMap(({ event }, index) => {
    const reason = expectedReject(event.json, dataset)
    return reason ? [{ index, ...reason }] : []
  })
  return { dropped: [], rejected, duplicate: true }
}
