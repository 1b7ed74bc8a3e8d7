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

// Two per cent less than what the minifier of most bundlers makes of it. Functions stay where they are: put into
// one another they have more names in scope, and compress worse once such a bundler has renamed them.
// @param builtins whether internal names that the platform has too are renamed: where no code calls the platform's
const minified = (builtins: boolean): Options => ({
  minify: 'terser',
  terserOptions: {
    module: true,
    ecma: 2020,
    compress: { unsafe: true, passes: 3, reduce_funcs: false, unsafe_arrows: true, pure_getters: true },
    mangle: { properties: { regex: INTERNAL, builtins } },
  },
})

const onPages = {
  browser: 'src/browser.ts',
  capture: 'src/capture/index.ts',
  react: 'src/react/index.ts',
  read: 'src/read/index.ts',
  testing: 'src/testing/index.ts',
}
const onServers = {
  node: 'src/node.ts',
  hono: 'src/server/hono.ts',
  express: 'src/server/express.ts',
  fastify: 'src/server/fastify.ts',
  server: 'src/server.ts',
}
// Built in a project that renders on a server, components need to be told apart from what runs there alone.
const CLIENT = '"use client";'

export default defineConfig([
  { ...shared, ...minified(true), entry: ['src/browser.ts'], sourcemap: true },
  // For pages without a build: a global, and nothing to import.
  {
    ...shared,
    ...minified(false),
    entry: { sdk: 'src/script/sdk.ts' },
    format: ['iife'],
    platform: 'browser',
    noExternal: [/./],
    outExtension: () => ({ js: '.js' }),
  },
  { ...shared, entry: { react: onPages.react }, banner: { js: CLIENT } },
  { ...shared, entry: { capture: onPages.capture, read: onPages.read, testing: onPages.testing } },
  { ...shared, entry: onServers },
  {
    ...shared,
    entry: { ...onPages, ...onServers },
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
