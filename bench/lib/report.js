import { compare, median } from './statistics.js'

export function print(results) {
  for (const { title, rows } of results) {
    console.log(`\n${title}`)
    for (const row of rows) {
      const { ratio, least, most } = compare(row.measured, row.base)
      console.log(`${row.what} | ${row.where} | ${row.name} / ${row.against}: ${median(row.base).toFixed(3)} ${median(row.measured).toFixed(3)} ${ratio.toFixed(2)} (${least.toFixed(2)}-${most.toFixed(2)}) ${JSON.stringify(row.goal)}`)
    }
  }
}
