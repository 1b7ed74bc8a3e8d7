import { readdirSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { ConvertError } from '../error.ts'
import { isArchive, membersOf } from './archive.ts'

/** One thing to read: a file, a file inside a zip archive, or standard input. */
export interface Input {
  /** How messages and rejects call it. */
  name: string
  /** Undefined for standard input. */
  path: string | undefined
  /** The file inside the archive that `path` is. */
  member?: string
  /** Bytes on disk, or in the archive unpacked; undefined where nobody knows. */
  size: number | undefined
}

/** The ending of the files that rejects go to; a folder's are not read as inputs. */
export const REJECTS_ENDING = '.rejects.ndjson'

/**
 * The inputs that arguments name: a file, `-` for standard input, a zip archive, whose files are read, or a folder,
 * whose files are read in the order of their names, deep, hidden ones and rejects left out.
 * @param only which files of folders and archives, by name; every one if left out
 * @throws ConvertError for what cannot be read
 */
export async function findInputs(paths: readonly string[], only = /^/): Promise<Input[]> {
  const inputs: Input[] = []
  for (const path of paths) {
    inputs.push(...(path === '-' ? [standardInput()] : await inputsAt(path, only, false)))
  }
  if (inputs.length === 0) {
    throw new ConvertError(
      'input',
      `there are no such files in ${paths.join(', ')}; name files, folders or -`,
    )
  }
  return inputs
}

/** Which names a pattern with `*` means, at the end of a path, whatever the case. */
export function namesLike(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')
  return new RegExp(`(^|/)${escaped}$`, 'i')
}

function standardInput(): Input {
  return { name: 'standard input', path: undefined, size: undefined }
}

async function inputsAt(path: string, only: RegExp, within: boolean): Promise<Input[]> {
  const stats = looked(path, () => statSync(path))
  if (!stats.isDirectory()) return fileAt(path, stats, only, within)
  const names = looked(path, () => readdirSync(path))
    .filter((name) => !name.startsWith('.') && !name.endsWith(REJECTS_ENDING))
    .sort()
  const inputs: Input[] = []
  for (const name of names) inputs.push(...(await inputsAt(join(path, name), only, true)))
  return inputs
}

async function fileAt(path: string, stats: Stats, only: RegExp, within: boolean): Promise<Input[]> {
  if (!stats.isFile()) return [{ name: path, path, size: undefined }]
  if (looked(path, () => isArchive(path))) {
    const members = (await membersOf(path)).filter(({ name }) => only.test(name))
    return members.map(({ name, size }) => ({
      name: `${path}:${name.replaceAll('/', '-')}`,
      path,
      member: name,
      size,
    }))
  }
  return within && !only.test(path) ? [] : [{ name: path, path, size: stats.size }]
}

/** What the file system says about a path. @throws ConvertError where it does not */
function looked<T>(path: string, look: () => T): T {
  try {
    return look()
  } catch (error) {
    throw new ConvertError('input', `${path} cannot be read: ${(error as Error).message}`)
  }
}
