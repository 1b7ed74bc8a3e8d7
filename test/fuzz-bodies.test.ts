import { REQUEST_CODES } from '@trackable/protocol'
import { describe, expect, test } from 'vitest'
import { createMemoryFoldDatabase } from '../apps/collector/src/db/memory.ts'
import { createFold } from '../apps/collector/src/fold/fold.ts'
import { article, member, openDoor, PERSON, SHOP } from '../apps/collector/src/ingest/door.fixture.ts'
import { createIngest } from '../apps/collector/src/ingest/ingest.ts'
import { createMemoryLog } from '../apps/collector/src/log/memory.ts'
import { type Random, seededRandom } from './support/random.ts'
import { batchOf } from './support/send.ts'

const BODIES = 10_000
const SEED = Number(process.env.SEED ?? 1)
const VALUES: unknown[] = [
  null,
  true,
  0,
  -0,
  1,
  -1,
  3,
  100,
  101,
  1.5,
  2 ** 53,
  -1e21,
  1e308,
  '',
  '1',
  '-7',
  '1e3',
  '0x10',
  ' 1',
  'NaN',
  '١',
  '\0',
  '\ud800',
  '😀'.repeat(201),
  [],
  [1],
  [[[]]],
  {},
  { a: 1 },
  { toString: 1 },
]
const NAMES = [
  'dataset',
  'parent',
  'at',
  'fields',
  'dimensions',
  'views',
  'likes',
  'revenue',
  'logins',
  '__proto__',
  'constructor',
  'userAgent',
  'address',
  '',
  '0',
  'x'.repeat(50),
]

function ground() {
  const log = createMemoryLog(JSON.parse(JSON.stringify([article, member])))
  const { door, open } = openDoor({ log })
  const ingest = createIngest(door)
  const database = createMemoryFoldDatabase()
  const fold = createFold({
    log,
    database,
    datasets: [article, member],
    deadLetters: 'keep',
    logKeepMs: 1e12,
    now: Date.now,
  })
  const post = async (body: Buffer | string, type = 'text/plain') => {
    // What comes with many others in one turn of the loop is sent away, where the machine is busy.
    await new Promise((settle) => setImmediate(settle))
    const headers: Record<string, string> = { 'content-type': type, 'user-agent': PERSON, origin: SHOP }
    return ingest({
      header: (name) => headers[name],
      peer: '1.1.1.1',
      dry: false,
      body: async () => Buffer.from(body),
    })
  }
  return { post, fold, database, key: open.secret }
}

/** A sound batch, changed in a few places: values, names, members that are missing or there twice. */
function changed(key: string, random: Random): any {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
  const event = () => ({
    dataset: 'article',
    parent: `p${Math.floor(random() * 5)}`,
    fields: { views: Math.floor(random() * 5) },
  })
  const batch: any = batchOf(key, Array.from({ length: 1 + Math.floor(random() * 6) }, event))
  for (let changes = Math.floor(random() * 4); changes > 0; changes--) {
    let place: any = batch
    while (random() < 0.8) {
      const inside = Object.values(place).filter((value) => typeof value === 'object' && value !== null)
      if (inside.length === 0) break
      place = pick(inside)
    }
    const name = random() < 0.6 ? (pick(Object.keys(place)) ?? pick(NAMES)) : pick(NAMES)
    if (random() < 0.2) delete place[name]
    else if (place !== batch || random() < 0.2)
      Object.defineProperty(place, name, {
        value: structuredClone(pick(VALUES)),
        enumerable: true,
        configurable: true,
        writable: true,
      })
  }
  return batch
}

/** Bytes of a body, some of them broken. */
function bytesOf(batch: unknown, random: Random): Buffer {
  const bytes = Buffer.from(JSON.stringify(batch))
  if (random() < 0.1) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
  return random() < 0.03 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes
}

/** What a receipt says was taken, by parent: the views of the events that it names neither dropped nor rejected. */
function views(body: Buffer, receipt: any, into: Map<string, bigint>): void {
  const out = new Set([...receipt.dropped, ...receipt.rejected].map(({ index }: { index: number }) => index))
  JSON.parse(body.toString()).events.forEach((event: any, index: number) => {
    if (out.has(index) || event.dataset !== 'article' || event.fields.views === undefined) return
    const parent = String(event.parent)
    into.set(parent, (into.get(parent) ?? 0n) + BigInt(event.fields.views))
  })
}

