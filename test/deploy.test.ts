import { readFileSync } from 'node:fs'
import { LIMITS } from '@trackable/protocol'
import { expect, test } from 'vitest'

const read = (name: string) => readFileSync(new URL(`../deploy/${name}`, import.meta.url), 'utf8')

test('the proxy lets every body through that the collector takes, so that it is the collector that refuses', () => {
  const [, size] = /max_size (\d+)MiB/.exec(read('Caddyfile')) ?? []
  expect(Number(size) * 2 ** 20).toBeGreaterThan(LIMITS.bodyBytes)
})

test('the proxy goes on asking a collector that can take no batch: it still redirects and reads', () => {
  expect(read('Caddyfile')).not.toContain('/readyz')
})

test('no build, dependency, history or data of this machine comes into the image', () => {
  const ignored = read('Dockerfile.dockerignore').split('\n')
  expect(ignored).toEqual(
    expect.arrayContaining(['**/node_modules', '**/dist', '**/trackable-data', '**/.env*', '.git']),
  )
})
