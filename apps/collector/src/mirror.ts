import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Keeps a list beside the log, synced, so that ingest knows it while the database is away. */
export async function mirrorList(path: string, list: readonly unknown[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(JSON.stringify(list))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}

/** A mirrored list; undefined where there is no mirror. */
export async function mirroredList<T>(path: string): Promise<T[] | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`the mirror ${path} cannot be read; delete it and start again`, { cause: error })
  }
}
