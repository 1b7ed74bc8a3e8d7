#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { CommanderError } from 'commander'
import { createProgram } from './cli/program.ts'
import { ConvertError } from './error.ts'

// V8 looks for garbage when the heap has several times the size of what lives in it: of a long log 15 MB live, and
// 250 MB were taken. A half more is enough; the time of a run stayed the same (test/bench/convert.ts, --memory).
setFlagsFromString('--heap-growing-percent=50')

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const program = createProgram(version)

/** Exit codes: 0, 1 failed, 2 wrong usage. */
function exitOnUsage(command: typeof program): void {
  command.exitOverride()
  for (const inner of command.commands) exitOnUsage(inner)
}

exitOnUsage(program)
try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2)
  const expected = error instanceof ConvertError
  process.stderr.write(`${expected ? `trackable-convert: ${error.message}` : (error as Error).stack}\n`)
  process.exit(expected && error.code === 'usage' ? 2 : 1)
}
