import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Dataset } from '@trackable/dataset'
import { aggregateOf, readerOf } from '@trackable/dataset/fold'
import type { BatchAnswer, WireBatch, WireEvent } from '@trackable/protocol'
import type { KnownPart } from '../import/known-parts.ts'

/** What the collector does with one request to write: as it should, refuse it for now, or lose the answer. */
export type Fate = 'answer' | 'unavailable' | 'cut before' | 'cut after'

/** A collector on the wire, kept in a Map: what tests of the importer talk to. */
export interface MapCollector {
  url: string
  /** Totals by dataset, parent and field, as `order/a/units`. */
  totals(): Record<string, string>
  /** How many requests wrote something, or would have. */
  writes(): number
  parts(name: string): KnownPart[]
  /** Decides about each request to write, by its number from 1. */
  fate(decide: (request: number) => Fate): void
  /** Forgets a part, as if it had never come. */
  forget(name: string, from: number): void
  close(): Promise<void>
}

/** The key that it takes. */
export const KEY = 'sk_test'
const PAGE = 3

/** Starts one on a free port. */
export async function createMapCollector(datasets: readonly Dataset[]): Promise<MapCollector> {
  const parts = new Map<string, WireBatch>()
  let writes = 0
  let decide: (request: number) => Fate = () => 'answer'

  function partsOf(name: string): KnownPart[] {
    return [...parts.values()]
      .flatMap((batch) => {
        const { id, import: part } = batch
        if (part?.name !== name) return []
        return [{ from: part.from, to: part.to, id, events: judge(batch).accepted.length }]
      })
      .sort((a, b) => a.from - b.from)
  }
  function judge({ id, events }: WireBatch): { answer: BatchAnswer; accepted: WireEvent[] } {
    const answer: BatchAnswer = { id, accepted: 0, dropped: [], rejected: [] }
    const accepted = events.filter((event, index) => {
      const reason = refusal(event, datasets)
      if (reason) answer.rejected.push({ index, code: 'invalid_value', message: reason })
      return !reason
    })
    return { answer: { ...answer, accepted: accepted.length }, accepted }
  }
  async function write(request: IncomingMessage, response: ServerResponse, dry: boolean): Promise<void> {
    const fate = decide(++writes)
    if (fate === 'cut before') return void request.socket.destroy()
    if (fate === 'unavailable') {
      response.setHeader('Retry-After', '0')
      return json(response, 503, { code: 'unavailable', message: 'soon', retryAfter: 0 })
    }
    const batch = JSON.parse(await textOf(request)) as WireBatch
    const { answer, accepted } = judge(batch)
    if (dry) return json(response, 200, { ...answer, changes: changesOf(accepted, datasets) })
    const key = `${batch.import?.name} ${batch.import?.from}`
    if (parts.has(key)) answer.duplicate = true
    else parts.set(key, batch)
    if (fate === 'cut after') return void request.socket.destroy()
    json(response, 202, answer)
  }
  const server = createServer(async (request, response) => {
    const url = new URL(request.url as string, 'http://localhost')
    if (request.headers.authorization !== `Bearer ${KEY}`) {
      return json(response, 401, { code: 'unknown_key', message: 'this key is not known' })
    }
    if (url.pathname === '/v1/imports/end') {
      return parts.size > 0
        ? json(response, 200, { imports: [] })
        : json(response, 404, { code: 'not_found', message: 'no part of this import has counted' })
    }
    if (url.pathname === '/v1/imports/undo') {
      const { name } = JSON.parse(await textOf(request)) as { name: string }
      return json(response, 404, { code: 'not_found', message: `no import ${JSON.stringify(name)}` })
    }
    if (request.method === 'POST') return write(request, response, url.searchParams.has('dry'))
    if (url.pathname === '/v1/datasets') return json(response, 200, { datasets })
    const name = url.searchParams.get('name') as string
    const from = partsOf(name).filter((part) => part.from >= Number(url.searchParams.get('after') ?? 0))
    const page = {
      name,
      generation: 0,
      state: 'unfinished',
      parts: from.slice(0, PAGE),
      next: from[PAGE]?.from ?? null,
    }
    return json(response, 200, { imports: partsOf(name).length > 0 ? [page] : [] })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    totals: () =>
      totalsOf(
        [...parts.values()].flatMap((batch) => judge(batch).accepted),
        datasets,
      ),
    writes: () => writes,
    parts: partsOf,
    fate(decision) {
      writes = 0
      decide = decision
    },
    forget: (name, from) => void parts.delete(`${name} ${from}`),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const LONGEST_PARENT = 200

function refusal({ dataset, parent, fields }: WireEvent, datasets: readonly Dataset[]): string | undefined {
  if ([...String(parent)].length > LONGEST_PARENT) return 'parent is no text'
  const known = datasets.find(({ name }) => name === dataset)?.fields ?? {}
  const wrong = Object.entries(fields).find(([name, value]) => {
    const field = known[name]
    return !field || readerOf(field, String)(value) === undefined
  })
  return wrong && `field "${wrong[0]}" is ${wrong[1]}`
}

function totalsOf(
  events: readonly WireEvent[],
  datasets: readonly Dataset[],
  keyOf = ({ dataset, parent }: WireEvent, field: string) => `${dataset}/${parent}/${field}`,
): Record<string, string> {
  const states = new Map<string, { state: unknown; result(state: unknown): string }>()
  for (const event of events) {
    const dataset = datasets.find(({ name }) => name === event.dataset) as Dataset
    for (const [name, value] of Object.entries(event.fields)) {
      const field = dataset.fields[name]!
      const { add, empty, result } = aggregateOf(field)
      const key = keyOf(event, name)
      const input = readerOf(field, String)(value)!
      states.set(key, { state: add(states.get(key)?.state ?? empty(), input, Date.parse(event.at)), result })
    }
  }
  return Object.fromEntries([...states].sort().map(([key, { state, result }]) => [key, result(state)]))
}

function changesOf(events: readonly WireEvent[], datasets: readonly Dataset[]) {
  const changes: Record<string, Record<string, string>> = {}
  for (const [key, value] of Object.entries(
    totalsOf(events, datasets, ({ dataset }, field) => `${dataset}/${field}`),
  )) {
    const [dataset, field] = key.split('/') as [string, string]
    changes[dataset] = { ...changes[dataset], [field]: value }
  }
  return changes
}

function json(response: ServerResponse, status: number, body: object): void {
  response.statusCode = status
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify(body))
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
