import type { LogFileSystem } from './file-system.ts'

/** Bytes that must stay free on the volume, so that the database and the log's own segments never meet a full disk. */
export const RESERVE_BYTES = 256 * 1024 * 1024

/** Whether the volume has room, looked at no more than once a second. */
export function createRoomCheck(fs: LogFileSystem, dir: string, reserve: number): () => Promise<boolean> {
  let checkedAt = 0
  let room = true
  return async () => {
    if (Date.now() - checkedAt < 1000) return room
    checkedAt = Date.now()
    room = (await fs.free(dir)) > reserve
    return room
  }
}
