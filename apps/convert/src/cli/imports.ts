import { createCollector } from '../collector/client.ts'
import type { ImportSummary } from '../import/known-parts.ts'
import type { Address } from '../settings/target.ts'

/** Lists what was imported, the newest first: a table for a person, one object a line for a program. */
export async function listImports(address: Address, json: boolean): Promise<void> {
  const imports = await createCollector(address).imports()
  if (json) for (const one of imports) process.stdout.write(`${JSON.stringify(one)}\n`)
  else process.stdout.write(`${tableOf(imports).join('\n')}\n`)
}

function tableOf(imports: readonly ImportSummary[]): string[] {
  if (imports.length === 0) return ['nothing was imported yet']
  const rows = imports.map(({ name, state, events, rows: read, began, ended }) => [
    name,
    state,
    events.toLocaleString('en-US'),
    read.toLocaleString('en-US'),
    minute(began),
    minute(ended),
  ])
  const lines = [['NAME', 'STATE', 'EVENTS', 'ROWS', 'BEGAN', 'LAST BATCH'], ...rows]
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines.map((line) =>
    line
      .map((cell, column) =>
        column === 2 || column === 3 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  )
}

function minute(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')}Z`
}
