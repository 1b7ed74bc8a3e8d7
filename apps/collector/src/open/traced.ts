import type { Fold } from '../fold/fold.ts'
import type { FileLog } from '../log/file/file-log.ts'
import { noTraces, type Traces } from '../traces.ts'

/** The same log, with a step for each append: until it is on disk. */
export function tracedLog(log: FileLog, traces: Traces): FileLog {
  if (traces === noTraces) return log
  return {
    ...log,
    append: (batch) =>
      traces.step(
        'append',
        () => log.append(batch),
        () => ({ 'trackable.events': batch.events.length }),
      ),
  }
}

/** The same fold, with a step for each run that folded something, or failed. */
export function tracedFold(fold: Fold, traces: Traces): Fold {
  if (traces === noTraces) return fold
  return {
    ...fold,
    run: (options) =>
      traces.step(
        'fold',
        () => fold.run(options),
        (events) => (events > 0 ? { 'trackable.events': events } : undefined),
      ),
  }
}
