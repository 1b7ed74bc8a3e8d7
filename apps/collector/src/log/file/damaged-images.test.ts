import { beforeAll, expect, test } from 'vitest'
import { createPowerLossDisk, type PowerLossDisk } from '../../../../../test/support/power-loss.ts'
import { type Random, seededRandom } from '../../../../../test/support/random.ts'
import { batchOf, readEntries } from '../event-log.contract.ts'
import type { Damage, Entry } from '../event-log.ts'
import { NO_TOTALS } from '../totals.ts'
import { openFileLog } from './file-log.ts'

const images = Number(process.env.TRACKABLE_DAMAGED_IMAGES ?? 100)
const PAGE = 4096

type Files = Map<string, Buffer>

/** How an image was damaged. `silent` where nothing in the folder can tell that a record is missing. */
interface Blow {
  text: string
  silent?: boolean
  /** No record is touched, and none may be missing. */
  harmless?: boolean
  /** The records that may be missing are counted by the header of a segment that follows. */
  counted?: boolean
}

let files: Files
let foreign: Files
let original: Entry[]

const open = (fs: PowerLossDisk, found: Damage[] = []) =>
  openFileLog({
    dir: '/log',
    definitions: [{ name: 'article' }],
    fs,
    segmentBytes: 12_000,
    onDamage: (damage) => found.push(damage),
  })

/** The files of a log of several segments and two runs, closed. */
async function writeLog(disk: PowerLossDisk, random: Random): Promise<Entry[]> {
  for (let run = 0; run < 2; run++) {
    const log = await open(disk)
    for (let i = 0; i < 60; i++) {
      await log.append(batchOf(`${run}.${i}`, 1 + Math.floor(random() ** 4 * 100), i))
    }
    await log.close()
  }
  // The copy of the newest segment, as a start makes it, and an empty segment behind it.
  const log = await open(disk)
  const entries = await readEntries(log)
  for (let i = 0; i < 5; i++) await log.append(batchOf(`last.${i}`, 3))
  const all = [...entries, ...(await log.read(entries.at(-1)!.position, 1_000_000))]
  await log.close()
  return all
}

beforeAll(async () => {
  const random = seededRandom(7)
  const disk = createPowerLossDisk(random)
  original = await writeLog(disk, random)
  files = disk.contents()
  const other = createPowerLossDisk(random)
  await writeLog(other, random)
  foreign = other.contents()
  expect(segmentsOf(files).length).toBeGreaterThan(4)
})

const segmentsOf = (of: Files) => [...of.keys()].filter((path) => path.endsWith('.log')).sort()

function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!
}

/** Where the records of a segment start. */
function recordStarts(path: string): number[] {
  const stem = path.slice('/log/'.length, -'.log'.length)
  return original
    .map(({ position }) => position.split(':'))
    .flatMap(([of, start]) => (of === stem ? [Number(start)] : []))
}

const blows: ((image: Files, random: Random) => Blow)[] = [
  function flip(image, random) {
    const path = pick(random, segmentsOf(image))
    const bytes = Buffer.from(image.get(path)!)
    const at = Math.floor(random() * bytes.length)
    bytes[at]! ^= 1 << Math.floor(random() * 8)
    image.set(path, bytes)
    return { text: `bit flipped at ${at} of ${path}`, ...countedIn(image, path, at) }
  },
  function truncate(image, random) {
    const path = pick(random, segmentsOf(image))
    const length = Math.floor(random() * image.get(path)!.length)
    image.set(path, image.get(path)!.subarray(0, length))
    const silent = path === segmentsOf(image).at(-1) && recordStarts(path).includes(length)
    return { text: `${path} cut at ${length}`, silent, ...countedIn(image, path, length) }
  },
  function zero(image, random) {
    const path = pick(random, segmentsOf(image))
    const bytes = Buffer.from(image.get(path)!)
    const page = Math.floor((random() * bytes.length) / PAGE) * PAGE
    bytes.fill(0, page, Math.min(page + PAGE, bytes.length))
    image.set(path, bytes)
    return { text: `page at ${page} of ${path} zeroed`, ...countedIn(image, path, page) }
  },
  function remove(image, random) {
    const segments = segmentsOf(image)
    const path = pick(random, segments)
    image.delete(path)
    // At the front trimming removes too, and nothing follows the newest that would miss it.
    const silent = path === segments[0] || path === segments.at(-1)
    return { text: `${path} deleted`, silent, counted: !silent }
  },
  function insert(image, random) {
    const path = pick(random, segmentsOf(foreign))
    image.set(path, foreign.get(path)!)
    return { text: `${path} of another log`, harmless: true }
  },
  function garbage(image, random) {
    const id = pick(random, [
      '',
      'x',
      '\0'.repeat(37),
      '01234567-89ab-cdef-0123-456789abcdef',
      '\xff'.repeat(5000),
    ])
    image.set('/log/id', Buffer.from(id, 'latin1'))
    return { text: `id of ${id.length} bytes that is none`, harmless: true }
  },
]

function countedIn(image: Files, path: string, at: number): { counted: boolean } {
  const isNewest = path === segmentsOf(image).at(-1)
  return { counted: !isNewest && at >= (recordStarts(path)[0] ?? Number.POSITIVE_INFINITY) }
}

async function checkImage(seed: number): Promise<void> {
  const random = seededRandom(seed)
  const image = new Map(files)
  const blow = pick(random, blows)(image, random)
  const disk = createPowerLossDisk(random, image)
  const found: Damage[] = []
  const log = await open(disk, found)
  const entries = await readEntries(log)
  const damage = [...log.damage, ...found]
  const context = `${blow.text}, told: ${JSON.stringify(damage)}`

  const positions = new Set(entries.map(({ position }) => position))
  expect(entries, context).toEqual(original.filter(({ position }) => positions.has(position)))
  const missing = original.filter(({ position }) => !positions.has(position))
  if (blow.harmless) expect(missing, context).toEqual([])
  if (missing.length > 0 && !blow.silent) expect(damage.length, context).toBeGreaterThan(0)
  const told = damage.map(({ reason }) => /(\d+) batches, (\d+) events are lost/.exec(reason)).find(Boolean)
  if (told || (blow.counted && missing.length > 0)) {
    const events = missing.reduce((sum, { batch }) => sum + batch.events.length, 0)
    expect(told?.slice(1).map(Number), context).toEqual([missing.length, events])
  }
  await log.append(batchOf('new'))
  const after = await readEntries(log)
  expect(
    after.map(({ batch }) => batch.id),
    context,
  ).toEqual([...entries.map(({ batch }) => batch.id), 'new'])
  expect(await log.view(after.at(-1)!.position), context).toMatchObject({ waiting: NO_TOTALS, place: 'kept' })
  await log.close()
  await checkToldOnce(disk, after, context)
}

/** Opened again, everything is as it was left, and only a gap that is still there is told again. */
async function checkToldOnce(disk: PowerLossDisk, before: Entry[], context: string): Promise<void> {
  const found: Damage[] = []
  const log = await open(disk, found)
  expect(await readEntries(log), context).toEqual(before)
  expect(
    [...log.damage, ...found].filter(({ reason }) => !/ are missing between /.test(reason)),
    context,
  ).toEqual([])
  await log.close()
}

test(`each of ${images} damaged logs starts, tells what is missing, and takes appends`, async () => {
  for (let seed = 1; seed <= images; seed++) {
    await checkImage(seed).catch((error) => {
      error.message = `image ${seed}: ${error.message}`
      throw error
    })
  }
}, 120_000)
