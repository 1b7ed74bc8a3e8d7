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
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", apos: "'" }

/**
 * The user agents of django-trackable's Spider table, from databases or from `dumpdata`, each once, in order.
 * @throws ConvertError where there is no such table
 */
export async function readSpiders(inputs: readonly string[]): Promise<string[]> {
  const agents = new Set<string>()
  for (const input of inputs) {
    for await (const agent of isDatabase(input) ? spidersIn(input) : spidersOf(input)) {
      const line = decoded(agent).replace(/\s+/g, ' ').trim()
      if (line !== '') agents.add(line)
    }
  }
  if (agents.size > 0) return [...agents]
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

function decoded(text: string): string {
  return text.replace(/&(\w+|#39);/g, (whole, name: string) => ENTITIES[name] ?? whole)
}
