import { readdirSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { ConvertError } from '../error.ts'

/** One thing to read: a file, or standard input. */
export interface Input {
  /** How messages and rejects call it. */
  name: string
  /** Undefined for standard input. */
  path: string | undefined
  /** Bytes on disk; undefined where nobody knows. */
  size: number | undefined
}

/** The ending of the files that rejects go to; a folder's are not read as inputs. */
export const REJECTS_ENDING = '.rejects.ndjson'

/**
 * The inputs that arguments name: a file, `-` for standard input, or a folder, whose files are read in the order of
 * their names, deep, hidden ones and rejects left out.
 * @throws ConvertError for what cannot be read
 */
export function findInputs(paths: readonly string[]): Input[] {
  const inputs = paths.flatMap((path) => (path === '-' ? [standardInput()] : inputsAt(path)))
  if (inputs.length === 0) {
    throw new ConvertError('input', `there are no files in ${paths.join(', ')}; name files, folders or -`)
  }
  return inputs
}

function standardInput(): Input {
  return { name: 'standard input', path: undefined, size: undefined }
}

function inputsAt(path: string): Input[] {
  const stats = statsOf(path)
  if (!stats.isDirectory()) return [{ name: path, path, size: stats.isFile() ? stats.size : undefined }]
  return readdirSync(path)
    .filter((name) => !name.startsWith('.') && !name.endsWith(REJECTS_ENDING))
    .sort()
    .flatMap((name) => inputsAt(join(path, name)))
}

function statsOf(path: string): Stats {
  try {
    return statSync(path)
  } catch (error) {
    throw new ConvertError('input', `${path} cannot be read: ${(error as Error).message}`)
  }
}