test(`${BODIES} changed bodies get a receipt or a code, and the tables hold what the receipts say (seed ${SEED})`, async () => {
  const { post, fold, database, key } = ground()
  const random = seededRandom(SEED)
  const expected = new Map<string, bigint>()
  const statuses = new Map<number, number>()
  const sums = { received: 0, accepted: 0, dropped: 0, rejected: 0 }
  for (let i = 0; i < BODIES; i++) {
    const body = bytesOf(changed(key, random), random)
    const { status, text } = await post(body)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    const answer = JSON.parse(text)
    if (status === 202) {
      sums.received += JSON.parse(body.toString()).events.length
      sums.accepted += answer.accepted
      sums.dropped += answer.dropped.length
      sums.rejected += answer.rejected.length
      views(body, answer, expected)
    } else expect(REQUEST_CODES[answer.code as keyof typeof REQUEST_CODES], body.toString()).toBe(status)
  }
  expect([...statuses.keys()].filter((status) => status >= 500)).toEqual([])
  expect(statuses.get(202)).toBeGreaterThan(BODIES / 2)
  expect(sums.received).toBe(sums.accepted + sums.dropped + sums.rejected)
  await fold.run()
  const found = new Map(
    (database.tables().article ?? []).map(({ parent, views }) => [parent, BigInt(views as string)]),
  )
  for (const [parent, sum] of expected) expect([parent, found.get(parent) ?? 0n]).toEqual([parent, sum])
  expect(({} as any).secret).toBeUndefined()
}, 120_000)

/** Texts as JSONTestSuite has them: sound, broken, and such as parsers disagree on; made here, for the same traps. */
const JSON_TEXTS: string[] = [
  ...[
    '[1,]',
    '[,1]',
    '[1 2]',
    '[1,,2]',
    '{"a"}',
    '{"a":}',
    '{a:1}',
    "{'a':1}",
    '{"a":1,}',
    '{"a":1 "b":2}',
    '[',
    ']',
    '{',
    '}',
    '[}',
    '{]',
    '"',
    '"a',
    "'a'",
    'nul',
    'tru',
    'False',
    'NaN',
    'Infinity',
    '-Infinity',
    'undefined',
  ],
  ...[
    '01',
    '-01',
    '1.',
    '.1',
    '1e',
    '1e+',
    '+1',
    '0x1',
    '1_000',
    '--1',
    '1.2.3',
    '1e1.5',
    '-',
    '٣',
    '1 000',
    '1e400',
    '-1e400',
    '1e-400',
    '-0',
    '123456789012345678901234567890',
    '0.1e1',
    '1E+2',
  ],
  ...[
    '"\\x"',
    '"\\u12"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\u0000"',
    '"\t"',
    '"\n"',
    '"\u2028"',
    '"\\',
    '"\\a"',
    '"\\u{41}"',
    '"\u007f"',
    '"\ufffe"',
  ],
  ...[
    '',
    ' ',
    '\ufeff{}',
    '/* a */{}',
    '// a\n{}',
    '{}{}',
    '{} x',
    '[]#',
    'null',
    'true',
    '1',
    '"text"',
    '[[[[[[[[[[]]]]]]]]]]',
    '{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}',
    '{"":1}',
    '{"a":1,"a":2}',
    '{"v":1,"v":2}',
    '\0',
    '{"\0":1}',
    '{"a":"\\u0000"}',
    '[1]\0',
    '\f{}',
    '\u00a0{}',
    '[\u000b]',
  ],
]
const BYTES = [
  'ff',
  'c0af',
  'eda080',
  'f4908080',
  'e0',
  '22e9',
  '7b22c3227d',
  'fffe7b007d00',
  'feff007b007d',
  '80',
  'f8a1a1a1a1',
  '22f09f9822',
].map((hex) => Buffer.from(hex, 'hex'))

describe('a body as test suites of JSON have them', () => {
  test.each(['text/plain', 'application/json', 'application/json; charset=utf-8'])(
    'of type %s gets a code of the list, never one past 499',
    async (type) => {
      const { post, key } = ground()
      const sound = JSON.stringify(batchOf(key, [{ dataset: 'article', parent: '1', fields: { views: 1 } }]))
      const inside = JSON_TEXTS.flatMap((text) => [
        sound.replace('"1"', () => text),
        sound.replace('"views":1', () => `"views":${text}`),
        sound.replace('"v":1', () => `"v":1,"x":${text}`),
      ])
      const bytes = BYTES.flatMap((broken) => [
        broken,
        Buffer.concat([Buffer.from(sound.slice(0, -1)), broken, Buffer.from('}')]),
      ])
      const bodies = [...JSON_TEXTS, ...inside, ...bytes]
      expect(bodies.length).toBeGreaterThan(340)
      for (const body of bodies) {
        const { status, text } = await post(body, type)
        const { code } = JSON.parse(text)
        if (status === 202) expect(code).toBeUndefined()
        else expect(REQUEST_CODES[code as keyof typeof REQUEST_CODES], body.toString()).toBe(status)
        expect(status).toBeLessThan(500)
      }
    },
  )
})
