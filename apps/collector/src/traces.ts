import { AsyncLocalStorage } from 'node:async_hooks'
import type { Span } from '@opentelemetry/api'

/** What is known of a step: numbers and names of ours, nothing that a request brought. */
export type SpanFacts = Record<string, string | number>

/** Follows the steps of a collector: request, append, fold, commit. */
export interface Traces {
  /** Does a step as part of the one it is called in. `factsOf` says what came of it; undefined: not worth telling. */
  step<T>(name: string, act: () => Promise<T>, factsOf?: (result: T) => SpanFacts | undefined): Promise<T>
  /** Sends what is not sent yet. */
  stop(): Promise<void>
}

/** Follows nothing, and costs a call. */
export const noTraces: Traces = { step: (_, act) => act(), stop: async () => undefined }

/** Traces were asked for, and what sends them is not installed. */
export class TracesError extends Error {
  override readonly name = 'TracesError'
}

const PACKAGES = ['api', 'exporter-trace-otlp-http', 'resources', 'sdk-trace-base']
const FAILED = 2

/** What sends traces: 28 MB that most do without, so that they are installed by whoever wants them. */
async function load() {
  try {
    const [api, exporter, resources, sdk] = await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace-base'),
    ])
    return { api, exporter, resources, sdk }
  } catch (cause) {
    const names = PACKAGES.map((name) => `@opentelemetry/${name}`).join(' ')
    throw new TracesError(`traces are asked for by OTEL_…; "npm install ${names}" brings what sends them`, {
      cause,
    })
  }
}

/**
 * Creates traces that OpenTelemetry sends, as its own environment variables say (`OTEL_EXPORTER_OTLP_ENDPOINT`,
 * `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME`, `OTEL_BSP_…`). Nothing global is set: an app in which a collector
 * is mounted keeps its own. Tested in test/traces.test.ts.
 * @throws TracesError
 */
export async function createTraces(): Promise<Traces> {
  const { api, exporter, resources, sdk } = await load()
  const named = resources.detectResources({ detectors: [resources.envDetector] })
  const provider = new sdk.BasicTracerProvider({
    resource: resources.resourceFromAttributes({ 'service.name': 'trackable' }).merge(named),
    spanProcessors: [new sdk.BatchSpanProcessor(new exporter.OTLPTraceExporter())],
  })
  const tracer = provider.getTracer('trackable')
  const within = new AsyncLocalStorage<Span>()

  async function step<T>(
    name: string,
    act: () => Promise<T>,
    factsOf: (result: T) => SpanFacts | undefined = () => ({}),
  ): Promise<T> {
    const outer = within.getStore()
    const context = outer ? api.trace.setSpan(api.ROOT_CONTEXT, outer) : api.ROOT_CONTEXT
    const span = tracer.startSpan(name, {}, context)
    try {
      const result = await within.run(span, act)
      const facts = factsOf(result)
      // One that is not ended is not sent.
      if (facts) span.setAttributes(facts).end()
      return result
    } catch (error) {
      // Its name alone: a sentence of the database may repeat a value.
      span.setStatus({ code: FAILED, message: (error as Error).name })
      span.end()
      throw error
    }
  }

  return { step, stop: () => provider.shutdown().catch(() => undefined) }
}
