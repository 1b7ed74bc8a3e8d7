import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Config } from '@trackable/dataset'

const NAMES = ['trackable.config.ts', 'trackable.config.js', 'trackable.config.mjs']

/** A configuration that cannot be loaded; the message names the file, the path inside it, and what was expected. */
export class ConfigFileError extends Error {
  override readonly name = 'ConfigFileError'
}

/** The configuration file in a folder, or the one that was named. */
export function findConfigFile(named: string | undefined, dir = process.cwd()): string {
  if (named !== undefined) {
    const file = resolve(dir, named)
    if (!existsSync(file)) throw new ConfigFileError(`no configuration file ${file}; check --config`)
    return file
  }
  const found = NAMES.map((name) => resolve(dir, name)).find(existsSync)
  if (found) return found
  throw new ConfigFileError(
    `no ${NAMES.join(' or ')} in ${dir}; "trackable init" writes one, --config names another`,
  )
}

/**
 * Loads a configuration file as it is: TypeScript needs no compiler there, and `@trackable/dataset` need not be
 * installed beside it.
 */
export async function loadConfig(file: string): Promise<Config> {
  const { createJiti } = await import('jiti')
  const jiti = createJiti(import.meta.url, {
    moduleCache: false,
    alias: { '@trackable/dataset': fileURLToPath(import.meta.resolve('@trackable/dataset')) },
  })
  let loaded: unknown
  try {
    loaded = await jiti.import(file, { default: true })
  } catch (error) {
    throw new ConfigFileError(`${file}: ${(error as Error).message}`, { cause: error })
  }
  const config = loaded as Config | undefined
  if (!Array.isArray(config?.datasets) || typeof config.dataset !== 'function') {
    throw new ConfigFileError(
      `${file}: no default export; expected "export default defineConfig({ datasets })"`,
    )
  }
  return config
}
