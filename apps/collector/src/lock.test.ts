import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isHeld, lockFolder, socketPath } from './lock.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'trackable-lock-'))

test('a second taker is refused within a second and told which process holds the folder', async () => {
  const dir = folder()
  const lock = await lockFolder(dir)
  const start = performance.now()
  await expect(lockFolder(dir)).rejects.toThrow(`held by process ${process.pid}`)
  expect(performance.now() - start).toBeLessThan(1000)
  await lock.release()
  await (await lockFolder(dir)).release()
})

test('of many takers at once one gets the folder', async () => {
  const dir = folder()
  const takers = await Promise.allSettled(Array.from({ length: 10 }, () => lockFolder(dir)))
  const won = takers.filter((taker) => taker.status === 'fulfilled')
  expect(won.length).toBe(1)
  await won[0]?.value.release()
})

test('the socket of a process that was killed does not hold the folder', async () => {
  const dir = folder()
  const listenAndDie =
    "require('net').createServer().listen('control.sock', () => process.kill(process.pid, 'SIGKILL'))"
  spawnSync(process.execPath, ['-e', listenAndDie], { cwd: dir })
  expect(await isHeld(join(dir, 'control.sock'))).toBe(false)
  await (await lockFolder(dir)).release()
})

test('a folder that is too deep for a socket is locked all the same', async () => {
  const dir = join(folder(), 'a'.repeat(90), 'b'.repeat(90))
  mkdirSync(dir, { recursive: true })
  const lock = await lockFolder(dir)
  await expect(lockFolder(dir)).rejects.toThrow('is held by')
  await lock.release()
})

test('a caller that comes before the routes are there waits for them', async () => {
  const dir = folder()
  const lock = await lockFolder(dir)
  const calling = isHeld(await socketPath(dir))
  await new Promise((settle) => setTimeout(settle, 50))
  const seen = new Promise((settle) => lock.onConnection(settle))
  expect(await calling).toBe(true)
  await seen
  await lock.release()
})
