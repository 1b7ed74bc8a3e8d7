import { defineConfig, type Options } from 'tsup'

// Workspace packages are built in from their sources, so that the demo runs from one folder.
const shared: Options = {
  format: ['esm'],
  noExternal: [/^@trackable\//],
  esbuildOptions(options) {
    options.conditions = ['@trackable/source']
  },
}

export default defineConfig([
  { ...shared, entry: ['src/main.ts'], target: 'node20' },
  {
    ...shared,
    entry: ['src/page/app.ts', 'src/page/style.css'],
    outDir: 'dist/page',
    target: 'es2022',
    platform: 'browser',
    noExternal: [/./],
    minify: true,
  },
])
