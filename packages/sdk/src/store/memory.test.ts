import { describe } from 'vitest'
import { createMemoryStore } from './memory.ts'
import { describeStore } from './store.contract.ts'

describe('the store in memory', () => describeStore(createMemoryStore))
