/** Why a definition or a lookup was refused. */
export type DefinitionCode =
  | 'invalid_definition'
  | 'duplicate_dataset'
  | 'unknown_dataset'
  | 'unknown_field'
  | 'unknown_dimension'

/**
 * The one error of this package: a definition that cannot be kept, or a name that was not declared.
 * `dataset` and `path` say where (`path` is the way inside the definition, such as `fields.revenue.scale`);
 * `reason` says what was found and what was expected; `message` is all of it in one sentence.
 */
export class DefinitionError extends Error {
  override readonly name = 'DefinitionError'
  readonly code: DefinitionCode
  readonly dataset: string
  readonly path: string
  readonly reason: string

  constructor(code: DefinitionCode, dataset: string, path: string, reason: string) {
    const where = [dataset && `dataset ${JSON.stringify(dataset)}`, path].filter(Boolean).join(', ')
    super(`${where || 'configuration'}: ${reason}`)
    this.code = code
    this.dataset = dataset
    this.path = path
    this.reason = reason
  }
}
