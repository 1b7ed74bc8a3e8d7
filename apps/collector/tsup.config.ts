import { copyFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { defineConfig, type Options } from 'tsup'

const shared: Options = {
  format: ['esm'],
  target: 'node20',
  minifySyntax: true,
  treeshake: true,
  clean: true,
}

/** Puts the script for pages beside the code that serves it. */
async function copyScript(folder: string): Promise<void> {
  const sdk = createRequire(import.meta.url).resolve('@trackable/sdk/package.json')
  await copyFile(join(sdk, '../dist/sdk.js'), join(folder, 'sdk.js'))
}

export default defineConfig([
  {
    ...shared,
    entry: { main: 'src/main.ts', index: 'src/index.ts', 'pglite-worker': 'src/db/pglite-worker.mjs' },
    dts: { entry: { index: 'src/index.ts' } },
    define: { __FAILPOINTS__: 'false' },
    onSuccess: () => copyScript('dist'),
  },
  // The same with failpoints, for the tests that kill the collector at the very line. It is not published.
  {
    ...shared,
    entry: { main: 'src/main.ts', 'pglite-worker': 'src/db/pglite-worker.mjs' },
    outDir: 'dist-failpoints',
    define: { __FAILPOINTS__: 'true' },
  },
])
