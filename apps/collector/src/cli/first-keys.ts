import type { Config } from '@trackable/dataset'
import type { Hono } from 'hono'
import type { Settings } from '../settings.ts'
import { print } from './print.ts'

/** On the first start in a terminal, on loopback: creates a key of each kind and prints a snippet ready to paste. */
export async function firstKeys(
  settings: Settings,
  config: Config,
  { admin }: { admin: Hono },
  url: string,
): Promise<void> {
  if (!process.stdout.isTTY || !settings.loopback) return
  const listed = await admin.request('/v1/admin/keys')
  if (!listed.ok || ((await listed.json()) as unknown[]).length > 0) return
  const create = async (kind: string) => {
    const body = JSON.stringify({ kind, origins: [], datasets: [] })
    const made = await admin.request('/v1/admin/keys', { method: 'POST', body })
    return ((await made.json()) as { key: string }).key
  }
  const [pk, sk] = [await create('write'), await create('secret')]
  const dataset =
    config.datasets.find((candidate) => candidate.public.write.length > 0) ?? config.datasets[0]!
  const field = dataset.public.write[0] ?? Object.keys(dataset.fields)[0]
  print(`
write key   ${pk}   for pages, may only write
secret key  ${sk}   for servers, reads too; it is shown once

  import { createTracker } from '@trackable/sdk'
  import type { datasets } from './trackable.config'

  const tracker = createTracker<typeof datasets>({ endpoint: '${url}', key: '${pk}' })
  tracker.increment('${dataset.name}', '42', '${field}')
`)
}
