/** Prints rows under their heads: columns wide enough, numbers to the right. */
export function printTable(heads: string[], rows: string[][]): void {
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]!.length)))
  const numeric = heads.map((_, i) => rows.length > 0 && rows.every((row) => /^-?\d+(\.\d+)?$/.test(row[i]!)))
  const line = (cells: string[]) =>
    cells
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()
  print(line(heads))
  print(widths.map((width) => '─'.repeat(width)).join('  '))
  for (const row of rows) print(line(row))
}

/** Prints one object a line. */
export function printJson(objects: readonly object[]): void {
  for (const object of objects) print(JSON.stringify(object))
}

/** Prints a line on standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
