import type { Collector } from '../collector/client.ts'
import { createProgress, type Screen } from '../report/progress.ts'

/**
 * Takes the newest import of a name back, and gives how many events that were. Cut off and run again, it goes through
 * all parts once more and takes back those that are left.
 * @throws ConvertError `refused` before anything is taken back, where not all of it can be
 */
export async function undo(collector: Collector, name: string, screen: Screen): Promise<number> {
  const progress = createProgress(screen, undefined)
  let events = 0
  try {
    // All of it is asked first, because a part that cannot be taken back may stand behind those that can.
    for (let after: number | null = 0; after !== null; ) {
      after = (await collector.undo(name, after, true)).next
    }
    for (let after: number | null = 0; after !== null; ) {
      const page = await collector.undo(name, after, false)
      events += page.events
      progress.rows(page.events)
      after = page.next
    }
  } finally {
    progress.stop()
  }
  return events
}
