// What `pg_get_keywords()` calls reserved (R, T) in Postgres 15 to 18: none of them is a column or table name without
// quotes. The collector's `names.test.ts` compares the list with a server's.
const RESERVED =
  'all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation ' +
  'column concurrently constraint create cross current_catalog current_date current_role current_schema current_time ' +
  'current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze ' +
  'from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit ' +
  'localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references ' +
  'returning right select session_user similar some symmetric system_user table tablesample then to trailing true ' +
  'union unique user using variadic verbose when where window with'

/** Words that Postgres reserves: as a table or column they work in quotes only. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set(RESERVED.split(' '))

/** Columns that every table of Postgres has already. */
export const SYSTEM_COLUMNS: readonly string[] = ['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']
