import { createCollector } from '../collector/client.ts'
import { resolveNames } from '../collector/definition.ts'
import type { MappedRow } from '../import/batches.ts'
import type { Settings } from '../settings/settings.ts'
import { mapRows } from './rows.ts'

/**
 * How the first rows become events. Names are checked where a collector was given; nothing is sent to it.
 * @throws ConvertError where a person can put it right
 */
export async function peek(settings: Settings, count: number): Promise<MappedRow[]> {
  const { target } = settings
  const datasets = 'url' in target ? await createCollector(target).datasets() : undefined
  const { mapping } = datasets ? resolveNames(settings.mapping, datasets) : settings
  const shown: MappedRow[] = []
  for await (const rows of mapRows(await settings.open(), mapping, () => {})) {
    shown.push(...rows.slice(0, count - shown.length))
    if (shown.length >= count) break
  }
  return shown
}

/** One row as `--json` prints it. */
export function peekJson({ origin, mapped }: MappedRow): object {
  const { table, line } = origin
  const input = table.name
  if (mapped.kind === 'event') return { input, line, event: JSON.parse(mapped.event.json) }
  return mapped.kind === 'rejected'
    ? { input, line, ...mapped.rejection }
    : { input, line, leftOut: mapped.by }
}

/** One row for a person: what it was, and what it becomes. */
export function peekLines({ origin, mapped }: MappedRow): string[] {
  const becomes =
    mapped.kind === 'event'
      ? mapped.event.json
      : mapped.kind === 'rejected'
        ? `rejected, ${mapped.rejection.code}: ${mapped.rejection.reason}`
        : `left out by ${mapped.by}`
  return [`${origin.table.name}, line ${origin.line}: ${origin.text}`, `  → ${becomes}`]
}
