import { describe } from 'vitest'
import { eventLogContract } from './event-log.contract.ts'
import { createMemoryLog } from './memory.ts'

describe('the log in memory', () => {
  eventLogContract(async () => createMemoryLog([]))
})
