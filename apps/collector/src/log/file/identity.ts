import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Damage } from '../event-log.ts'
import { createWhole } from './create-whole.ts'
import { isPassing } from './failure.ts'
import type { LogFileSystem } from './file-system.ts'
import type { Segment } from './segment.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * The log's own id, a file beside the segments: a new folder is a new log, with an offset of its own. The segments
 * carry it too, under a checksum, so where no segment knows the file's id the one that most of them know is the
 * log's.
 */
export async function logIdentity(
  fs: LogFileSystem,
  dir: string,
  names: readonly string[],
  segments: readonly Segment[],
): Promise<{ id: string; damage: Damage[] }> {
  const written = names.includes('id') ? (await fs.read(join(dir, 'id'), 0, 64)).toString().trim() : undefined
  const valid = written !== undefined && UUID.test(written) ? written : undefined
  const known = segments.some(({ log }) => log === valid)
  const id = (known ? valid : mostCommon(segments)) ?? valid ?? randomUUID()
  if (id === valid) return { id, damage: [] }
  await writeIdentity(fs, dir, id, segments.length > 0)
  const wrong = {
    segment: 'id',
    bytes: written?.length ?? 0,
    reason: `not the id of this log, which is ${id}`,
  }
  return { id, damage: written === undefined ? [] : [wrong] }
}

function mostCommon(segments: readonly Segment[]): string | undefined {
  const counts = new Map<string, number>()
  for (const { log } of segments) counts.set(log, (counts.get(log) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0]
}

async function writeIdentity(fs: LogFileSystem, dir: string, id: string, elsewhere: boolean): Promise<void> {
  try {
    const file = await createWhole(fs, join(dir, 'id'), Buffer.from(`${id}\n`))
    await file.close()
    await fs.syncDir(dir)
  } catch (error) {
    // On a full disk the headers are enough; the file is written at a later start.
    if (!elsewhere || !isPassing(error)) throw error
  }
}
