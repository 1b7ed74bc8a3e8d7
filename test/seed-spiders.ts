/**
 * Writes fixtures/spiders/spiders.json from public lists: what they know and the rules of isbot do not. Run it with
 * the path of django-trackable's spider.json; without, its agents stay as they are.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { normalAgent } from '../apps/collector/src/bots/agent.ts'
import { isDevice } from '../apps/collector/src/bots/people.ts'
import { createAgentRules } from '../apps/collector/src/bots/verdict.ts'

const FILE = new URL('../fixtures/spiders/spiders.json', import.meta.url)
const PLAIN = /^[\w \-./]+$/
/** Words of a public list that people's agents have: a build of Android, editors, pages in apps, browsers of one site. */
const OF_PEOPLE = /^(ap3a\.|code\/|metaiab|trae\/|fluid)/
/** Our own: how crawlers that call themselves phones say who they are, and what is typed in to be found in logs. */
const OWN = [
  '+http',
  'y!j-',
  'yahoosee',
  'slurp',
  'hatena-',
  'ichiro/',
  'ips-agent',
  'grub-client',
  '<script',
]

interface Crawler {
  pattern: string
  instances: string[]
}

interface Row {
  fields: { user_agent: string }
}

const judge = createAgentRules(OWN)
const require = createRequire(import.meta.url)
const crawlers: Crawler[] = require('crawler-user-agents')
const list = require.resolve('crawler-user-agents')
const { version } = JSON.parse(readFileSync(join(dirname(list), 'package.json'), 'utf8'))
const before = JSON.parse(readFileSync(FILE, 'utf8'))

const known = crawlers
  .filter(
    ({ instances }) => instances.length === 0 || instances.some((agent) => !judge(normalAgent(agent)).bot),
  )
  .map(({ pattern }) => pattern.replace(/\\(.)/g, '$1').toLowerCase())
  .filter((word) => PLAIN.test(word) && !OF_PEOPLE.test(word) && !judge(`mozilla/5.0 (${word}) gecko`).bot)
const [legacyFile] = process.argv.slice(2)
const agents: string[] = legacyFile ? legacyAgents(legacyFile) : before.agents

const json = {
  about: 'What machines call themselves beyond what isbot knows; written by "npm run fixtures"',
  sources: [
    {
      name: 'crawler-user-agents',
      version,
      licence: 'MIT',
      url: 'https://github.com/monperrus/crawler-user-agents',
      words: known.length,
    },
    {
      name: 'django-trackable, trackable/fixtures/spider.json',
      version: '9e716af',
      licence: 'BSD',
      url: 'https://github.com/thomlinton/django-trackable',
      agents: agents.length,
    },
    { name: 'Trackable', licence: 'MIT', words: OWN.length },
  ],
  words: [...new Set([...OWN, ...known])].sort(),
  agents,
}
writeFileSync(FILE, `${JSON.stringify(json, null, 2)}\n`)
process.stdout.write(`${json.words.length} words, ${json.agents.length} agents\n`)

/** Whole agents of the legacy list that no rule finds. One of 128 characters was cut, and equals nothing any more. */
function legacyAgents(file: string): string[] {
  const rows: Row[] = JSON.parse(readFileSync(file, 'utf8'))
  const agents = rows.map(({ fields }) => decoded(fields.user_agent)).filter((agent) => agent.length < 128)
  const unknown = agents
    .map(normalAgent)
    .filter((agent) => agent.length > 3 && !isDevice(agent) && !looksLikePerson(agent))
  return [...new Set(unknown)]
    .filter((agent) => !judge(agent).bot || judge(agent).rule === 'no-browser')
    .sort()
}

function looksLikePerson(agent: string): boolean {
  return /^mozilla|^opera/.test(agent) && /gecko|webkit|msie|presto|opera/.test(agent)
}

function decoded(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
}
