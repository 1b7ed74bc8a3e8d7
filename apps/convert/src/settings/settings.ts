import { basename, resolve } from 'node:path'
import { databaseName, isDatabase } from '../databases/address.ts'
import { wrongUsage } from '../error.ts'
import { nameOf } from '../import/identity.ts'
import type { Mapping } from '../mapping/mapping.ts'
import { type SourceName, sourceOf } from '../sources/by-name.ts'
import type { Table } from '../sources/source.ts'
import type { Flags } from './flags.ts'
import { readMapping } from './mapping.ts'
import { createAttempts, readCount, required } from './read.ts'
import { environment, readTarget, type Target } from './target.ts'

/** Everything that the command line and the environment decide, checked. */
export interface Settings {
  /** Opens what is to be read. @throws ConvertError for inputs that are not there */
  open(): Promise<Table[]>
  mapping: Mapping
  target: Target
  /** Only show how so many first rows become events. */
  peek: number | undefined
  /** The name of the import. */
  name: string
  json: boolean
  /** The file for rejects; beside each input if undefined. */
  rejects: string | undefined
}

const LONGEST_NAME = 200
const INPUTS = 'what is to be read, or - for standard input'
const INPUTS_OR_NAME = 'the inputs of the import that is taken back, or its --name'

/**
 * Reads settings from flags, then environment, then defaults.
 * @throws ConvertError of wrong usage that lists every problem, each with its value and what was expected
 */
export function readSettings(
  name: SourceName,
  inputs: readonly string[],
  given: Flags,
  env = environment,
): Settings {
  const source = sourceOf(name)
  const { attempt, done } = createAttempts()
  // What is taken back is told by its name alone: nothing is read and mapped.
  const reading = given.undo ? createAttempts().attempt : attempt
  const flags = reading(name, () => source.derive?.(given) ?? given) ?? given
  const named = flags.undo && flags.name !== undefined
  if (!named) attempt('INPUT', () => required(inputs[0], given.undo ? INPUTS_OR_NAME : INPUTS))
  const dataset =
    attempt('--dataset', () => (named ? '' : required(flags.dataset, 'the name of the dataset'))) ?? ''
  const settings = {
    open: reading(name, () => source.prepare(inputs, flags)),
    mapping: readMapping(flags, source.defaults ?? {}, reading),
    target: attempt('--to', () => readTarget(flags, env)),
    peek: attempt('--peek', () => (flags.peek === undefined ? undefined : readCount(flags.peek, 'rows'))),
    name: attempt('--name', () => readName(flags.name ?? nameOf(name, dataset, inputs.map(nameOfInput)))),
    json: flags.json ?? false,
    rejects: flags.rejects,
  }
  done()
  return settings as Settings
}

/** The name of an import. @throws ConvertError where it is none */
export function readName(name: string): string {
  const fits = name.length > 0 && name.length <= LONGEST_NAME && !name.includes('\u0000')
  if (fits) return name
  throw wrongUsage(`${JSON.stringify(name.slice(0, 80))}; expected 1 to ${LONGEST_NAME} characters`)
}

/** A file is called by its name, without its folder. */
function nameOfInput(input: string): string {
  if (input === '-') return input
  return isDatabase(input) ? databaseName(input) : basename(resolve(input))
}
