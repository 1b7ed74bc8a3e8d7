import { writeFileSync } from 'node:fs'
import { ConvertError } from '../error.ts'
import { readSpiders } from '../sources/django/spiders.ts'

/** Writes the Spider table, one agent a line, as `trackable spiders import` reads it. @param file undefined for standard output */
export async function writeSpiders(inputs: readonly string[], file: string | undefined): Promise<void> {
  const agents = await readSpiders(inputs)
  const text = `${agents.join('\n')}\n`
  if (file === undefined) {
    process.stdout.write(text)
    return
  }
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new ConvertError('input', `${file} cannot be written: ${(error as Error).message}`)
  }
  process.stderr.write(`${agents.length} agents; now run: trackable spiders import ${file}\n`)
}
