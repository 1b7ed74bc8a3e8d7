#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { CommanderError } from 'commander'
import { createProgram } from './cli/program.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const program = createProgram(version)

/** Exit codes: 0, 1 failed, 2 wrong usage. */
function exitOnUsage(command: typeof program): void {
  command.exitOverride()
  for (const inner of command.commands) exitOnUsage(inner)
}

// Whoever reads what is printed has enough, as in `| head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

exitOnUsage(program)
try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2)
  const { name, message, stack } = error as Error
  const expected = [
    'CommandError',
    'SettingsError',
    'ConfigFileError',
    'FolderHeldError',
    'DestructiveMigrationError',
    'TracesError',
  ]
  process.stderr.write(`${expected.includes(name) ? `trackable: ${message}` : stack}\n`)
  process.exit(name === 'SettingsError' ? 2 : 1)
}
