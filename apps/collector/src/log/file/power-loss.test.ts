import { expect, test } from 'vitest'
import { createPowerLossDisk } from '../../../../../test/support/power-loss.ts'
import { type Random, seededRandom } from '../../../../../test/support/random.ts'
import { batchOf, readEntries, totalsOfAll } from '../event-log.contract.ts'
import type { Damage, Entry } from '../event-log.ts'
import { type FileLog, openFileLog } from './file-log.ts'

// Each of these was broken on purpose, alone, and this test failed within the 25 seeds of 200 states:
// - no `file.sync()` in `writeGroup` (writer.ts), and one that is not awaited: acknowledged batches were gone;
// - no `fs.syncDir(dir)` after the rename in `createSegment` (segment.ts): whole segments were gone;
// - no `file.sync()` before the rename in `createWhole` (create-whole.ts): a header could not be read;
// - no `file.sync()` in `copySynced` (recover.ts), and no copy at all: batches read after a restart were gone;
// - the old file moved away before the copy is renamed (recover.ts): the newest segment was gone
//   (`dying-anywhere.test.ts` finds it every time);
// - no `fs.syncDir` after each removal (trim.ts): a segment in the middle was missed;
// - reading up to what is written instead of what is synced (appender.ts): what was read was gone.

const states = Number(process.env.TRACKABLE_POWER_STATES ?? 200)
const CRASHES_A_DISK = 8
/** What a torn write in the newest segment looks like; nothing that was acknowledged is in it. */
const TORN = /^(its end is no record|bytes that are no record$)/

/** What has been promised about a disk so far. */
interface Ledger {
  appended: Set<string>
  /** Durable, in their order: acknowledged, or seen by a reader. */
  durable: Known[]
  /** Read while others were appended: the fold may have written them to the tables. */
  seen: Set<string>
  /** A trim may have removed these. */
  trimmable: Set<string>
  /** The log's id, once a record was durable under it. */
  log?: string
  next: number
}

interface Known {
  id: string
  position: string
  arrival: number
}

/** Checks a log that has just been opened against what was promised. */
async function check(log: FileLog, ledger: Ledger, random: Random): Promise<void> {
  expect(log.damage.filter(({ reason }) => !TORN.test(reason))).toEqual([])
  const entries = await readEntries(log)
  const ids = entries.map(({ batch }) => batch.id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.filter((id) => !ledger.appended.has(id))).toEqual([])
  expect([...ledger.seen].filter((id) => !ids.includes(id) && !ledger.trimmable.has(id))).toEqual([])
  if (ledger.durable.length > 0) {
    ledger.log ??= log.id
    expect(log.id).toBe(ledger.log)
  }
  const kept = ledger.durable.filter(({ id }) => ids.includes(id))
  const gone = ledger.durable.filter(({ id }) => !ids.includes(id))
  expect(gone.filter(({ id }) => !ledger.trimmable.has(id))).toEqual([])
  // What was durable keeps its place and its order; behind it may come what was never acknowledged.
  expect(entries.slice(0, kept.length).map(({ position }) => position)).toEqual(
    kept.map(({ position }) => position),
  )
  const known = new Set(kept.map(({ id }) => id))
  for (const { batch, position } of entries) {
    if (!known.has(batch.id)) ledger.durable.push({ id: batch.id, position, arrival: batch.arrival })
  }
  await checkViews(log, ledger, entries, random)
}

