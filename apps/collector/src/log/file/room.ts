import type { LogFileSystem } from './file-system.ts'

const RESERVE_BYTES = 256 * 1024 * 1024
const RESERVE_SHARE = 0.05

/**
 * Whether the volume has room, looked at no more than once a second. The reserve must stay free, so that the database
 * and the log's own segments never meet a full disk; by default 256 MiB, or 5 % of a volume that is small.
 */
export function createRoomCheck(
  fs: LogFileSystem,
  dir: string,
  reserve: number | undefined,
): () => Promise<boolean> {
  let checkedAt = 0
  let room = true
  return async () => {
    if (Date.now() - checkedAt < 1000) return room
    checkedAt = Date.now()
    // Where the system cannot say it, the write will.
    const space = await fs.space(dir).catch(() => undefined)
    if (space) room = space.free > (reserve ?? Math.min(RESERVE_BYTES, space.size * RESERVE_SHARE))
    return room
  }
}
