import { mkdir } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import type { RemoteCallback } from 'drizzle-orm/pg-proxy'

/** What is asked of the worker that runs PGlite. */
export type PgliteRequest = {
  call: number
  text: string
  params: unknown[]
  mode: 'exec' | 'object' | 'array'
}

/** What it answers. */
export type PgliteAnswer =
  | { call: number; rows: any[] }
  | { call: number; error: { message: string; code: string | undefined; detail: string | undefined } }

/**
 * Opens PGlite in a worker thread, because it blocks the thread that it works in and ingest must not wait for it.
 * It starts Postgres without fsync: what it acknowledged survives the death of the process, not of the power.
 */
export async function openPglite(dir: string): Promise<{ query: RemoteCallback; close(): Promise<void> }> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const worker = startWorker(dir)
  const calls = new Map<number, { settle(rows: any[]): void; fail(error: Error): void }>()
  let last = 0
  let gone: Error | undefined
  worker.on('message', (answer: PgliteAnswer) => {
    const call = calls.get(answer.call)
    calls.delete(answer.call)
    if ('rows' in answer) call?.settle(answer.rows)
    else call?.fail(Object.assign(new Error(answer.error.message), answer.error))
  })
  const end = (error: Error) => {
    gone = error
    for (const { fail } of calls.values()) fail(error)
    calls.clear()
  }
  worker.on('error', (error) =>
    end(new Error(`PGlite in ${dir} stopped: ${error.message}`, { cause: error })),
  )
  worker.on('exit', () => end(new Error(`PGlite in ${dir} is closed`)))

  function ask(text: string, params: unknown[], mode: PgliteRequest['mode']): Promise<any[]> {
    if (gone) return Promise.reject(gone)
    return new Promise((settle, fail) => {
      const call = ++last
      calls.set(call, { settle, fail })
      worker.postMessage({ call, text, params, mode } satisfies PgliteRequest)
    })
  }

  await ask("set timezone = 'UTC'", [], 'exec')
  return {
    async query(text, params, method) {
      const mode =
        params.length === 0 && method === 'execute' ? 'exec' : method === 'execute' ? 'object' : 'array'
      return { rows: await ask(text, params, mode) }
    },
    async close() {
      if (gone) return
      await ask('', [], 'exec').catch(() => undefined)
      const exited = new Promise((settle) => worker.once('exit', settle))
      worker.postMessage('close')
      await exited
    },
  }
}

function startWorker(dir: string): Worker {
  const name = import.meta.url.endsWith('.ts') ? './pglite-worker.mjs' : './pglite-worker.js'
  return new Worker(new URL(name, import.meta.url), { workerData: { dir } })
}
