import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/browser.ts', 'src/node.ts'],
  format: ['esm', 'cjs'],
  target: 'es2022',
  // The page loads one package: names and wire are built in, their types too.
  noExternal: [/^@trackable\//],
  dts: { resolve: [/^@trackable\//] },
  esbuildOptions(options) {
    options.conditions = ['@trackable/source']
  },
  clean: true,
})
