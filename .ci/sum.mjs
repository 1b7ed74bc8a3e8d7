// Adds up what the suites reported and prints it as one line. A skipped test fails as well: nobody would notice
// that it never runs.
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const RESULTS = new URL('../node_modules/.results/', import.meta.url)

function countsOf(file) {
  const { success, testResults } = JSON.parse(readFileSync(new URL(file, RESULTS), 'utf8'))
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  const count = (wanted) => tests.filter(({ status }) => status === wanted).length
  const [passed, failed] = [count('passed'), count('failed')]
  // A file that could not be loaded, or a suite without files, has no test that failed.
  const broken = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length
  const unexplained = !success && failed + broken === 0 ? 1 : 0
  return { passed, failed: failed + broken + unexplained, skipped: tests.length - passed - failed }
}

const counts = (existsSync(RESULTS) ? readdirSync(RESULTS) : []).map(countsOf)
const sum = (kind) => counts.reduce((total, each) => total + each[kind], 0)
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`)
process.exitCode = sum('passed') > 0 && sum('failed') + sum('skipped') === 0 ? 0 : 1
