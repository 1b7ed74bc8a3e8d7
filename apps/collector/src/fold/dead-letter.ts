import type { Dataset } from '@trackable/dataset'
import type { DeadLetter } from '../db/fold-database.ts'
import type { Entry } from '../log/event-log.ts'
import { readable } from './readable.ts'
import type { Dead } from './resolve.ts'

/** An event that cannot be folded, by the names it was sent with, and as the log has it, for a replay. */
export function deadLetterOf({ code, message }: Dead, entry: Entry, index: number): DeadLetter {
  const logged = entry.batch.events[index]!
  const definition = entry.definitions[logged[0]] as Dataset
  return {
    position: entry.position,
    index,
    dataset: definition.name,
    code,
    message,
    event: readable(logged, entry.definitions),
    logged: [0, ...logged.slice(1)],
    definition,
  }
}
