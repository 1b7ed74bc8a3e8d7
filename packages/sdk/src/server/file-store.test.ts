import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createTracker } from '../node.ts'
import { batchOf, describeStore } from '../store/store.contract.ts'
import { createMemoryTransport, type MemoryTransport } from '../transport/memory.ts'
import { fileStore, releaseStore } from './file-store.ts'

let folder: string
let stores: ReturnType<typeof fileStore>[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'queue-'))
  stores = []
})
afterEach(async () => {
  await Promise.all(stores.map(releaseStore))
  rmSync(folder, { recursive: true, force: true })
})

function openStore(path = folder) {
  const store = fileStore(path)
  stores.push(store)
  return store
}

describe('the store in files', () => {
  describeStore(() => openStore(join(folder, 'made', 'when missing')))

  test('another process finds what was put, and what was written at the end', async () => {
    const store = openStore()
    await store.put(batchOf('a'))
    store.spill?.([batchOf('b')])
    await releaseStore(store)
    expect((await openStore().list()).map(({ id }) => id).sort()).toEqual(['a', 'b'])
  })

  test('half a write and a damaged file keep nobody from the rest', async () => {
    writeFileSync(join(folder, 'half.json.new'), '{"id":')
    for (const name of ['old.json.end', 'young.json.end']) writeFileSync(join(folder, name), '{"id":')
    utimesSync(join(folder, 'old.json.end'), 0, 0)
    writeFileSync(join(folder, 'damaged.json'), '\0\0\0')
    const store = openStore()
    await store.put(batchOf('a'))
    expect(await store.list()).toEqual([batchOf('a')])
    // A process that ends may be writing the young one.
    expect(readdirSync(folder).filter((name) => !/json$|^lock/.test(name))).toEqual(['young.json.end'])
  })

  test('a folder that is held is refused with its name, and taken when it is free', async () => {
    const first = openStore()
    await first.put(batchOf('a'))
    const second = openStore()
    await expect(second.put(batchOf('b'))).rejects.toThrow(`${folder} is held by another tracker`)
    await releaseStore(first)
    await expect.poll(() => second.put(batchOf('b')).then(() => 'put', String), { timeout: 5000 }).toBe('put')
    expect(await second.list()).toHaveLength(2)
  })

  test('puts that are written together fail together', async () => {
    const store = openStore()
    mkdirSync(join(folder, 'a.json'))
    const puts = await Promise.allSettled(['[1]', '[2]'].map((events) => store.put(batchOf('a', events))))
    expect(puts.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    rmdirSync(join(folder, 'a.json'))
    await store.put(batchOf('a', '[3]'))
    expect(await store.list()).toEqual([batchOf('a', '[3]')])
  })

  test('what is put right after a deletion stays', async () => {
    const store = openStore()
    await Promise.all([store.put(batchOf('a')), store.delete('a'), store.put(batchOf('a', '[2]'))])
    expect(await store.list()).toEqual([batchOf('a', '[2]')])
  })

  test('only its user can read it', async () => {
    const store = openStore(join(folder, 'own'))
    await store.put(batchOf('a'))
    const modes = ['own', 'own/a.json'].map((path) => statSync(join(folder, path)).mode & 0o077)
    expect(modes).toEqual([0, 0])
  })

  test('a path too long for a socket is said to be', async () => {
    const store = openStore(join(folder, 'x'.repeat(120)))
    await expect(store.put(batchOf('a'))).rejects.toThrow(/too long/)
  })
})

describe('a tracker with a store in files', () => {
  const options = { endpoint: 'http://127.0.0.1:9', key: 'sk_files' }

  test('what one could not send is sent by the next, under the same id', async () => {
    const down = createMemoryTransport()
    down.answer(...Array(10).fill({ kind: 'retry', reason: 'down' }))
    const first = createTracker({ ...options, store: fileStore(folder), transport: down })
    first.increment('article', '42', 'views')
    expect(await first.close()).toEqual({ sent: 0, pending: 1 })

    const up = createMemoryTransport()
    const second = createTracker({ ...options, store: fileStore(folder), transport: up })
    second.increment('article', '43', 'views')
    expect(await second.close()).toEqual({ sent: 2, pending: 0 })
    expect(up.attempts.map(({ id }) => id)).toContain(down.attempts[0]?.id)
    expect(readdirSync(folder).filter((name) => name.endsWith('.json'))).toEqual([])
  })

  test('a store that two trackers are given is of the first, until that is closed', async () => {
    const store = fileStore(folder)
    const transports = ['one', 'two', 'three'].map(createMemoryTransport)
    const onError = vi.fn()
    const start = (i: number) =>
      createTracker({
        ...options,
        key: `sk_${i}`,
        store,
        onError,
        transport: transports[i] as MemoryTransport,
      })
    const parents = (i: number) =>
      transports[i]?.attempts.map(({ events }) => JSON.parse(events)[0].parent) as string[]

    const first = start(0)
    transports[0]?.answer(...Array(9).fill({ kind: 'retry', reason: 'down' }))
    first.increment('article', 'first', 'views')
    await expect.poll(() => readdirSync(folder)).toContainEqual(expect.stringMatching(/json$/))
    const second = start(1)
    transports[1]?.answer({ kind: 'retry', reason: 'down' })
    second.increment('article', 'second', 'views')
    expect(await second.close()).toMatchObject({ pending: 0 })
    expect(parents(1)).toEqual(['second', 'second'])
    const said = { code: 'store', message: expect.stringContaining('of another tracker') }
    expect(onError.mock.calls.flat()).toMatchObject([said])

    await first.close()
    const third = start(2)
    await third.flush()
    await third.close()
    expect(parents(2)).toEqual(['first'])
    expect(onError).toHaveBeenCalledTimes(1)
  })

  test('where the folder is held it counts from memory and says so', async () => {
    const held = openStore()
    await held.put(batchOf('a'))
    const onError = vi.fn()
    const transport = createMemoryTransport()
    const tracker = createTracker({ ...options, store: fileStore(folder), transport, onError })
    tracker.increment('article', '42', 'views')
    expect(await tracker.close()).toEqual({ sent: 1, pending: 0 })
    expect(onError.mock.calls[0]?.[0]).toMatchObject({
      code: 'store',
      message: expect.stringContaining('is held'),
    })
  })
})
