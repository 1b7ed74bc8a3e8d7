import { defineConfig, type Options } from 'tsup'

// Members of batches, events, queue, sender and owner. None is of the platform, an option, a store or the wire: what
// others may see keeps its name.
const INTERNAL =
  /^(signalled|total|allow|spillAll|written|encoded|release|later|fail|giveUp|say|reject|rush|settled|waiting|add|revision|saved|merged|beaconed|sending|parts|bytes|merge|step|claim|orphans|wake|adopt|sealed|seal|thrown|newId|leave|resume|remove|stop|tracker)$/

const shared: Options = {
  format: ['esm', 'cjs'],
  target: 'es2022',
  // The page loads one package: names and wire are built in, as below their types.
  noExternal: [/^@trackable\//],
  esbuildOptions(options) {
    options.conditions = ['@trackable/source']
  },
  splitting: false,
}

export default defineConfig([
  {
    ...shared,
    entry: ['src/browser.ts'],
    // Two per cent less than what the minifier of most bundlers makes of it. Functions stay where they are: put into
    // one another they have more names in scope, and compress worse once such a bundler has renamed them.
    minify: 'terser',
    terserOptions: {
      module: true,
      ecma: 2020,
      compress: { unsafe: true, passes: 3, reduce_funcs: false, unsafe_arrows: true, pure_getters: true },
      mangle: { properties: { regex: INTERNAL, builtins: true } },
    },
    sourcemap: true,
  },
  { ...shared, entry: ['src/node.ts'] },
  {
    ...shared,
    entry: ['src/browser.ts', 'src/node.ts'],
    dts: {
      only: true,
      // Types too: what a path names is built in, what is a package stays an import.
      compilerOptions: {
        paths: {
          '@trackable/dataset': ['../dataset/src/index.ts'],
          '@trackable/protocol': ['../protocol/src/index.ts'],
        },
      },
    },
  },
])