async function checkViews(log: FileLog, ledger: Ledger, entries: Entry[], random: Random): Promise<void> {
  const view = await log.view(null)
  expect(view).toEqual({
    end: entries.at(-1)?.position ?? null,
    waiting: totalsOfAll(entries),
    oldestWaiting: entries[0]?.batch.arrival ?? null,
    oldestKept: entries[0]?.batch.arrival ?? null,
    before: view.before,
    place: 'start',
  })
  expect(view.before.batches + entries.length).toBe(ledger.durable.length)
  for (let i = 0; i < 4 && ledger.durable.length > 0; i++) {
    const { position } = ledger.durable[Math.floor(random() * ledger.durable.length)]!
    const index = entries.findIndex((entry) => entry.position === position)
    const behind = entries.slice(index + 1)
    expect((await readEntries(log, position)).map((entry) => entry.position)).toEqual(
      behind.map((entry) => entry.position),
    )
    expect(await log.view(position)).toMatchObject({
      place: index === -1 ? 'behind' : 'kept',
      waiting: totalsOfAll(behind),
      oldestWaiting: behind[0]?.batch.arrival ?? null,
    })
  }
}

/** Appends batches of random sizes, many at a time, and trims, until the power goes. */
async function live(log: FileLog, ledger: Ledger, random: Random, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const appending = Array.from({ length: 1 + Math.floor(random() * 6) }, async () => {
      const id = `b${ledger.next++}`
      const arrival = ledger.next
      ledger.appended.add(id)
      const position = await log.append(batchOf(id, 1 + Math.floor(random() ** 3 * 60), arrival))
      ledger.durable.push({ id, position, arrival })
    })
    if (random() < 0.3) {
      for (const { batch } of await readEntries(log, ledger.durable.at(-3)?.position))
        ledger.seen.add(batch.id)
    }
    await Promise.all(appending)
    if (random() < 0.3) await trim(log, ledger, random)
  }
}

async function trim(log: FileLog, ledger: Ledger, random: Random): Promise<void> {
  const through = Math.floor(random() * ledger.durable.length)
  const arrivedBefore = ledger.durable[Math.floor(random() * ledger.durable.length)]!.arrival
  const { position } = ledger.durable[through]!
  for (const { id, arrival } of ledger.durable.slice(0, through)) {
    if (arrival < arrivedBefore) ledger.trimmable.add(id)
  }
  await log.trim(position, arrivedBefore)
}

/** One disk through several power cuts and kills, at any operation: of recovery, of appends, of trims. */
async function run(seed: number): Promise<void> {
  const random = seededRandom(seed)
  const ledger: Ledger = { appended: new Set(), durable: [], seen: new Set(), trimmable: new Set(), next: 0 }
  const segmentBytes = 1000 + Math.floor(random() * 6000)
  const open = (fs: typeof disk) =>
    openFileLog({
      dir: '/log',
      definitions: [],
      fs,
      segmentBytes,
      tailBytes: 2000,
      onDamage: (damage) => found.push(damage),
    })
  const found: Damage[] = []
  let disk = createPowerLossDisk(random)
  for (let crash = 0; crash < CRASHES_A_DISK; crash++) {
    let over = false
    const lost = disk.loseAfter(1 + Math.floor(random() * (random() < 0.5 ? 15 : 150)))
    const dark = lost.then(() => {
      over = true
    })
    const fs = disk
    const life = open(fs).then(async (log) => {
      await check(log, ledger, random)
      await live(log, ledger, random, () => over)
    })
    await Promise.race([dark, life])
    // What was acknowledged in the moment of the cut counts too.
    await new Promise((settle) => setImmediate(settle))
    disk = random() < 0.3 ? disk.kill() : disk.crash()
  }
  const log = await open(disk)
  await check(log, ledger, random)
  await log.append(batchOf('new'))
  expect((await readEntries(log)).at(-1)?.batch.id).toBe('new')
  // A torn write was told at the start; met again when it is read, it is not told again.
  expect(found).toEqual([])
  await log.close()
}

test(`after ${states} power cuts and kills every acknowledged batch is there once, at its position`, async () => {
  for (let seed = 1; seed <= Math.ceil(states / CRASHES_A_DISK); seed++) {
    await run(seed).catch((error) => {
      error.message = `seed ${seed}: ${error.message}`
      throw error
    })
  }
}, 120_000)
