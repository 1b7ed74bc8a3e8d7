import { isDatabase } from '../../databases/address.ts'
import { openDatabase, unreadable } from '../../databases/database.ts'
import { ConvertError } from '../../error.ts'
import { readBytes } from '../../inputs/bytes.ts'
import { findInputs } from '../../inputs/inputs.ts'
import { decodeText } from '../../inputs/text.ts'
import { jsonValuesOf } from '../json-values.ts'

const TABLE = /_spider$/
const MODEL = /\.spider$/i
// A fourth of a hundred of the agents that django-trackable came with were copied from web pages.
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const ENTITY = /&(?:([a-z]+)|#(\d{1,7})|#x([\da-f]{1,6}));/gi
const LAST_POINT = 0x10ffff

/** The length to which django-trackable cut the agents that it kept and those that it asked about. */
const CUT_AT = 128
/** What a pattern must have beside its `*` for a collector to take it. */
const LEAST_TEXT = 4

/** What a Spider table has. */
export interface Spiders {
  /** As the operator's list of a collector takes them: `*` stands for any text, and where an agent was cut. */
  agents: string[]
  /** Those that are nothing but a `*` and up to three characters. */
  leftOut: string[]
}

/**
 * The user agents of django-trackable's Spider table, from databases or from `dumpdata`, each once, in order.
 * @throws ConvertError where there is no such table
 */
export async function readSpiders(inputs: readonly string[]): Promise<Spiders> {
  const agents = new Set<string>()
  for (const input of inputs) {
    for await (const agent of isDatabase(input) ? spidersIn(input) : spidersOf(input)) {
      const line = patternOf(agent)
      if (line !== '') agents.add(line)
    }
  }
  const isTooWide = (agent: string) => agent.includes('*') && agent.replaceAll('*', '').length < LEAST_TEXT
  const all = [...agents]
  if (all.length > 0) {
    return { agents: all.filter((agent) => !isTooWide(agent)), leftOut: all.filter(isTooWide) }
  }
  throw new ConvertError(
    'input',
    `there are no spiders in ${inputs.length === 1 ? 'that input' : 'those inputs'}`,
  )
}

async function* spidersIn(url: string): AsyncGenerator<string> {
  const database = await openDatabase(url)
  try {
    const table = (await database.tables()).find((name) => TABLE.test(name))
    if (!table) return
    const { quoted } = database
    const sql = `select ${quoted('user_agent')} from ${quoted(table)} order by ${quoted('id')}`
    for await (const { rows } of database.stream(sql)) for (const [agent] of rows) if (agent) yield agent
  } catch (error) {
    throw unreadable(url, error)
  } finally {
    await database.close()
  }
}

async function* spidersOf(path: string): AsyncGenerator<string> {
  for (const input of await findInputs([path])) {
    for await (const values of jsonValuesOf(decodeText(readBytes(input, () => {})))) {
      for (const { text } of values) {
        const { model, fields } = JSON.parse(text) as { model?: string; fields?: { user_agent?: unknown } }
        if (MODEL.test(model ?? '') && typeof fields?.user_agent === 'string') yield fields.user_agent
      }
    }
  }
}

function patternOf(agent: string): string {
  const isCut = [...agent].length === CUT_AT
  // An entity that was cut as well says nothing.
  const whole = decoded(isCut ? agent.replace(/&#?\w{0,5}$/, '') : agent)
  const line = whole.replace(/\s+/g, ' ').trim()
  return isCut && line !== '' ? `${line}*` : line
}

function decoded(text: string): string {
  return text.replace(ENTITY, (whole, name: string, decimal: string, hex: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole
    const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return point > 0 && point <= LAST_POINT ? String.fromCodePoint(point) : whole
  })
}
