import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeCollector, startFakeCollector } from './browser/fake-collector.ts'
import { tempDir } from './support/temp-dir.ts'

// Deno and Bun weigh a hundred megabytes each, so they are no dependencies: `npm i -g deno bun` brings them.
const RUNTIMES = [
  { name: 'node', args: [] },
  { name: 'deno', args: ['run', '--allow-all', '--quiet'] },
  { name: 'bun', args: ['run'] },
].map((runtime) => ({ ...runtime, path: findProgram(runtime.name) }))
const PROGRAM = fileURLToPath(new URL('./runtimes/track.mjs', import.meta.url))

function findProgram(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

let collector: FakeCollector
beforeAll(async () => {
  collector = await startFakeCollector({})
})
afterAll(() => collector.close())

describe.each(RUNTIMES)('the built package on $name', ({ name, path, args }) => {
  const folder = tempDir(name)
  afterAll(() => folder.remove())

  function run(end: string): Promise<{ code: number | null; signal: string | null; output: string }> {
    const words = [...args, PROGRAM, collector.origin, folder.path, end]
    const child = spawn(path as string, words, {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
      if (end === 'signalled') child.kill('SIGTERM')
    })
    return new Promise((resolve) =>
      child.once('exit', (code, signal) => resolve({ code, signal, output: output.trim() })),
    )
  }
  const counted = (end: string) => collector.counted().filter((parent) => parent.startsWith(end))

  test.for(['closed', 'signalled', 'exited'])(
    'counts what was tracked before it is %s',
    async (end, { skip }) => {
      if (!path) return skip(`${name} is not on the PATH; \`npm i -g ${name}\` brings it`)
      collector.taken.clear()
      const { code, signal, output } = await run(end)
      if (end === 'closed') expect(output).toBe('{"sent":2,"pending":0}')
      expect(end === 'signalled' ? signal : code).toBe(end === 'signalled' ? 'SIGTERM' : 0)
      // What was left in files by an exit that waits for nothing is sent by the next process.
      if (end === 'exited') await run('closed')
      expect(counted(end).sort()).toEqual([end, `${end}-visited`])
    },
  )
})
