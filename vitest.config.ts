import { defineConfig } from 'vitest/config'

// Workspace packages resolve to their sources, so that unit tests need no build.
const resolve = { conditions: ['@trackable/source'] }
const ssr = { resolve: { conditions: ['@trackable/source'], externalConditions: ['@trackable/source'] } }

const SECOND = 1000
const MINUTE = 60 * SECOND

// What the long suites play more often than `npm test` does.
const AMOUNTS: Record<string, Record<string, string>> = {
  seeds: { SEEDS: '10000' },
  visitors: { TRACKABLE_TEST_RUNS: '20' },
}

/** A named group of test files. Those that start servers and browsers run one after the other; faults mostly wait. */
function project(name: string, include: string[], timeout: number, exclude: string[] = []) {
  const simulated = name === 'simulation' || name === 'seeds'
  return {
    resolve,
    ssr,
    // A simulation has no time but its own, and a failpoint waits for real.
    define: { __FAILPOINTS__: String(!simulated) },
    test: {
      name,
      include,
      exclude: ['**/node_modules/**', '**/dist*/**', ...exclude],
      testTimeout: timeout,
      hookTimeout: timeout,
      fileParallelism: name === 'unit' || name === 'faults' || simulated,
      env: AMOUNTS[name] ?? {},
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
      project('simulation', ['test/simulation/**/*.test.ts'], 20 * MINUTE),
      project('seeds', ['test/simulation/seeds-*.test.ts'], 20 * MINUTE),
      project('house', ['test/house.test.ts'], MINUTE),
      project('pack', ['test/pack.test.ts'], 5 * MINUTE),
      project('end-to-end', ['test/*.test.ts'], 2 * MINUTE, ['test/house.test.ts', 'test/pack.test.ts']),
      project('faults', ['test/faults/**/*.test.ts'], 2 * MINUTE),
      project('browser', ['test/browser/**/*.test.ts'], 2 * MINUTE),
      project('visitors', ['test/browser/{leaving,deaths,network,storage}.test.ts'], 2 * MINUTE),
      project('system', ['test/system/**/*.test.ts'], 60 * MINUTE),
    ],
  },
})
