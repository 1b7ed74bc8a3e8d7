import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { Dataset } from '@trackable/dataset'
import type { BatchAnswer } from '@trackable/protocol'
import type { Collector } from '../collector/client.ts'
import { expectedReject } from '../collector/definition.ts'
import { ConvertError } from '../error.ts'
import type { PlannedBatch, RowEvent } from '../import/batches.ts'
import type { KnownPart } from '../import/known-parts.ts'
import { createBotFilter } from './bots.ts'
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

/**
 * Sends batches to a collector, or asks it what they would change. One that it has is not sent again.
 * @param ending what to do when all is sent; left out, nothing is sent and the collector is only asked
 */
export function createSending(
  collector: Collector,
  dataset: Dataset,
  ending: (() => Promise<void>) | undefined,
): Delivery {
  // What had nothing in it is no import, and has no end.
  let began = false
  return {
    async deliver(batch) {
      began = true
      if (batch.known) return { batch, answer: knownAnswer(batch.events, batch.known, dataset) }
      if (ending) return { batch, answer: await collector.send(batch.sealed) }
      const { changes, ...answer } = await collector.try(batch.sealed)
      return { batch, answer, changes }
    },
    close: async () => {
      if (began) await ending?.()
    },
  }
}

/** Adds events up and sends them nowhere. Bots are told by isbot alone: an operator's list is with the collector. */
export async function createAddingUp(): Promise<Delivery> {
  const isBot = await createBotFilter()
  return {
    deliver(batch) {
      const dropped = batch.events.flatMap(({ event }, index) =>
        isBot(event.userAgent) ? [{ index, code: 'bot' as const }] : [],
      )
      const bots = new Set(dropped.map(({ index }) => index))
      const taken = batch.events.filter((_, index) => !bots.has(index))
      const changes = changesOf(taken.map(({ event }) => event.json))
      return Promise.resolve({ batch, answer: { dropped, rejected: [] }, changes })
    },
    close: () => Promise.resolve(),
  }
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

/**
 * What the collector said about a part that it has. Which of its events were bots it does not keep; how many is told
 * by what it accepted, and they are taken to be those whose agent is known, then any.
 */
function knownAnswer(events: readonly RowEvent[], known: KnownPart, dataset: Dataset): Delivered['answer'] {
  const rejected = events.flatMap(({ event }, index) => {
    const reason = expectedReject(event.json, dataset)
    return reason ? [{ index, ...reason }] : []
  })
  const refused = new Set(rejected.map(({ index }) => index))
  const dropped = events
    .map((_, index) => index)
    .filter((index) => !refused.has(index) && events[index]?.event.userAgent !== undefined)
    .slice(0, Math.max(0, events.length - rejected.length - known.events))
    .map((index) => ({ index, code: 'bot' as const }))
  return { dropped, rejected, duplicate: true }
}
