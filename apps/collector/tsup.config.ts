import { defineConfig, type Options } from 'tsup'

const shared: Options = {
  format: ['esm'],
  target: 'node20',
  minifySyntax: true,
  treeshake: true,
  clean: true,
}

export default defineConfig([
  {
    ...shared,
    entry: { main: 'src/main.ts', index: 'src/index.ts', 'pglite-worker': 'src/db/pglite-worker.mjs' },
    dts: { entry: { index: 'src/index.ts' } },
    define: { __FAILPOINTS__: 'false' },
  },
  // The same with failpoints, for the tests that kill the collector at the very line. It is not published.
  {
    ...shared,
    entry: { main: 'src/main.ts', 'pglite-worker': 'src/db/pglite-worker.mjs' },
    outDir: 'dist-failpoints',
    define: { __FAILPOINTS__: 'true' },
  },
])
