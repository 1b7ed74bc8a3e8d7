export { createTestTransport, type TestTransport, type TrackedEvent } from './test-transport.ts'
