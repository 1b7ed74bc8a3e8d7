// Plain JavaScript, so that a worker thread can run it from source too.
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite, types } from '@electric-sql/pglite'

// As text, as postgres.js under Drizzle gives them: a Date would lose microseconds, a number digits.
const asText = (value) => value
const parsers = { [types.TIMESTAMPTZ]: asText, [types.NUMERIC]: asText, [types.INT8]: asText }

const opening = PGlite.create(workerData.dir)
let queue = opening.catch(() => undefined)

async function answer({ call, text, params, mode }) {
  try {
    const db = await opening
    if (mode === 'exec') return { call, rows: (await db.exec(text, { parsers })).at(-1)?.rows ?? [] }
    return { call, rows: (await db.query(text, params, { rowMode: mode, parsers })).rows }
  } catch (error) {
    return { call, error: { message: error.message, code: error.code, detail: error.detail } }
  }
}

parentPort.on('message', (request) => {
  queue = queue.then(async () => {
    if (request !== 'close') {
      parentPort.postMessage(await answer(request))
      return
    }
    await opening.then((db) => db.close()).catch(() => undefined)
    process.exit(0)
  })
})
