import { syncFailure } from './failure.ts'
import type { LogFileSystem, WritableLogFile } from './file-system.ts'

/**
 * Creates a file that has its name only once its content is on disk; the caller syncs the folder. Where that fails,
 * nothing is left behind.
 * @throws LogError, fatal, where the sync failed; what the file system says otherwise
 */
export async function createWhole(
  fs: LogFileSystem,
  path: string,
  content: Buffer,
): Promise<WritableLogFile> {
  const file = await fs.create(`${path}.new`)
  try {
    await file.write(content)
    await file.sync().catch((cause) => {
      throw syncFailure(cause)
    })
    await fs.rename(`${path}.new`, path)
    return file
  } catch (error) {
    await file.close().catch(() => undefined)
    await fs.remove(`${path}.new`).catch(() => undefined)
    throw error
  }
}
