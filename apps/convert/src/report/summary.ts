import type { Changes } from '../pipeline/changes.ts'
import type { Tally } from './tally.ts'

const TOP = 10

/** The summary for a person, a line each. `files` are those with rejected rows. */
export function summaryOf(tally: Tally, files: readonly string[]): string[] {
  const { read, leftOut, events, duplicates, rejected, dropped, first, last } = tally
  const before = duplicates > 0 ? `, of which the collector had ${number(duplicates)} before` : ''
  const left = Object.entries(leftOut).flatMap(([by, count]) =>
    count > 0 ? [`${number(count)} left out by ${by}`] : [],
  )
  return [
    [`${number(read)} rows read`, ...left].join(', '),
    `${number(events)} events${before}${dropped > 0 ? `, ${number(dropped)} more dropped as bots` : ''}`,
    ...(events > 0 && duplicates === events ? ['nothing has changed'] : []),
    ...(rejected > 0
      ? [`${number(rejected)} rejected${files.length > 0 ? `, kept in ${files.join(', ')}` : ''}`]
      : []),
    ...[...tally.reasons].map(
      ([code, { count, example }]) => `  ${number(count)} ${code}, such as ${example}`,
    ),
    ...(events > 0 ? [`from ${new Date(first).toISOString()} to ${new Date(last).toISOString()}`] : []),
    ...topLines(tally),
  ]
}

/** What a dry run would change, a line each. `notAdded` are fields that get values of which there is no sum. */
export function changeLines(changes: Changes, notAdded: readonly string[] = []): string[] {
  const lines = Object.entries(changes).flatMap(([dataset, fields]) =>
    Object.entries(fields).map(([field, value]) => `${dataset} ${field} ${value}`),
  )
  const others = notAdded.map(
    (field) => `${field} gets values that are not added up: only its table shows them`,
  )
  return lines.length + others.length > 0 ? [...lines, ...others] : ['nothing would change']
}

function topLines({ parents }: Tally): string[] {
  const { names, exact } = parents.top(TOP)
  if (names.length === 0) return []
  const heading = exact ? 'parents with most events:' : 'parents with most events, about:'
  const width = number(names[0]?.[1] ?? 0).length
  return [heading, ...names.map(([name, times]) => `  ${number(times).padStart(width)} ${name}`)]
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}
