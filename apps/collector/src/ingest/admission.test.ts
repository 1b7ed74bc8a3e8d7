import { expect, test } from 'vitest'
import { createAdmission } from './admission.ts'

const MIB = 1024 * 1024

test('a place that is left is given again', () => {
  const admission = createAdmission(2, 10 * MIB)
  const leave = admission.enter(10)
  expect(admission.enter(10)).toBeTypeOf('function')
  expect(admission.enter(10)).toBeUndefined()
  leave?.()
  expect(admission.enter(10)).toBeTypeOf('function')
})

test('bodies are bounded by their bytes, and one of unknown length takes the longest', () => {
  const admission = createAdmission(100, 3 * MIB)
  expect(admission.enter(undefined)).toBeTypeOf('function')
  expect(admission.enter(2 * MIB)).toBeTypeOf('function')
  const leave = admission.enter(MIB)
  expect(leave).toBeTypeOf('function')
  expect(admission.enter(1)).toBeUndefined()
  leave?.()
  expect(admission.enter(1)).toBeTypeOf('function')
})

test('what comes behind a quarter of a second of work in one turn is sent away, and let in with the next', async () => {
  const admission = createAdmission()
  expect(admission.enter(1)).toBeTypeOf('function')
  for (const end = performance.now() + 260; performance.now() < end; );
  expect(admission.enter(1)).toBeUndefined()
  await new Promise((settle) => setImmediate(settle))
  expect(admission.enter(1)).toBeTypeOf('function')
})
