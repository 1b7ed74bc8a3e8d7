import { dirname } from 'node:path'
import { failpoint } from '../../failpoint.ts'
import type { EventLog } from '../event-log.ts'
import type { LogFileSystem } from './file-system.ts'
import { inspect } from './inspect.ts'
import type { Kept } from './recover.ts'
import { parsePosition, type Segment } from './segment.ts'

/** Removes the segments before the offset's whose records all arrived before a time, oldest first. */
export function createTrim(fs: LogFileSystem, kept: Kept): EventLog['trim'] {
  async function youngest(segment: Segment): Promise<number> {
    segment.youngest ??= (await inspect(fs, segment)).youngest
    return segment.youngest
  }

  return async (through, arrivedBefore) => {
    const stem = parsePosition(through)?.stem
    if (!kept.segments.some((segment) => segment.stem === stem)) return
    let removed = 0
    // The segment of the offset stays: its last folded record is what tells a rolled-back log from this one.
    for (let oldest = kept.segments[0]!; oldest.stem !== stem; oldest = kept.segments[0]!) {
      if ((await youngest(oldest)) >= arrivedBefore) return
      if (__FAILPOINTS__) await failpoint(removed++ === 0 ? 'trim-begun' : 'trim-half')
      kept.segments = kept.segments.slice(1)
      await fs.remove(oldest.path)
      // Each for itself: after a power cut a later one must not be gone while an earlier one is there.
      await fs.syncDir(dirname(oldest.path))
    }
  }
}
