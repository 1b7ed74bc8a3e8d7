import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atExit } from './at-exit.ts'

/** A new empty folder, removed when the process ends; `remove` does it sooner. */
export interface TempDir {
  path: string
  remove(): void
}

/** Makes a folder below the system's temporary one. @param name what it is for, the start of its name */
export function tempDir(name: string): TempDir {
  const path = mkdtempSync(join(tmpdir(), `trackable-${name}-`))
  const removeNow = () => rmSync(path, { recursive: true, force: true, maxRetries: 3 })
  const forget = atExit(removeNow)
  return {
    path,
    remove() {
      forget()
      removeNow()
    },
  }
}
