import { expect, test, vi } from 'vitest'
import { readSettings, SettingsError } from './settings.ts'

test.each<[boolean, Record<string, string>]>([
  [false, {}],
  [true, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }],
  [true, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' }],
  [true, { OTEL_TRACES_EXPORTER: 'otlp' }],
  [false, { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }],
  [false, { OTEL_SDK_DISABLED: 'true', OTEL_TRACES_EXPORTER: 'otlp' }],
])('traces are asked for (%s) by %o', (asked, env) => {
  expect(readSettings({}, env).traces).toBe(asked)
})

test('an exporter that there is not is told with the other wrong settings', () => {
  const read = () => readSettings({}, { OTEL_TRACES_EXPORTER: 'zipkin', PORT: 'x' })
  expect(read).toThrow(SettingsError)
  expect(read).toThrow(/PORT is "x"[\s\S]*OTEL_TRACES_EXPORTER is "zipkin"; expected otlp or none/)
})

test('where what sends them is not installed, it is said what to install', async () => {
  vi.doMock('@opentelemetry/resources', () => {
    throw new Error('Cannot find package')
  })
  const { createTraces } = await import('./traces.ts')
  await expect(createTraces()).rejects.toThrow(
    'npm install @opentelemetry/api @opentelemetry/exporter-trace-otlp-http @opentelemetry/resources @opentelemetry/sdk-trace-base"',
  )
})
