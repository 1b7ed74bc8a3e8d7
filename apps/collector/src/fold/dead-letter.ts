import type { Dataset } from '@trackable/dataset'
import type { DeadLetter } from '../db/fold-database.ts'
import type { Entry } from '../log/event-log.ts'
import { readable } from './readable.ts'
import type { Dead } from './resolve.ts'

const MOST_MESSAGE = 1000

/**
 * An event that cannot be folded, by the names it was sent with, and as the log has it, for a replay. All of it can be
 * stored, whatever a log holds or an aggregate has thrown: what no store keeps is U+FFFD.
 */
export function deadLetterOf({ code, message }: Dead, entry: Entry, index: number): DeadLetter {
  const logged = entry.batch.events[index]!
  const definition = entry.definitions[logged[0]] as Dataset
  return {
    position: entry.position,
    index,
    dataset: definition.name,
    code,
    arrival: entry.batch.takesBack ?? entry.batch.arrival,
    message: storableText(message),
    event: storable(readable(logged, entry.definitions)),
    logged: storable([0, ...logged.slice(1)]),
    definition,
  }
}

/** The same of an event that the database does not even take as a letter: why, and nothing to replay. */
export function withoutEvent(letter: DeadLetter, why: string): DeadLetter {
  const message = storableText(`its event could not be kept, ${why}; ${letter.message}`)
  return { ...letter, message, event: {}, logged: [] }
}

/** Whether a letter holds what a replay needs. */
export function holdsEvent({ logged }: { logged: unknown }): boolean {
  return Array.isArray(logged) && logged.length > 0
}

const REPLACEMENT = '\ufffd'

function storableText(text: string): string {
  return text.slice(0, MOST_MESSAGE).replaceAll('\u0000', REPLACEMENT).toWellFormed()
}

function storable(value: unknown): unknown {
  // Escape by escape, so that a backslash of the text itself is none; JSON escapes halves of pairs only.
  const text = JSON.stringify(value).replace(/\\(?:u(0000|d[89a-f]..)|.)/g, (whole, bad) =>
    bad ? REPLACEMENT : whole,
  )
  return JSON.parse(text)
}
