import { build } from 'esbuild'
import { expect, test } from 'vitest'

/** What a page's bundler makes of a module, with the project's files beside it. */
async function bundle(code: string, files: Record<string, string> = {}): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, loader: 'ts', resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'esm',
    external: ['react'],
    conditions: ['@trackable/source', 'browser'],
    plugins: [
      {
        name: 'project',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^\.\/trackable\.config/ }, ({ path }) => ({ path, namespace: 'project' }))
          onLoad({ filter: /./, namespace: 'project' }, ({ path }) => ({
            contents: files[path] ?? '',
            loader: 'ts',
            resolveDir: import.meta.dirname,
          }))
        },
      },
    ],
  })
  return outputFiles[0]?.text ?? ''
}

const CONFIG = `
import { counter, defineDataset } from '@trackable/dataset'
const article = defineDataset('article', { label: 'kept from the page', fields: { secretField: counter() } })
export const datasets = [article] as const`

const TRACK = `
import { createTracker } from '@trackable/sdk'
createTracker<typeof datasets>({ endpoint: '', key: '' }).increment('article', '42', 'views')`

test('nothing of a configuration that is imported as a type reaches the page', async () => {
  const files = { './trackable.config': CONFIG }
  const page = await bundle(`import type { datasets } from './trackable.config'\n${TRACK}`, files)
  expect(page).not.toMatch(/kept from the page|secretField|defineDataset/)
  // Imported as a value it would: the test sees what it looks for.
  const careless = await bundle(`import { datasets } from './trackable.config'\nconsole.log(datasets)`, files)
  expect(careless).toMatch(/kept from the page/)
})

test('who tracks without capturing loads nothing that captures', async () => {
  const page = await bundle(TRACK)
  expect(page).not.toMatch(/data-track|IntersectionObserver|MutationObserver|attachShadow|pushState/)
})

test.each([
  ['captureClicks', /data-track-click/, /IntersectionObserver|pushState/],
  ['captureImpressions', /data-track-impression/, /data-track-click|pushState/],
  ['capturePageViews', /pushState/, /data-track-|IntersectionObserver|attachShadow/],
  ['onVisible', /IntersectionObserver/, /data-track-|pushState|attachShadow/],
])('%s brings only its own part', async (name, own, others) => {
  const page = await bundle(`import { ${name} } from '@trackable/sdk/capture'\nglobalThis.kept = ${name}`)
  expect(page).toMatch(own)
  expect(page).not.toMatch(others)
})

test('React’s entry brings neither React nor a tracker', async () => {
  const page = await bundle(`export { Impression, useTracker } from '@trackable/sdk/react'`)
  expect(page).toMatch(/from "react"/)
  expect(page).not.toMatch(/sendBeacon|indexedDB|data-track-/)
})
