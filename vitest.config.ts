import { defineConfig } from 'vitest/config'

// Workspace packages resolve to their sources, so that unit tests need no build.
const resolve = { conditions: ['@trackable/source'] }
const ssr = { resolve: { conditions: ['@trackable/source'], externalConditions: ['@trackable/source'] } }

const SECOND = 1000
const MINUTE = 60 * SECOND

/** A named group of test files. Those that start servers and browsers run one after the other. */
function project(name: string, include: string[], timeout: number, exclude: string[] = []) {
  return {
    resolve,
    ssr,
    test: {
      name,
      include,
      exclude: ['**/node_modules/**', '**/dist/**', ...exclude],
      testTimeout: timeout,
      hookTimeout: timeout,
      fileParallelism: name === 'unit',
    },
  }
}

export default defineConfig({
  resolve,
  ssr,
  test: {
    maxWorkers: 2,
    projects: [
      project('unit', ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.{ts,tsx}'], 20 * SECOND),
      project('house', ['test/house.test.ts'], MINUTE),
      project('pack', ['test/pack.test.ts'], 5 * MINUTE),
      project('end-to-end', ['test/*.test.ts'], 2 * MINUTE, ['test/house.test.ts', 'test/pack.test.ts']),
      project('browser', ['test/browser/**/*.test.ts'], 2 * MINUTE),
      project('system', ['test/system/**/*.test.ts'], 60 * MINUTE),
    ],
  },
})
