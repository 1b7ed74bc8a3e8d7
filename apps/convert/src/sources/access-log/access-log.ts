import { wrongUsage } from '../../error.ts'
import { decodeText } from '../../inputs/text.ts'
import { FILES, ONLY, openFiles } from '../files.ts'
import { type Importer, LONGEST_ROW, type Row, unknownColumns } from '../importer.ts'
import { type Line, linesOf } from '../lines.ts'
import type { Source } from '../source.ts'
import { parseBalancer, parseS3 } from './amazon.ts'
import { createJson } from './json.ts'
import { parseNcsa } from './ncsa.ts'
import { COLUMNS, type LogRecord, type ParseLine } from './record.ts'
import { createW3c } from './w3c.ts'

type CreateParser = () => ParseLine

const ncsa: CreateParser = () => parseNcsa
const FORMATS: Record<string, CreateParser> = {
  combined: ncsa,
  common: ncsa,
  vhost: ncsa,
  w3c: createW3c,
  iis: createW3c,
  cloudfront: createW3c,
  'nginx-json': createJson,
  caddy: createJson,
  elb: () => parseBalancer,
  s3: () => parseS3,
}
/** Tried in this order on lines that nobody named a format for; a line of one is none of another. */
const TELLING: readonly CreateParser[] = [createJson, () => parseBalancer, () => parseS3, ncsa]
const DIRECTIVE = /^#(Fields|Date):.*/i
/** Lines after which the format must be clear. */
const LOOK_AHEAD = 1000

/** The access logs of web servers, load balancers and stores. */
export const accessLog: Source = {
  about:
    'read access logs of web servers: combined, common, vhost, W3C, nginx and Caddy JSON, CloudFront, ELB, S3',
  inputs: FILES,
  columns: `COLUMN is one of ${COLUMNS.join(', ')}`,
  options: [
    ['--format <name>', `${Object.keys(FORMATS).join(', ')}; told from the content by default`],
    ONLY,
  ],
  defaults: { parent: 'path', at: 'time', userAgent: 'userAgent' },
  prepare(paths, flags) {
    const { format } = flags
    if (format !== undefined && !Object.hasOwn(FORMATS, format)) {
      throw wrongUsage(`--format: ${JSON.stringify(format)}; expected ${Object.keys(FORMATS).join(', ')}`)
    }
    return openFiles(() => createAccessLog(format === undefined ? undefined : FORMATS[format]))(paths, flags)
  },
}

/** The importer of a format, or of whichever format the first lines are of. */
export function createAccessLog(format?: CreateParser): Importer {
  return {
    async *read(bytes, columns, onHeader) {
      const missing = columns.filter((name) => !COLUMNS.includes(name as keyof LogRecord))
      if (missing.length > 0) throw unknownColumns(missing, COLUMNS, 'in an access log')
      const asked = columns as (keyof LogRecord)[]
      let parse = format?.()
      let held: Line[] = []
      const directives = new Map<string, string>()
      for await (const lines of linesOf(decodeText(bytes), LONGEST_ROW)) {
        if (!parse) {
          held.push(...lines)
          const found = tell(held)
          if (!found && held.length < LOOK_AHEAD) continue
          if (!found) throw unclear(held)
          parse = found()
        } else held = lines
        for (const group of groupsOf(held)) {
          const directive = DIRECTIVE.exec(group[0]?.text ?? '')
          if (directive) onHeader?.(headerOf(directives, directive))
          const rows = rowsOf(group, parse, asked)
          if (rows.length > 0) yield rows
        }
        held = []
      }
      if (held.some(({ text }) => text[0] !== '#')) throw unclear(held)
    },
  }
}

/** What a line says of those that follow it begins a group. */
function groupsOf(lines: readonly Line[]): Line[][] {
  const groups: Line[][] = [[]]
  for (const line of lines) {
    if (DIRECTIVE.test(line.text)) groups.push([line])
    else groups.at(-1)?.push(line)
  }
  return groups
}

/** The lines without which the rows that follow cannot be read. */
function headerOf(directives: Map<string, string>, [line, name = '']: RegExpExecArray): string {
  return [...directives.set(name.toLowerCase(), line).values()].join('\n')
}

function rowsOf(lines: readonly Line[], parse: ParseLine, columns: readonly (keyof LogRecord)[]): Row[] {
  const rows: Row[] = []
  for (const { line, text, tooLong } of lines) {
    const parsed = tooLong ? { problem: `longer than ${LONGEST_ROW} characters` } : parse(text)
    if (parsed === 'nothing') continue
    if ('problem' in parsed) rows.push({ line, text, problem: parsed.problem })
    else rows.push({ line, text, cells: columns.map((name) => parsed[name]) })
  }
  return rows
}

/** The format that one of the lines is certainly of. */
function tell(lines: readonly Line[]): CreateParser | undefined {
  if (lines.some(({ text }) => /^#Fields:/i.test(text))) return createW3c
  return TELLING.find((create) => {
    const parse = create()
    return lines.some(({ text, tooLong }) => {
      const parsed = tooLong ? 'nothing' : parse(text)
      return parsed !== 'nothing' && !('problem' in parsed) && parsed.time !== undefined
    })
  })
}

function unclear(lines: readonly Line[]): Error {
  const shown = JSON.stringify(lines.find(({ text }) => text[0] !== '#')?.text.slice(0, 200))
  return wrongUsage(
    `the format cannot be told from the first lines, such as ${shown}; name it with --format (${Object.keys(FORMATS).join(', ')})`,
  )
}
