/** Options as the command line gives them. */
export interface Flags {
  to?: string
  key?: string
  dataset?: string
  parent?: string
  pathToParent?: string
  at?: string
  atValue?: string
  field?: string[]
  dimension?: string[]
  where?: string
  zone?: string
  name?: string
  dryRun?: boolean
  undo?: boolean
  replace?: boolean
  peek?: string
  json?: boolean
  out?: string
  rejects?: string
  only?: string
  delimiter?: string
  columns?: string
  format?: string
  query?: string
  model?: string
  contentType?: string
  updateFields?: string
  keyFields?: string
  linkField?: string
  matchSpec?: string
  maxRecords?: string
  orderBy?: string
  spiders?: boolean
  dataDir?: string
}
